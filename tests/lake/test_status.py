from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import lake as lake_package
from lake import locate, mcp
from lake.listing import write_listing
from lake.snapshots import publish
from lake.versions import all_versions, decide
from tests.lake.rows import land
from tests.lake.test_snapshots import FACTS, build

ROOT = Path(__file__).parents[2]


def run_lake(*arguments):
    return subprocess.run(
        [sys.executable, "-m", "lake", *arguments], cwd=ROOT, capture_output=True, text=True, timeout=240
    )


def test_status_of_an_empty_lake_is_empty():
    status = lake_package.status()
    assert (status.current, status.snapshots, status.batches) == (None, [], [])


def test_status_tells_state_reason_and_what_is_in_force():
    lake = locate()
    land(lake, "b-1", [1])
    land(lake, "b-1", [2, 3], "refused")
    snapshot = publish(lake, build(lake), FACTS)
    status = lake_package.status()
    assert status.current == snapshot.id
    (batch,) = status.batches
    assert (batch.state, batch.version, batch.rows, batch.reason, batch.in_force) == (
        "refused",
        2,
        2,
        "because",
        1,
    )
    assert batch.published == 1
    assert status.waiting() == []


def test_status_tells_what_is_published_until_a_run_builds_what_is_in_force():
    """After a run that limits have stopped, or a hold, it is another."""
    lake = locate()
    land(lake, "b-1", [1])
    land(lake, "c-1", [1])
    publish(lake, build(lake), FACTS)
    land(lake, "b-1", [2])
    decide(next(one for one in all_versions(lake) if one.batch == "c-1"), "held", by="anna", reason="because")
    land(lake, "d-1", [1])
    status = lake_package.status()
    found = status.batches
    assert {one.batch: (one.in_force, one.published) for one in found} == {
        "b-1": (2, 1),
        "c-1": (None, 1),
        "d-1": (1, None),
    }
    assert status.waiting() == found
    told = mcp.status()["batches_not_published_as_in_force"]
    assert [(one["batch"], one["in_force"], one["published"]) for one in told] == [
        ("b-1", 2, 1),
        ("c-1", None, 1),
        ("d-1", 1, None),
    ]


def test_nothing_waits_for_a_snapshot_where_there_is_none():
    land(locate(), "b-1", [1])
    assert lake_package.status().waiting() == []


def test_every_batch_listed_has_one_fate():
    lake = locate()
    states = {"a-1": "accepted", "b-1": "refused", "c-1": "held", "d-1": "accepted"}
    for batch, state in states.items():
        land(lake, batch, [1], state)
    offers = [
        {"source": "shop", "table": "things", "batch": batch, "outcome": "unchanged", "error": None}
        for batch in states
    ]
    failed = {"source": "shop", "table": "things", "batch": "e-1", "outcome": "failed", "error": "gone"}
    write_listing(lake, [*offers, failed])
    status = lake_package.status()
    assert status.listed == {"accepted": 2, "failed": 1, "held": 1, "refused": 1}
    assert [(one.batch, one.error) for one in status.failed] == [("e-1", "gone")]


def test_status_changes_nothing(own_lake):
    lake = locate()
    land(lake, "b-1", [1])
    before = sorted(own_lake.rglob("*"))
    lake_package.status()
    assert sorted(own_lake.rglob("*")) == before


def test_the_shell_reads_the_same_views():
    lake = locate()
    land(lake, "b-1", [4, 5])
    publish(lake, build(lake), FACTS)
    answer = run_lake("sql", "--query", "select total from gold.mart")
    assert answer.returncode == 0, answer.stderr
    assert "9" in answer.stdout
    assert not answer.stderr, "whoever reads the answer gets nothing of how the shell was prepared"


def test_path_prints_the_snapshot_folder():
    lake = locate()
    land(lake, "b-1", [1])
    snapshot = publish(lake, build(lake), FACTS)
    assert run_lake("path").stdout.strip() == str(snapshot.path)


def test_an_empty_lake_says_what_to_do():
    answer = run_lake("sql", "--query", "select 1")
    assert answer.returncode == 2
    assert "make run" in answer.stderr
