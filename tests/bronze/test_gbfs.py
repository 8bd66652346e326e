"""Live station feeds: recorded answers land by UTC day, as text, whatever version of GBFS they are written in."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from bronze import landing
from bronze.columns import OTHER_FIELDS
from bronze.sample.upstreams import gbfs
from lake import locate
from lake.recordings import kept
from lake.versions import all_versions
from tests.bronze.upstream import land, outcomes, rows

DAY = "citibike-2024-10-02"


@pytest.fixture
def archive(upstream, tmp_path, monkeypatch):
    """Read an archive of the test's own; return what puts an answer into it."""
    folder = tmp_path / "archive"
    folder.mkdir()
    monkeypatch.setenv("SOURCES__GBFS__ARCHIVE", str(folder))
    monkeypatch.setenv("SOURCES__MONTHS", "2024-10")

    def put(feed, moment, *stations, **whole):
        body = json.dumps({"last_updated": 1727895686, "ttl": 60, **whole, "data": {"stations": stations}})
        (folder / feed).mkdir(exist_ok=True)
        (folder / feed / f"{moment}.json").write_text(body)

    return put


def landed(table):
    (version,) = [one for one in all_versions(locate()) if one.table == table and one.batch == DAY]
    found = rows(version)
    return version, [dict(zip(found.columns, row, strict=True)) for row in found.fetchall()]


def test_values_land_as_the_text_they_are_in_the_answer(archive):
    archive(
        "station_status",
        "20241002T190300Z",
        {
            "station_id": "1862008701134683118",
            "num_bikes_available": 16,
            "is_renting": True,
            "valet": {"a": [1]},
        },
        {"station_id": "66db", "num_bikes_available": "7", "is_renting": 1, "last_reported": 86400},
        version="1.1",
    )
    archive(
        "station_information",
        "20241002T190100Z",
        {
            "station_id": "66db",
            "short_name": "5470.10",
            "lat": 40.70,
            "capacity": 25,
            "rental_methods": ["KEY"],
        },
    )
    assert set(outcomes(land("gbfs")).values()) == {"landed"}
    version, status = landed("station_status")
    assert [
        (
            row["asked_at"],
            row["published_version"],
            row["station_id"],
            row["num_bikes_available"],
            row["is_renting"],
        )
        for row in status
    ] == [
        ("2024-10-02T19:03:00Z", "1.1", "1862008701134683118", "16", "true"),
        ("2024-10-02T19:03:00Z", "1.1", "66db", "7", "1"),
    ]
    assert [(row["last_reported"], row["num_docks_available"]) for row in status] == [
        (None, None),
        ("86400", None),
    ]
    assert [row[OTHER_FIELDS] for row in status] == ['{"valet": {"a": [1]}}', None]
    assert version.other_fields == ["valet"]
    assert version.record["months"] == ["2024-10"]
    _, (station,) = landed("station_information")
    assert (station["short_name"], station["capacity"], station["published_version"]) == (
        "5470.10",
        "25",
        None,
    )
    assert json.loads(station[OTHER_FIELDS]) == {"rental_methods": ["KEY"]}


def test_answers_of_a_day_land_together_in_their_order_and_again_only_when_there_is_another(archive):
    archive("station_status", "20241002T190300Z", {"station_id": "A"}, {"station_id": "B"})
    assert outcomes(land("gbfs")) == {DAY: "landed"}
    assert outcomes(land("gbfs")) == {DAY: "unchanged"}
    archive("station_status", "20241002T180300Z", {"station_id": "B"})
    assert outcomes(land("gbfs")) == {DAY: "landed"}
    newest = max(all_versions(locate()), key=lambda one: one.number)
    assert newest.number == 2
    assert rows(newest).project("asked_at, station_id, source_record").fetchall() == [
        ("2024-10-02T18:03:00Z", "B", 1),
        ("2024-10-02T19:03:00Z", "A", 2),
        ("2024-10-02T19:03:00Z", "B", 3),
    ]


@pytest.mark.parametrize("feed", ["station_information", "station_status"])
def test_an_answer_without_stations_is_none_and_keeps_the_other_feed_from_nothing(archive, feed):
    other = {"station_information": "station_status", "station_status": "station_information"}[feed]
    archive(feed, "20241002T190300Z")
    archive(other, "20241002T190300Z", {"station_id": "A"})
    asked = {one.feed: one for one in landing.ask(locate(), "gbfs", origin="upstream")}
    assert asked[other].outcome == "kept"
    assert asked[feed].outcome == "failed"
    assert "the list at 'data.stations' is empty" in str(asked[feed].error)
    assert kept(locate(), "gbfs", feed) == []


@pytest.mark.slow
def test_the_sample_is_an_archive_of_three_days(upstream, monkeypatch):
    monkeypatch.setenv("SOURCES__MONTHS", "2020-11..2021-04")
    assert outcomes(land("gbfs")) == {f"citibike-{day}": "landed" for day in gbfs.DAYS}
    first = [one for one in all_versions(locate()) if one.batch == "citibike-2020-11-01"]
    assert [one.record["months"] for one in first] == [["2020-10", "2020-11"]] * 2


def test_the_sample_has_the_quirks_of_the_real_feeds():
    night, march = (datetime.fromisoformat(day).replace(tzinfo=UTC) for day in gbfs.DAYS[:2])
    listed = [entry["short_name"] for entry in gbfs._information(march)]
    assert len(listed) == len(set(listed)) + 1, "two stations of one short name"
    before, after = (
        {one["short_name"]: one for one in gbfs._information(at)} for at in (night, gbfs._MARCH_NOON)
    )
    assert any(before[name]["capacity"] < after[name]["capacity"] for name in before)
    assert any(before[name]["name"] != after[name]["name"] for name in before)
    statuses = gbfs._status(night)
    assert any(len(one["station_id"]) == 19 for one in statuses)
    assert next(one for one in statuses if not one["is_installed"])["last_reported"] == 86400
    assert {"num_scooters_available" in one for one in statuses} == {True, False}
    capacity = {one["station_id"]: one["capacity"] for one in gbfs._information(night)}
    parts = ("num_bikes_available", "num_bikes_disabled", "num_docks_available", "num_docks_disabled")
    assert any(sum(one[part] for part in parts) != capacity[one["station_id"]] for one in statuses)
    assert gbfs._status(night) == statuses, "whenever it is asked"
