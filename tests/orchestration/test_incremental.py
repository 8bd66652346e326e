"""What a run costs follows what changed: a month is added, and the files of the others are the same ones.

The run that adds it is also killed once, between completing its snapshot and publishing it; `make kills`
kills one at every point.
"""

from __future__ import annotations

import importlib
import json
import os
import re
import shutil
from collections import Counter
from contextlib import contextmanager
from multiprocessing.context import SpawnProcess
from typing import Any

import pytest

import lake as lake_package
from bronze.sample.holidays import write_holidays
from lake import Lake
from lake.snapshots import load
from orchestration import steps, workers
from orchestration.gate import judge as gate
from orchestration.parts import build_part
from orchestration.plan import Plan
from tests.bronze.upstream import modern_csv, put, zipped
from tests.orchestration.kills import Stage, trial
from tests.orchestration.lakes import differences, go, upstream

pytestmark = pytest.mark.slow


@contextmanager
def two_workers():
    """Let two workers build silver, of which the first is killed at once, and two tasks gold, which are in this process."""
    start, begun = SpawnProcess.start, []

    def started(process):
        start(process)
        begun.append(process)
        if process is begun[0]:
            process.kill()

    def built(lake, snapshot, layer, parts):
        if layer == "silver":
            return workers.build_parts(lake, snapshot, layer, parts)
        for part in parts:
            build_part(lake, snapshot, layer, part, beside=2)
        return []

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BUILD__WORKERS", "2")
        patch.setattr(SpawnProcess, "start", started)
        patch.setattr(steps, "build_parts", built)
        yield


class Here(Stage):
    """What is not to be killed runs in this process, where everything is loaded."""

    def must(self, root, *words, **more):
        module, *arguments = words
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("LAKE_ROOT", str(root))
            assert importlib.import_module(f"{module}.__main__").main(arguments) == 0


def publish_month(folder, month, rows):
    stamp = month.replace("-", "")
    content = modern_csv(rows, f"{month}-03", first=int(stamp) * 1000)
    put(folder, f"JC-{stamp}-citibike-tripdata.csv.zip", zipped({f"JC-{stamp}.csv": content}))


def publish_polls(folder, *moments):
    """Put answers of the live feeds into an archive: two stations, one of which is empty at every other moment."""
    for number, moment in enumerate(moments):
        empty = {"num_bikes_available": number % 2, "num_docks_available": 9}
        working = dict.fromkeys(("is_installed", "is_renting", "is_returning"), 1)
        status = [{"station_id": name, **empty, **working} for name in ("A", "B")]
        places = {"lat": 40.72, "lon": -74.04, "capacity": 20 + number}
        information = [{"station_id": name, "short_name": name, **places} for name in ("A", "B")]
        for feed, stations in (("station_status", status), ("station_information", information)):
            (folder / feed).mkdir(parents=True, exist_ok=True)
            (folder / feed / f"{moment}.json").write_text(json.dumps({"data": {"stations": stations}}))


def partitions(snapshot):
    """Return `{<table>/<column>-<value>: inodes of its files}` of silver and gold, whatever they are cut by."""
    found: dict[str, set[int]] = {}
    for layer in ("silver", "gold"):
        for file in (snapshot.path / layer).glob("*/*-*.*.parquet"):
            name = f"{file.parent.name}/{file.name.rsplit('.', 2)[0]}"
            found.setdefault(name, set()).add(file.stat().st_ino)
    return found


@pytest.fixture(scope="module")
def story(tmp_path_factory):
    """Two months; a third one; another suite for one table; everything anew, by two workers of which one is killed."""
    base = tmp_path_factory.mktemp("incremental")
    lake, folder = Lake(base / "lake"), base / "upstream"
    notes: dict[str, Any] = {}
    for month, rows in (("2024-03", 40), ("2024-04", 50), ("2024-05", 60)):
        publish_month(folder, month, rows)
    write_holidays(folder / "holidays", [2024])
    # The first days of a month in UTC have an evening of the month before, and answers hold over midnight.
    publish_polls(base / "archive", "20240401T033000Z", "20240401T041000Z", "20240401T050000Z")
    publish_polls(
        base / "archive", "20240430T234500Z", "20240501T001500Z", "20240501T034500Z", "20240501T041500Z"
    )
    publish_polls(base / "archive", "20240502T120000Z", "20240502T121500Z", "20240502T160000Z")
    with upstream(folder, "2024-03..2024-04"), pytest.MonkeyPatch.context() as patch:
        patch.setenv("LAKE_ROOT", str(lake.root))
        patch.setenv("SOURCES__GBFS__ARCHIVE", str(base / "archive"))
        notes["two"] = go(lake)
        shutil.copytree(lake.root, base / "before", symlinks=True)
        patch.setenv("SOURCES__MONTHS", "2024-03..2024-05")
        notes["three"] = go(lake)
        on = Here(base, dict(os.environ), base / "before", lake.root)
        notes["wrong after the kill"] = trial(on, point="publish.completed")
        hashes = gate.suite_hash
        patch.setattr(gate, "suite_hash", lambda *of: "new" if of == ("gold", "mart_routes") else hashes(*of))
        notes["suite"] = go(lake)
        patch.setattr(gate, "suite_hash", hashes)
        with two_workers():
            notes["full"] = go(lake, full=True)
    return lake, notes


