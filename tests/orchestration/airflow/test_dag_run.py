"""One real run of the DAG, as `make dag-run` does it, beside one of the command line on the same upstream."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from lake import Lake
from lake.snapshots import current_id, hold_snapshot
from lake.status import status
from lake.versions import all_versions
from orchestration.airflow import local
from tests.orchestration.lakes import differences, upstream
from tests.orchestration.test_refusals import MONTHS, refused_run

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    """Run both drivers on an upstream with one unreadable month; return lakes, output and task states."""
    base = tmp_path_factory.mktemp("dag")
    folder, outcome, _ = refused_run(tmp_path_factory)
    home = base / "airflow"
    with upstream(folder / "upstream", MONTHS), pytest.MonkeyPatch.context() as patch:
        # Another scope is configured than the run is told: what it is told counts.
        patch.setenv("SOURCES__MONTHS", "2016-01")
        conf = '{"from": "2024-04", "to": "2024-05", "cities": ["jc"]}'
        done = subprocess.run(
            [sys.executable, "-m", "orchestration.airflow.local", "run", "--conf", conf],
            cwd=ROOT,
            env={**os.environ, "LAKE_ROOT": str(base / "dag"), "AIRFLOW_HOME": str(home)},
            capture_output=True,
            text=True,
            timeout=540,
        )
    states: dict[str, dict[str, str]] = {}
    with sqlite3.connect(home / "airflow.db") as database:
        query = "select task_id, coalesce(rendered_map_index, ''), state from task_instance"
        for task, name, state in database.execute(query):
            states.setdefault(task, {})[name] = state
        runs = [state for (state,) in database.execute("select state from dag_run")]
    return Lake(folder / "lake"), Lake(base / "dag"), outcome, done, states, runs


def test_the_dag_gives_the_lake_of_the_command_line(ran):
    line, dag, *_ = ran
    with hold_snapshot(line) as one, hold_snapshot(dag) as other:
        assert differences(one, other) == {}


def test_both_say_the_same_of_every_batch(ran):
    line, dag, *_ = ran
    expected, found = status(line.root), status(dag.root)
    assert [(b.table, b.batch, b.state, b.reason) for b in found.batches] == [
        (b.table, b.batch, b.state, b.reason) for b in expected.batches
    ]
    assert found.listed == expected.listed
    assert found.failed == expected.failed


def test_a_refused_batch_is_red_by_name_and_the_others_are_published(ran):
    *_, outcome, done, states, _ = ran
    refused = {text.rpartition(" version ")[0] for text in outcome.refused}
    assert "jc-2024-04" in refused
    judged = states["bronze.batch.judge"]
    assert {name.partition(" ")[2] for name, state in judged.items() if state == "failed"} == refused
    assert judged["trips jc-2024-05"] == "success"
    assert states["publish.publish"] == {"": "success"}
    assert "jc-2024-04 is refused" in done.stdout + done.stderr


def test_the_state_of_the_run_tells_the_truth(ran):
    *_, done, states, runs = ran
    assert states["outcome"] == {"": "failed"}
    assert runs == ["failed"]
    assert done.returncode != 0


def test_the_alert_names_batch_and_report(ran):
    *_, done, _, _ = ran
    said = [
        line for line in done.stdout.splitlines() if "bronze.batch.judge of trips jc-2024-04 failed" in line
    ]
    assert said
    assert "quarantine" in said[0]


def test_nothing_unfinished_is_left(ran):
    from lake.retention import unfinished

    _, dag, *_ = ran
    assert list(unfinished(dag)) == []


def test_interrupted_while_it_lands_it_publishes_nothing_and_no_server_goes_on_with_it(tmp_path, monkeypatch):
    """Airflow takes Ctrl-C for the failure of the task that hears it: all others ran on, and were published."""
    monkeypatch.setenv("LAKE_ROOT", str(tmp_path / "lake"))
    monkeypatch.setenv("AIRFLOW_HOME", str(tmp_path / "airflow"))
    monkeypatch.setenv("SAMPLE__TRIPS", "1000")
    asked = [sys.executable, "-m", "orchestration.airflow.local", "run"]
    run = subprocess.Popen(asked, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    for line in run.stdout:
        if "[DAG TEST] running task" in line and "bronze.batch.land" in line:
            break
    run.send_signal(signal.SIGINT)
    _, told = run.communicate(timeout=30)
    assert (run.returncode, told.splitlines()[-1]) == (
        2,
        "interrupted; nothing was published. What has landed stays, and the next run goes on",
    )
    lake = Lake(tmp_path / "lake")
    assert current_id(lake) is None

    def states(table):
        with sqlite3.connect(tmp_path / "airflow" / "airflow.db") as database:
            return [state for (state,) in database.execute(f"select state from {table}")]

    assert states("dag_run") == ["running"]
    assert "running" in states("task_instance"), "it would keep its slot of the pool for good"
    assert local.prepare(local.environment(8090)) == 0
    assert states("dag_run") == ["failed"]
    assert not {"running", "queued", "scheduled"} & {*states("task_instance")}
    assert len(all_versions(lake)) < 5, "nobody has landed on"
