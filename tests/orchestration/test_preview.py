"""What `make plan` says is what the run after it does, and saying it writes not a byte of the lake.

One lake lives through the situations; each is planned, then run, and the tests hold the two against each other.
"""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bronze.foresight import asked_feeds, foreseen, months_named
from lake import Lake, locate
from orchestration.preview import preview, told
from tests.orchestration.history import SITUATIONS, history, publish_month
from tests.orchestration.lakes import upstream

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def story(tmp_path_factory):
    return history(tmp_path_factory)[1]


@pytest.mark.parametrize("situation", SITUATIONS)
def test_the_plan_is_what_the_run_then_does(story, situation):
    chapter = story[situation]
    planned, outcome, before, after = chapter.planned, chapter.outcome, chapter.before, chapter.after
    assert chapter.is_untouched, "not a byte below the lake was written"
    landed = {(one.table, one.batch) for one in outcome.landed if one.outcome == "landed"}
    assert landed == {(one.table, one.batch) for one in planned.batches if one.fate in ("new", "changed")}
    failed = {(one.table, one.batch) for one in outcome.landed if one.outcome == "failed"}
    # What has no ETag and cannot be read is known to fail only when it is read.
    assert {(one.table, one.batch) for one in planned.batches if one.fate == "failed"} <= failed
    judged = {f"{one.batch} version {one.version}" for one in planned.judges}
    landings = {str(one.version) for one in outcome.landed if one.outcome == "landed"}
    assert judged == {*outcome.accepted, *outcome.refused} - landings
    assert (planned.outcome == "publishes") is (outcome.snapshot is not None)
    assert planned.outcome != "pinned" or outcome.pin is not None
    if outcome.snapshot is None:
        assert planned.building is None
        return
    built, did = planned.building, outcome.snapshot.facts["plan"]
    assert built is not None
    assert (built.full, built.why) == (did["full"], did["why"])
    if not built.full:
        assert (list(built.months), list(built.batches)) == (did["build_months"], did["build_batches"])
    same = [name for name, files in after.items() if before.get(name) == files]
    assert sum(one.partitions for one in built.carried) == len(same)


def test_each_situation_has_its_outcome(story):
    assert [story[situation].planned.outcome for situation in SITUATIONS] == [
        "publishes",
        "nothing",
        "nothing",
        "publishes",
        "publishes",
        "perhaps",
        "publishes",
        "publishes",
        "pinned",
    ]


def test_where_what_is_published_is_damaged_all_is_built(story):
    planned = story["damaged"]
    assert planned.outcome == "publishes"
    assert planned.building.full
    assert [*told(planned)][-1].endswith("what is published is damaged, `make verify` tells where")


def test_a_feed_that_would_be_asked_adds_to_today(monkeypatch):
    """Nobody listens at that address: a plan asks no feed."""
    monkeypatch.setenv("SOURCES__GBFS__BASE_URL", "http://127.0.0.1:9/gbfs")
    assert asked_feeds() == [("gbfs", "station_information"), ("gbfs", "station_status")]
    today = f"citibike-{datetime.now(UTC):%Y-%m-%d}"
    found = {(one.table, one.batch, one.fate, one.why) for one in foreseen(locate(), "gbfs")}
    why = "the feed is asked what it says now"
    assert found == {(table, today, "new", why) for table in ("station_information", "station_status")}


def test_an_archive_that_cannot_be_listed_is_told(monkeypatch):
    monkeypatch.setenv("SOURCES__GBFS__ARCHIVE", "/there/is/none")
    assert {one.fate for one in foreseen(locate(), "gbfs")} == {"failed"}


def test_what_stays_out_and_why_is_told(story):
    planned = story["a version is held"].planned
    assert {(one.batch, one.state) for one in planned.stays_out if one.table == "trips"} == {
        ("jc-2024-04", "refused"),
        ("jc-2024-03", "held"),
    }
    said = "\n".join(told(planned))
    assert "trips jc-2024-04 version 1 stays out, refused by suite bronze.trips" in said
    assert "trips jc-2024-03 version 1 stays out, held by" in said


@pytest.mark.parametrize(
    ("situation", "expected"),
    [
        ("nothing new", "stays published, unless one of the"),
        ("a verdict is lost", "would be judged, never judged (1): trips jc-2024-03 version 1"),
        ("one new month, and answers of feeds", "3 answers of the archive are not kept yet"),
        (
            "another suite of the refused batch",
            "its suite has changed since it was refused (1): trips jc-2024-04",
        ),
        ("another suite of a mart", "if the gates let it: suites of silver or gold"),
        ("another model", "everything would be built: models or engine have changed"),
        ("pinned, and a month is republished", "nothing would be published: pinned to"),
    ],
)
def test_it_is_told_in_words(story, situation, expected):
    assert expected in "\n".join(told(story[situation].planned))


def test_an_upstream_that_cannot_be_listed_is_told_and_stops_no_other(tmp_path, monkeypatch):
    publish_month(tmp_path / "upstream", "2024-03", 40)
    with upstream(tmp_path / "upstream", "2024-03") as endpoints, pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOURCES__CITIBIKE__BASE_URL", endpoints.urls["nager"])
        planned = preview(Lake(tmp_path / "none"))
    fates = {one.source: one.fate for one in planned.batches}
    assert (fates["citibike"], fates["open_meteo"]) == ("failed", "new")
    assert planned.outcome == "stops"
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize(
    ("batch", "months"),
    [
        ("jc-2024-05", ["2024-05"]),
        ("citibike-2024-05-03", ["2024-05"]),
        ("citibike-2024-05-01", ["2024-04", "2024-05"]),
        ("us-2024", []),
    ],
)
def test_a_batch_is_called_after_the_months_it_touches(batch, months):
    assert months_named(batch) == months
