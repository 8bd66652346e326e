"""What `make plan` says is what the run after it does, and saying it writes not a byte of the lake.

One lake lives through the situations; each is planned, then run, and the tests hold the two against each other.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bronze.foresight import asked_feeds, foreseen, months_named
from bronze.sample.holidays import write_holidays
from lake import Lake, locate
from lake.rollback import release, rollback
from lake.snapshots import current
from orchestration import preview as preview_room
from orchestration import steps
from orchestration.__main__ import main
from orchestration.gate import judge as gate
from orchestration.preview import preview, told
from tests.bronze.upstream import MODERN_HEADER, modern, modern_csv, put, zipped
from tests.orchestration.lakes import go, upstream
from tests.orchestration.test_incremental import partitions, publish_polls
from tests.orchestration.test_unknown_hours import write_weather

pytestmark = pytest.mark.slow

SITUATIONS = (
    "an empty lake, with a batch that is refused",
    "nothing new",
    "a verdict is lost",
    "one new month, and answers of feeds",
    "another suite of the refused batch",
    "another suite of a mart",
    "another model",
    "a version is held",
    "pinned, and a month is republished",
)


def publish_month(folder, month, rows, **changes):
    stamp = month.replace("-", "")
    first = int(stamp) * 1000
    lines = [modern(first + number, f"{month}-03", **changes) for number in range(rows)]
    content = (
        "\n".join([MODERN_HEADER, *lines]) + "\n" if changes else modern_csv(rows, f"{month}-03", first=first)
    )
    put(folder, f"JC-{stamp}-citibike-tripdata.csv.zip", zipped({f"JC-{stamp}.csv": content}))


def listing(root: Path) -> dict[str, tuple[int, int]]:
    """Return what lies below a folder, with sizes and times to the nanosecond."""
    found = {}
    for folder, _, names in os.walk(root):
        for path in (Path(folder), *(Path(folder) / name for name in names)):
            facts = path.lstat()
            found[str(path)] = facts.st_size, facts.st_mtime_ns
    return found


@pytest.fixture(scope="module")
def story(tmp_path_factory):
    """Notes of each situation: the plan, whether the lake was as before, the run, and files before and after."""
    base = tmp_path_factory.mktemp("preview")
    lake, folder = Lake(base / "lake"), base / "upstream"
    notes: dict[str, Any] = {}

    def both(situation):
        before, there = current(lake), listing(lake.root)
        were = partitions(before) if before else {}
        planned = preview(lake)
        untouched = listing(lake.root) == there
        notes[situation] = planned, untouched, go(lake)[0], were, partitions(current(lake))

    publish_month(folder, "2024-03", 40)
    publish_month(folder, "2024-04", 50, started_at="4/3/24 8:00", ended_at="4/3/24 8:10")
    write_holidays(folder / "holidays", [2024])
    write_weather(
        folder, lambda *_: True
    )  # of May; that other months are refused nobody knows before they landed
    publish_polls(base / "archive", "20240303T120000Z", "20240303T121500Z")
    hashes, models, situations = gate.suite_hash, steps.fingerprint, iter(SITUATIONS)
    with upstream(folder, "2024-03..2024-04"), pytest.MonkeyPatch.context() as patch:
        patch.setenv("LAKE_ROOT", str(lake.root))
        patch.setenv("SOURCES__GBFS__ARCHIVE", str(base / "archive"))
        both(next(situations))
        both(next(situations))
        [verdict] = lake.bronze.glob("citibike/trips/batch=jc-2024-03/version=1/verdict.json")
        verdict.unlink()
        both(next(situations))
        patch.setenv("SOURCES__MONTHS", "2024-03..2024-05")
        publish_month(folder, "2024-05", 60)
        publish_polls(base / "archive", "20240503T120000Z", "20240503T121500Z")
        both(next(situations))
        patch.setattr(gate, "suite_hash", lambda *of: "new" if of == ("bronze", "trips") else hashes(*of))
        both(next(situations))
        patch.setattr(
            gate, "suite_hash", lambda *of: "new" if of[1] in ("trips", "mart_routes") else hashes(*of)
        )
        both(next(situations))
        for room in (steps, preview_room):
            patch.setattr(room, "fingerprint", lambda: models() + "x")
        both(next(situations))
        assert main(["hold", "jc-2024-05", "--reason", "a trial"]) == 0
        both(next(situations))
        rollback(lake, by="anna", reason="a trial")
        publish_month(folder, "2024-03", 41)
        both(next(situations))
        release(lake)
        next(current(lake).path.glob("gold/*/*.parquet")).unlink()
        notes["damaged"] = preview(lake)
    return notes


@pytest.mark.parametrize("situation", SITUATIONS)
def test_the_plan_is_what_the_run_then_does(story, situation):
    planned, untouched, outcome, before, after = story[situation]
    assert untouched, "not a byte below the lake was written"
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
    assert [story[situation][0].outcome for situation in SITUATIONS] == [
        "publishes",
        "nothing",
        "nothing",
        "publishes",
        "perhaps",
        "publishes",
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
    planned = story["a version is held"][0]
    assert {(one.batch, one.state) for one in planned.stays_out if one.table == "trips"} == {
        ("jc-2024-04", "refused"),
        ("jc-2024-05", "held"),
    }
    said = "\n".join(told(planned))
    assert "trips jc-2024-04 version 1 stays out, refused by suite bronze.trips" in said
    assert "trips jc-2024-05 version 1 stays out, held by" in said


@pytest.mark.parametrize(
    ("situation", "expected"),
    [
        ("nothing new", "stays published, unless one of the"),
        ("a verdict is lost", "would be judged, never judged (1): trips jc-2024-03 version 1"),
        ("one new month, and answers of feeds", "2 answers of the archive are not kept yet"),
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
    assert expected in "\n".join(told(story[situation][0]))


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