def test_only_the_added_month_is_built(story):
    _, notes = story
    outcome, shown = notes["three"]
    plan = outcome.snapshot.facts["plan"]
    assert plan["build_months"] == ["2024-05"]
    assert [batch for batch in plan["read_batches"] if batch.startswith("jc")] == ["jc-2024-05"]
    assert "2024-05 built anew, the others stay the parent's files" in shown


def test_the_files_of_the_other_months_are_the_parents(story):
    """Of every source's facts, by month, day or batch: what the plan does not build stays, what it builds is new."""
    lake, notes = story
    before, after = (partitions(load(lake, notes[run][0].snapshot.id)) for run in ("two", "three"))
    plan = Plan.of(notes["three"][0].snapshot.facts["plan"])
    assert len(before) > 10
    for name, files in before.items():
        if not plan.is_built(*name.partition("/")[2].split("-", 1)):
            assert after[name] == files, name
    new = after.keys() - before.keys()
    assert [name for name in new if not plan.is_built(*name.partition("/")[2].split("-", 1))] == []
    assert {name.partition("-")[2] for name in new if "/trip_month-" in name} == {"2024-05"}


def test_answers_of_feeds_are_built_with_their_months(story):
    """The last evening of April came with the first day of May, in UTC: before May was asked for."""
    lake, notes = story
    before, after = (partitions(load(lake, notes[run][0].snapshot.id)) for run in ("two", "three"))
    for table in ("fct_station_status", "mart_station_availability"):
        found = [{name for name in of if name.startswith(f"{table}/")} for of in (before, after)]
        assert found == [{f"{table}/status_month-2024-{month}" for month in ("03", "04", "05")}] * 2
        assert before[f"{table}/status_month-2024-05"] != after[f"{table}/status_month-2024-05"]
    with lake_package.connect(notes["three"][0].snapshot.id, root=lake.root) as connection:
        query = "select sum(polls), sum(minutes_observed) from gold.mart_station_availability where status_month = "
        # 23:45 holds until the month ends; the next one begins at 00:15, and its day ends with an answer's hour.
        assert connection.sql(query + "'2024-04'").fetchone() == (2 * 5, 2 * (50 + 60 + 30 + 60 + 15))
        assert connection.sql(query + "'2024-05'").fetchone() == (2 * 4, 2 * (60 + 15 + 60 + 60))


def test_a_killed_run_leaves_nothing_half_done(story):
    assert story[1]["wrong after the kill"] is None


def test_another_suite_judges_its_whole_table_and_builds_no_month(story):
    lake, notes = story
    outcome, shown = notes["suite"]
    assert "no month built anew" in shown
    before, after = (partitions(load(lake, notes[run][0].snapshot.id)) for run in ("three", "suite"))
    assert after == before
    notes_of = {gate_["table"]: gate_["note"] for gate_ in outcome.snapshot.facts["gates"]}
    assert notes_of["mart_routes"] is None
    assert "judged with the parent" in notes_of["mart_demand_daily"]


def test_a_full_build_gives_the_same_rows_in_new_files(story):
    lake, notes = story
    three, full = notes["three"][0].snapshot, notes["full"][0].snapshot
    assert full.facts["plan"] == {"full": True, "why": "asked for"}
    files = Counter(file for of in (three, full) for inodes in partitions(of).values() for file in inodes)
    assert max(files.values()) == 1
    # In the copy, for paths in what a run returned lead to the original.
    assert differences(load(lake, three.id), load(lake, full.id)) == {}


def test_a_worker_that_was_killed_is_tried_again_alone_and_told_by_its_months(story):
    shown = story[1]["full"][1]
    assert re.findall(r"warning (.*) of months? .*: its process was killed \(SIGKILL\)", shown) == ["silver"]
    assert "tried again alone, it was built" in shown


def test_workers_build_and_test_what_one_builds_and_tests(story):
    """Each model and test once: those of months by parts, of which all are alike, the others with all of them."""
    _, notes = story
    one, two = (re.findall(r"built (.*) tests passed(.*)", notes[run][1]) for run in ("suite", "full"))
    assert [what for what, _ in two] == [what for what, _ in one]
    assert [(apart, together) for (_, together), (_, apart) in zip(one, two, strict=True)] == [
        (", months in 2 parts", "")
    ] * 2
