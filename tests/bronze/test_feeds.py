"""Feeds without a past: asked, kept as they answered, and landed from there, a version a day."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime

import pytest

from bronze import landing, sources
from bronze.columns import OTHER_FIELDS, TEXT, WHOLE
from bronze.feeds import Feed, months_of
from bronze.sample.faults import CUT, DROP, server_error
from bronze.sample.upstreams import Answer, json_answer
from bronze.tables import Table
from lake import locate
from lake.recordings import kept, read
from lake.versions import all_versions
from tests.bronze import signals
from tests.bronze.signals import LATER, NOON, NOW, ask, land, lights
from tests.bronze.upstream import rows


def landed(table="lights"):
    newest = [version for version in all_versions(locate()) if version.table == table][-1]
    found = rows(newest)
    return [dict(zip(found.columns, row, strict=True)) for row in found.fetchall()]


def moments(feed="lights"):
    return [one.moment for one in kept(locate(), "signals", feed)]


def test_what_feeds_say_now_is_kept_byte_for_byte(live):
    NOW["lights.json"] = Answer(b'\xef\xbb\xbf[ {"id": 1.50} ]\r\n')
    assert ask() == [("lights", "kept", NOON), ("sites", "kept", NOON)]
    assert read(kept(locate(), "signals", "lights")[0]) == b'\xef\xbb\xbf[ {"id": 1.50} ]\r\n'
    assert ask() == [("lights", "known", NOON), ("sites", "known", NOON)], "in the same second"


def test_an_answer_lands_as_it_was_published(live):
    NOW["lights.json"] = Answer(
        b'[{"id": 4611686018427387905123, "state": "red", "isOn": true, "age": 1.50, "far": 1e400},'
        b' {"state": "x\\ud800", "isOn": 40.70, "note": {"a": [1]}}]'
    )
    NOW["sites.json"] = json_answer(
        {
            "ttl": 60,
            "data": {
                "revision": 7,
                "by": "city",
                "sites": [{"id": "a", "at": {"lat": 40.7, "on": None}, "by": 1}],
            },
        }
    )
    ask()
    assert land() == {
        "lights hoboken-2024-05-03": ("landed", 1),
        "sites hoboken-2024-05-03": ("landed", 1),
    }
    beside = {"asked_at": "2024-05-03T12:00:00Z"}
    assert landed() == [
        beside | {"id": "4611686018427387905123", "state": "red", "is_on": "true"}
        | {"source_record": 1, OTHER_FIELDS: '{"age": 1.5, "far": "1e400"}'},
        beside | {"id": None, "state": "x\\ud800", "is_on": "40.70"}
        | {"source_record": 2, OTHER_FIELDS: '{"note": {"a": [1]}}'},
    ]  # fmt: skip
    others = '{"answer.ttl": 60, "answer.data.by": "city", "at.on": null, "by": 1}'
    assert landed("sites") == [
        beside | {"revision": "7", "id": "a", "lat": "40.7", "source_record": 1, OTHER_FIELDS: others}
    ]
    (version,) = [one for one in all_versions(locate()) if one.table == "sites"]
    assert version.other_fields == ["answer.data.by", "answer.ttl", "at.on", "by"]
    assert version.record["months"] == ["2024-05"]
    assert (version.record["day"], version.record["answers"]) == ("2024-05-03", 1)


def test_an_answer_without_entries_says_that_somebody_asked(live, clock):
    NOW["sites.json"] = json_answer({"data": {"revision": 8, "sites": []}})
    ask()
    clock.at = LATER
    NOW["sites.json"] = json_answer({"data": {"revision": 9, "sites": [{"id": "a", "at": 3}]}})
    ask()
    land()
    nothing = {"id": None, "lat": None, OTHER_FIELDS: None}
    assert landed("sites") == [
        nothing | {"asked_at": "2024-05-03T12:00:00Z", "revision": "8", "source_record": 1},
        nothing | {"asked_at": "2024-05-03T12:15:00Z", "revision": "9", "source_record": 2, "id": "a"}
        | {OTHER_FIELDS: '{"at": 3}'},
    ]  # fmt: skip


def test_a_second_poll_is_a_new_version_of_the_day_with_all_that_was_said_before(live, clock):
    ask()
    land()
    assert {outcome for outcome, _ in land().values()} == {"unchanged"}, "nobody was asked"
    clock.at = LATER
    NOW["lights.json"] = json_answer(lights("green"))
    ask()
    assert set(land().values()) == {("landed", 2)}
    assert [(row["asked_at"][11:16], row["state"], row["source_record"]) for row in landed()] == [
        ("12:00", "red", 1), ("12:00", "red", 2), ("12:15", "green", 3), ("12:15", "green", 4)
    ]  # fmt: skip


def test_the_same_answer_again_is_said_twice_and_lies_there_once(live, clock):
    ask()
    land()
    clock.at = LATER
    ask()
    first, again = kept(locate(), "signals", "lights")
    assert first.path.samefile(again.path)
    assert set(land().values()) == {("landed", 2)}
    assert len(landed()) == 4


def test_a_listing_reads_no_recording_and_asks_nobody(live, monkeypatch):
    ask()
    land()
    _, endpoints = live
    asked = len(endpoints.requests)
    monkeypatch.setattr("bronze.feeds.read", None)
    assert {outcome for outcome, _ in land().values()} == {"unchanged"}
    assert len(endpoints.requests) == asked


def test_copied_with_other_sizes_the_content_is_still_the_same(live):
    ask()
    land()
    (made,) = kept(locate(), "signals", "lights")
    made.path.chmod(0o644)
    made.path.write_bytes(gzip.compress(read(made), compresslevel=1))
    assert set(land().values()) == {("unchanged", 1)}


@pytest.mark.slow
def test_what_is_kept_lands_whatever_months_the_others_are_asked_for(live, clock):
    for clock.at in ("20240430T120000Z", "20240601T030000Z", "20240602T120000Z"):
        ask()
    assert [name for name in land() if name.startswith("lights")] == [
        "lights hoboken-2024-04-30", "lights hoboken-2024-06-01", "lights hoboken-2024-06-02"
    ]  # fmt: skip
    assert [one.record["months"] for one in all_versions(locate())][:2] == [
        ["2024-04"],
        ["2024-05", "2024-06"],
    ]


@pytest.mark.parametrize(
    ("day", "months"),
    [
        ("2024-05-01", ["2024-04", "2024-05"]),
        ("2024-05-02", ["2024-05"]),
        ("2024-05-31", ["2024-05"]),
        ("2025-01-01", ["2024-12", "2025-01"]),
    ],
)
def test_a_day_reaches_the_months_of_new_york_at_its_two_ends(day, months):
    assert months_of(day) == months


@pytest.mark.parametrize(
    ("feed", "said", "why"),
    [
        (
            "lights",
            json_answer({"detail": "maintenance"}),
            "no list of entries in it, the answer is {'detail'",
        ),
        ("lights", json_answer([1, 2]), "no list of entries in it"),
        ("lights", json_answer([]), "the list in it is empty; the service may be down"),
        ("lights", Answer(b"", status=204), "no list of entries"),
        ("lights", Answer(b"<html>", "text/html"), "instead of JSON"),
        ("lights", Answer(b'[{"id": 1}, {"id"'), "cut or garbled"),
        ("sites", json_answer({"data": {"sites": {}}}), "no list of entries at 'data.sites'"),
        ("sites", json_answer([]), "no list of entries at 'data.sites'"),
        ("lights", json_answer({"error": "gone"}, 404), "answered 404"),
    ],
)
def test_what_is_no_answer_is_refused_with_its_address_and_not_kept(live, feed, said, why):
    NOW[f"{feed}.json"] = said
    found = {name: (outcome, told) for name, outcome, told in ask()}
    outcome, told = found.pop(feed)
    assert outcome == "failed"
    assert why in told
    assert f"/signals/now/{feed}.json" in told
    assert [*found.values()] == [("kept", NOON)], "the other feed was asked all the same"
    assert moments(feed) == []


@pytest.mark.parametrize("fault", [server_error(401), server_error(), DROP, CUT])
def test_no_error_shows_a_secret_of_the_address(live, monkeypatch, fault):
    faults, endpoints = live
    url = endpoints.urls["signals"].replace("//", "//anna:hunter2hunter2@")
    monkeypatch.setenv("SOURCES__SIGNALS__BASE_URL", f"{url}/now?apikey=0123456789abcdef")
    faults.add("*", *[fault] * 40)
    found = ask()
    assert [outcome for _, outcome, _ in found] == ["failed", "failed"]
    assert "hunter2" not in str(found)
    assert "0123456789abcdef" not in str(found)


def test_a_feed_that_is_down_is_asked_again_and_told(live):
    faults, _ = live
    faults.add("/signals/now/lights.json", server_error())
    assert ask() == [("lights", "kept", NOON), ("sites", "kept", NOON)]


def test_nobody_there_fails_each_feed_and_nothing_that_was_kept(live, monkeypatch):
    ask()
    monkeypatch.setenv("SOURCES__SIGNALS__BASE_URL", "http://127.0.0.1:9/now")
    found = list(landing.ask(locate(), "signals", origin="upstream"))
    assert [(one.feed, one.outcome, one.passing) for one in found] == [
        ("lights", "failed", True), ("sites", "failed", True)
    ]  # fmt: skip
    assert set(land().values()) == {("landed", 1)}


def test_a_damaged_recording_is_named_and_the_version_before_stays(live, clock):
    ask()
    land()
    clock.at = LATER
    ask()
    damaged = kept(locate(), "signals", "lights")[-1].path
    damaged.chmod(0o644)
    damaged.unlink()
    damaged.write_bytes(b"\x1f\x8b no")
    found = {one.table: one for one in (
        landing.land(locate(), offer, origin="upstream") for offer in landing.offers("signals")
    )}  # fmt: skip
    assert found["sites"].outcome == "landed"
    assert found["lights"].outcome == "failed"
    assert "20240503T121500Z.json.gz is no whole recording" in str(found["lights"].error)
    assert "restore it from a copy, or remove it" in str(found["lights"].error)
    damaged.unlink()
    assert land()["lights hoboken-2024-05-03"] == ("unchanged", 1)


def test_a_feed_needs_the_columns_of_a_feed():
    with pytest.raises(ValueError, match="table 'x' of a feed has no column asked_at, other_fields"):
        Feed(Table("x", {"id": TEXT, "source_record": WHOLE}), path="x.json")


def test_sources_without_feeds_are_not_asked(monkeypatch):
    assert not sources.feeds("nager")
    assert list(landing.ask(locate(), "nager", origin="upstream")) == []


def test_moments_are_those_of_the_clock(live, monkeypatch):
    monkeypatch.undo()
    from bronze.feeds import _now

    assert abs((datetime.now(UTC) - _now()).total_seconds()) < 5


def test_a_lake_is_of_one_system(live, monkeypatch):
    ask()
    land()
    made = signals.resources

    def renamed(*words, system, **more):
        return made(*words, system="jersey-city", **more)

    monkeypatch.setattr(signals, "resources", renamed)
    found = [landing.land(locate(), offer, origin="upstream") for offer in landing.offers("signals")]
    assert [(one.table, one.batch, one.outcome) for one in found] == [
        ("lights", "*", "failed"),
        ("sites", "*", "failed"),
    ]
    assert all("days of hoboken, and jersey-city is asked for" in (one.error or "") for one in found)


def test_an_answer_nested_without_end_is_not_kept_for_it_could_not_land(live):
    deep = b"[" * 900 + b"]" * 900
    NOW["lights.json"] = Answer(b'[{"id": ' + deep + b"}]")
    found = {feed: (outcome, told) for feed, outcome, told in ask()}
    assert found["lights"][0] == "failed"
    assert "deeper than any feed's" in found["lights"][1]
    assert moments() == []
