"""One lake that lives through what a lake goes through: each situation is planned, then run, and noted.

`test_incremental` asks what the runs built, `test_preview` whether the plans had said so.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.context import SpawnProcess
from pathlib import Path
from typing import Any

import pytest

from bronze.sample.holidays import write_holidays
from lake import Lake
from lake.retention import unfinished
from lake.rollback import release, rollback
from lake.snapshots import Snapshot, current, hold_snapshot
from orchestration import preview as preview_room
from orchestration import steps, workers
from orchestration.__main__ import main
from orchestration.gate import judge as gate
from orchestration.parts import build_part
from orchestration.preview import Preview, preview
from orchestration.run import Outcome
from tests.bronze.upstream import MODERN_HEADER, modern, modern_csv, put, zipped
from tests.orchestration.kills import ROOT
from tests.orchestration.lakes import differences, go, once, upstream
from tests.orchestration.weather import write_weather

SITUATIONS = (
    "an empty lake, with a batch that is refused",
    "nothing new",
    "a verdict is lost",
    "one new month, and answers of feeds",
    "a version is held",
    "another suite of the refused batch",
    "another suite of a mart",
    "another model",
    "pinned, and a month is republished",
)
Partitions = dict[str, set[int]]


@dataclass(frozen=True)
class Chapter:
    """A situation: its plan, whether planning left the lake as it was, the run, and the files before and after it."""

    planned: Preview
    is_untouched: bool
    outcome: Outcome
    shown: str
    before: Partitions
    after: Partitions


def publish_month(folder: Path, month: str, rows: int, **changes: str) -> None:
    """Publish a month of Jersey City; `changes` replace columns of every ride."""
    stamp = month.replace("-", "")
    first = int(stamp) * 1000
    lines = [modern(first + number, f"{month}-03", **changes) for number in range(rows)]
    content = "\n".join([MODERN_HEADER, *lines]) + "\n" if changes else modern_csv(rows, f"{month}-03", first)
    put(folder, f"JC-{stamp}-citibike-tripdata.csv.zip", zipped({f"JC-{stamp}.csv": content}))


def publish_polls(folder: Path, *moments: str) -> None:
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


def partitions(snapshot: Snapshot) -> Partitions:
    """Return `{<table>/<column>-<value>: inodes of its files}` of silver and gold, whatever they are cut by."""
    found: Partitions = {}
    for layer in ("silver", "gold"):
        for file in (snapshot.path / layer).glob("*/*-*.*.parquet"):
            name = f"{file.parent.name}/{file.name.rsplit('.', 2)[0]}"
            found.setdefault(name, set()).add(file.stat().st_ino)
    return found


def _listing(root: Path) -> dict[str, tuple[int, int]]:
    """Return what lies below a folder, with sizes and times to the nanosecond."""
    found = {}
    for folder, _, names in os.walk(root):
        for path in (Path(folder), *(Path(folder) / name for name in names)):
            facts = path.lstat()
            found[str(path)] = facts.st_size, facts.st_mtime_ns
    return found


@contextmanager
def _two_workers() -> Iterator[None]:
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


def _kill(base: Path, lake: Lake) -> dict[str, Any]:
    """Kill a run before it publishes what it has completed; return what it did to what is published, and what it left."""
    shutil.copytree(lake.root, base / "before", symlinks=True)
    done = subprocess.run(
        [sys.executable, "-m", "orchestration", "run"],
        cwd=ROOT,
        env={**os.environ, "LAKEHOUSE_FAULT": "publish.completed"},
        capture_output=True,
        text=True,
        timeout=540,
        check=False,
    )
    with hold_snapshot(lake) as seen, hold_snapshot(Lake(base / "before")) as expected:
        differ = {"id": (seen.id, expected.id)} if seen.id != expected.id else differences(seen, expected)
    shutil.rmtree(base / "before")
    return {"status": done.returncode, "differ": differ, "left": len(list(unfinished(lake)))}


def _live(base: Path) -> dict[str, Any]:
    lake, folder = Lake(base / "lake"), base / "upstream"
    notes: dict[str, Any] = {}
    names = iter(SITUATIONS)

    def chapter() -> None:
        before, there = current(lake), _listing(lake.root)
        were = partitions(before) if before else {}
        planned = preview(lake)
        is_untouched = _listing(lake.root) == there
        outcome, shown = go(lake)
        now = current(lake)
        assert now is not None
        notes[next(names)] = Chapter(planned, is_untouched, outcome, shown, were, partitions(now))

    publish_month(folder, "2024-03", 40)
    publish_month(folder, "2024-04", 50, started_at="4/3/24 8:00", ended_at="4/3/24 8:10")
    write_holidays(folder / "holidays", [2024])
    # Of May; that other months are refused nobody knows before they landed.
    write_weather(folder, lambda *_: True)
    # The first days of a month in UTC have an evening of the month before, and answers hold over midnight.
    publish_polls(base / "archive", "20240401T033000Z", "20240401T041000Z", "20240401T050000Z")
    publish_polls(
        base / "archive", "20240430T234500Z", "20240501T001500Z", "20240501T034500Z", "20240501T041500Z"
    )
    hashes, models = gate.suite_hash, steps.fingerprint
    with upstream(folder, "2024-03..2024-04"), pytest.MonkeyPatch.context() as patch:
        patch.setenv("LAKE_ROOT", str(lake.root))
        patch.setenv("SOURCES__GBFS__ARCHIVE", str(base / "archive"))
        chapter()
        chapter()
        [verdict] = lake.bronze.glob("citibike/trips/batch=jc-2024-03/version=1/verdict.json")
        verdict.unlink()
        chapter()
        patch.setenv("SOURCES__MONTHS", "2024-03..2024-05")
        publish_month(folder, "2024-05", 60)
        publish_polls(base / "archive", "20240502T120000Z", "20240502T121500Z", "20240502T160000Z")
        chapter()
        assert main(["hold", "jc-2024-03", "--reason", "a trial"]) == 0
        patch.setenv("SOURCES__MONTHS", "2024-02..2024-05")
        publish_month(folder, "2024-02", 30)
        notes["killed"] = _kill(base, lake)
        chapter()
        notes["left behind"] = list(unfinished(lake))
        patch.setattr(gate, "suite_hash", lambda *of: "new" if of == ("bronze", "trips") else hashes(*of))
        chapter()
        patch.setattr(
            gate, "suite_hash", lambda *of: "new" if of[1] in ("trips", "mart_routes") else hashes(*of)
        )
        incremental = current(lake)
        chapter()
        for room in (steps, preview_room):
            patch.setattr(room, "fingerprint", lambda: models() + "x")
        with _two_workers():
            chapter()
        full = current(lake)
        assert incremental is not None
        assert full is not None
        notes["differences"] = differences(incremental, full)
        rollback(lake, by="anna", reason="a trial")
        publish_month(folder, "2024-03", 41)
        chapter()
        release(lake)
        published = current(lake)
        assert published is not None
        next(published.path.glob("gold/*/*.parquet")).unlink()
        notes["damaged"] = preview(lake)
    return notes


def history(factory: pytest.TempPathFactory) -> tuple[Lake, dict[str, Any]]:
    """Return the lake as it was left, and a chapter for each situation beside some notes of what happened between them."""
    base, notes = once(factory, "history", _live)
    return Lake(base / "lake"), notes
