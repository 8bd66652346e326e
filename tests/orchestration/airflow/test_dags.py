"""How the DAGs are wired: read in a process of its own, once, and held against what the pipeline needs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.structure.test_imports import HEAVY

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[3]
#: Every task, what it waits for, and when it starts.
WIRING = {
    "open": ([], "all_success"),
    "bronze.ask": (["open"], "all_success"),
    "bronze.batches": (["bronze.ask", "open"], "all_done"),
    "bronze.batch.land": (["bronze.batches", "open"], "all_success"),
    "bronze.batch.judge": (["bronze.batch.land", "bronze.batches", "open"], "all_success"),
    "bronze.landed": (["bronze.ask", "bronze.batch.judge", "bronze.batches", "open"], "all_done"),
    "silver.begin": (["bronze.landed", "open"], "all_success"),
    "silver.build": (["silver.begin"], "all_success"),
    "silver.gate": (["silver.begin", "silver.build"], "all_success"),
    "gold.build": (["silver.begin", "silver.gate"], "all_success"),
    "gold.gate": (["gold.build", "silver.begin"], "all_success"),
    "publish.publish": (
        ["bronze.landed", "gold.build", "gold.gate", "silver.begin", "silver.build", "silver.gate"],
        "all_success",
    ),
    "publish.collect": (["publish.publish", "silver.begin"], "all_success"),
    "outcome": (["bronze.landed", "publish.collect", "publish.publish"], "all_done"),
}
MAPPED = {"bronze.ask": "source", "bronze.batch.land": "batch", "bronze.batch.judge": "batch"}
ASKS_UPSTREAM = {"bronze.ask", "bronze.batch.land"}
#: What is tried again, and what stays as it is however often it is tried.
AGAIN = {"upstream", "busy"}


@pytest.fixture(scope="session")
def described(tmp_path_factory):
    env = {
        **os.environ,
        "AIRFLOW_HOME": str(tmp_path_factory.mktemp("airflow")),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "false",
    }
    done = subprocess.run(
        [sys.executable, "-m", "tests.orchestration.airflow.described"],
        cwd=ROOT,
        env=env,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout.splitlines()[-1])


@pytest.fixture
def lakehouse(described):
    return described["dags"]["lakehouse"]


@pytest.fixture
def shared(described):
    """Return the DAG as two workers share it."""
    return described["shared"]


@pytest.fixture
def docs(described):
    return described["dags"]["lakehouse_docs"]


def test_all_dags_are_there_without_errors(described):
    assert described["errors"] == {}
    assert set(described["dags"]) == {"lakehouse", "lakehouse_docs", "lakehouse_poll"}


def test_parsing_loads_nothing_heavy(described):
    assert set(described["loaded"]) & (HEAVY - {"airflow", "sqlalchemy"}) == set()


def test_every_task_waits_for_what_it_needs(lakehouse):
    found = {name: (task["upstream"], task["trigger_rule"]) for name, task in lakehouse["tasks"].items()}
    assert found == WIRING


def test_several_workers_build_parts_and_what_needs_all_of_them_waits(shared):
    """One worker has no task for parts at all: it would only take time."""
    expected = {
        **{
            name: (*WIRING[name],)
            for name in WIRING
            if name.partition(".")[0] not in ("silver", "gold", "publish")
        },
        "silver.begin": WIRING["silver.begin"],
        "silver.part": (["silver.begin"], "all_success"),
        "silver.build": (["silver.begin", "silver.part"], "all_success"),
        "silver.gate": WIRING["silver.gate"],
        "gold.part": (["silver.begin", "silver.gate"], "all_success"),
        "gold.build": (["gold.part", "silver.begin"], "all_success"),
        "gold.gate": WIRING["gold.gate"],
        "publish.publish": (
            sorted([*WIRING["publish.publish"][0], "gold.part", "silver.part"]),
            "all_success",
        ),
        "publish.collect": WIRING["publish.collect"],
    }
    assert {
        name: (task["upstream"], task["trigger_rule"]) for name, task in shared["tasks"].items()
    } == expected
    for layer in ("silver", "gold"):
        task = shared["tasks"][f"{layer}.part"]
        assert (task["mapped"], task["over"], task["on_failure"]) == (True, [0, 1], ["task_failed"])
        assert {error for error, action in task["on_error"].items() if action == "default"} == AGAIN


def test_every_layer_is_built_and_judged_as_itself(lakehouse):
    given = {name: task["given"] for name, task in lakehouse["tasks"].items() if task["given"]}
    layers = {f"{layer}.{task}": [layer] for layer in ("silver", "gold") for task in ("build", "gate")}
    assert given == layers


def test_every_upstream_is_asked(lakehouse):
    from bronze import sources

    assert lakehouse["tasks"]["bronze.ask"]["over"] == list(sources.names())


def test_a_run_waits_for_another_one_without_holding_a_worker(lakehouse):
    mode, every, at_most = lakehouse["tasks"]["open"]["sensor"]
    assert mode == "reschedule"
    assert 10 <= every <= 300
    assert 3600 < at_most < lakehouse["timeout"]


def test_one_group_per_layer(lakehouse):
    assert lakehouse["groups"] == ["bronze", "bronze.batch", "gold", "publish", "silver"]


def test_batches_are_mapped_and_named_after_what_they_are(lakehouse):
    mapped = {name: task["named"] for name, task in lakehouse["tasks"].items() if task["mapped"]}
    assert set(mapped) == set(MAPPED)
    assert all(f"'{MAPPED[name]}'" in template for name, template in mapped.items())


def test_only_what_asks_an_upstream_takes_its_pool(lakehouse):
    from orchestration.airflow.local import POOL

    pools = {name: task["pool"] for name, task in lakehouse["tasks"].items()}
    assert {name for name, pool in pools.items() if pool == POOL} == ASKS_UPSTREAM
    assert set(pools.values()) == {POOL, "default_pool"}


def test_retries_only_where_they_can_help(lakehouse):
    for name, task in lakehouse["tasks"].items():
        again = {error for error, action in task["on_error"].items() if action == "default"}
        assert again == AGAIN, name
        assert task["backoff"], name
        # The outcome reads what is there: it is the same the second time.
        assert (task["retries"] == 0) == (name == "outcome"), name


def test_the_docs_are_tried_again_when_somebody_else_writes_them(docs):
    assert docs["tasks"]["write"]["retries"] > 0
    assert docs["tasks"]["write"]["backoff"]


def test_feeds_are_asked_every_quarter_of_an_hour_and_never_for_the_past(described):
    polled = described["dags"]["lakehouse_poll"]
    assert (polled["schedule"], polled["timezone"]) == ("*/15 * * * *", "UTC")
    assert polled["catchup"] is False
    assert polled["max_active_runs"] == 1
    assert polled["timeout"] <= 15 * 60, "or one poll that hangs takes the place of the next"
    assert [task["pool"] for task in polled["tasks"].values()] == ["default_pool"], (
        "that of upstreams may be full"
    )


def test_every_task_ends_in_time_says_what_it_does_and_who_hears_of_its_failure(described):
    for dag in described["dags"].values():
        assert dag["timeout"]
        assert dag["doc"]
        assert dag["on_failure"] == ["run_failed"]
        for name, task in dag["tasks"].items():
            assert 0 < task["timeout"] < dag["timeout"], name
            assert task["doc"], name
            assert task["on_failure"] == ["task_failed"], name


def test_the_last_task_decides_what_the_run_is_called(lakehouse):
    waited_for = {name for task in lakehouse["tasks"].values() for name in task["upstream"]}
    assert set(lakehouse["tasks"]) - waited_for == {"outcome"}


def test_one_run_at_a_time_each_month_and_none_for_the_past(lakehouse):
    assert lakehouse["max_active_runs"] == 1
    assert lakehouse["catchup"] is False
    assert lakehouse["schedule"] == "0 6 10 * *"
    assert lakehouse["timezone"] == "America/New_York"
    assert lakehouse["params"] == {"cities": None, "from": None, "to": None, "full": False}


def test_publishing_updates_the_assets_and_gold_starts_the_docs(lakehouse, docs):
    outlets = {name: task["outlets"] for name, task in lakehouse["tasks"].items() if task["outlets"]}
    assert outlets == {"publish.publish": ["lakehouse_bronze", "lakehouse_silver", "lakehouse_gold"]}
    assert docs["assets"] == ["lakehouse_gold"]
    assert docs["starts_paused"] is False, "or the first publications are not followed"
    assert docs["max_active_runs"] == 1
    assert docs["catchup"] is False


def test_alerts_know_every_task(described):
    from orchestration.airflow.alerts import LOOK

    dags = [*described["dags"].values(), described["shared"]]
    last = {name.rpartition(".")[2] for dag in dags for name in dag["tasks"]}
    assert set(LOOK) == last


def test_the_timetable_names_every_dag_and_task(described):
    text = (ROOT / "orchestration" / "dags" / "README.md").read_text(encoding="utf-8")
    for dag_id, dag in [*described["dags"].items(), ("lakehouse", described["shared"])]:
        assert f"`{dag_id}`" in text
        for name in dag["tasks"]:
            assert f"`{name.rpartition('.')[2]}`" in text, name
