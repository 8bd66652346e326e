"""The DAG `lakehouse`: wiring only. What its tasks do is in orchestration/airflow/tasks.py.

Tasks return Any: annotated as dicts, each key of what they return would become an XCom of its own.

orchestration/dags/README.md is the timetable: what runs when, and what to do when it fails.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from airflow.sdk import (
    CronDataIntervalTimetable,
    ExceptionRetryPolicy,
    Param,
    PokeReturnValue,
    RetryAction,
    RetryRule,
    TaskGroup,
    TriggerRule,
    chain,
    dag,
    get_current_context,
    task,
    task_group,
)
from airflow.sdk.exceptions import AirflowSkipException

from bronze import sources
from orchestration.airflow import asking, tasks
from orchestration.airflow.alerts import run_failed, task_failed
from orchestration.airflow.assets import PUBLISHED
from orchestration.airflow.local import POOL
from orchestration.airflow.turn import take_turn
from orchestration.parts import workers

BATCH = "{{ task.op_kwargs['one']['table'] }} {{ task.op_kwargs['one']['batch'] }}"
MONTH = r"^(19|20)\d\d-(0[1-9]|1[0-2])$"
#: Errors that a new try can help, as Airflow's retry policy names them: an upstream that does not answer, a
#: busy lock or a full disk, too little memory, a task that took too long, Airflow's own server.
PASSING: list[str | type[BaseException]] = [
    "bronze.errors.UnreachableError",
    "builtins.OSError",
    "builtins.MemoryError",
    "airflow.sdk.exceptions.AirflowTaskTimeout",
    "airflow.sdk.exceptions.AirflowRuntimeError",
]

DEFAULTS = {
    "owner": "lakehouse",
    "retries": 3,
    "retry_delay": timedelta(seconds=30),
    "retry_exponential_backoff": True,
    "max_retry_delay": timedelta(minutes=15),
    # A refused batch, a broken model and a wrong setting stay what they are. A killed task ends without an
    # exception: it is always tried again.
    "retry_policy": ExceptionRetryPolicy(
        rules=[RetryRule(exception=PASSING, action=RetryAction.DEFAULT, reason="it may pass")],
        default=RetryAction.FAIL,
    ),
    "on_failure_callback": task_failed,
}


def _is_running(run_id: str) -> bool:
    """Say whether another run of this DAG is going on; a run that this Airflow does not know is not."""
    ti = get_current_context()["ti"]
    return bool(ti.get_dr_count(ti.dag_id, run_ids=[run_id], states=["running"]))


def _note(key: str) -> tasks.Note:
    """Let a task leave word also when it then fails."""
    return lambda facts: get_current_context()["ti"].xcom_push(key=key, value=facts)


def _noted(task_id: str, key: str) -> list[Any]:
    """Return what the instances of a task left: Airflow hands on one thing as itself, several as a list."""
    found = get_current_context()["ti"].xcom_pull(task_ids=task_id, key=key)
    return [] if found is None else list(found) if not isinstance(found, dict) else [found]


def _whole(results: Any) -> list[Any]:
    """Return what a mapped task's instances returned; read as one slice, else Airflow logs an error."""
    return list(results[:]) if results is not None else []


@task.sensor(
    task_id="open",
    mode="reschedule",
    poke_interval=60,
    timeout=timedelta(hours=18).total_seconds(),
    execution_timeout=timedelta(minutes=15),
)
def open_run() -> PokeReturnValue:
    """Wait for other runs to end; then check this one's scope, clear what killed runs left, and ask the feeds."""
    context = get_current_context()
    if waits_for := take_turn(context["run_id"], _is_running):
        print(f"waiting: {waits_for}")
        return PokeReturnValue(is_done=False)
    starts = context.get("data_interval_start")
    # The plain word: str() of the enumeration is "DagRunType.…".
    kind = context["dag_run"].run_type.value
    opened = asking.open_run(context["params"], kind, starts.date() if starts else None)
    return PokeReturnValue(is_done=True, xcom_value=opened)


@task(pool=POOL, execution_timeout=timedelta(minutes=30), map_index_template="{{ task.op_kwargs['source'] }}")
def ask(run: Any, source: str) -> Any:
    """List what one upstream has in scope. Retried: an upstream may be down."""
    return tasks.ask(run, source, _note("outcome"))


@task(trigger_rule=TriggerRule.ALL_DONE, execution_timeout=timedelta(minutes=15))
def batches(run: Any, asked: Any) -> Any:
    """Say which batches to go through. An upstream that cannot be listed does not stop the others."""
    return tasks.batches(run, _whole(asked))


@task(pool=POOL, execution_timeout=timedelta(hours=4), map_index_template=BATCH)
def land(run: Any, one: Any) -> Any:
    """Land the batch with dlt, if it is new. Retried where the upstream did not answer."""
    return tasks.land(run, one, _note("outcome"))


@task(execution_timeout=timedelta(hours=1), map_index_template=BATCH)
def judge(run: Any, one: Any) -> Any:
    """Let the gate judge the batch. Red: refused, now or earlier, and left out of what is built."""
    return tasks.judge(run, one, _note("verdict"))


@task_group(tooltip="One batch: landed, then judged")
def batch(run: Any, one: Any) -> None:
    """Wire what happens to one batch."""
    # By name: the instances are called after `one`.
    land(run=run, one=one) >> judge(run=run, one=one)


@task(trigger_rule=TriggerRule.ALL_DONE, execution_timeout=timedelta(minutes=15))
def landed(run: Any, found: Any, asked: Any) -> Any:
    """Keep what became of every batch in scope, for `make status`."""
    outcomes = _noted("bronze.ask", "outcome") + _noted("bronze.batch.land", "outcome")
    return tasks.close_landing(run, found, _whole(asked), outcomes)


@task(execution_timeout=timedelta(minutes=30))
def begin(run: Any) -> Any:
    """Begin a snapshot of what is accepted. Skipped where nothing is new, or the lake is pinned."""
    begun = tasks.begin(run)
    if begun["snapshot"] is None:
        _note("nothing")(begun)
        raise AirflowSkipException(begun["why"])
    return begun


@task(execution_timeout=timedelta(hours=4), map_index_template="part {{ task.op_kwargs['number'] + 1 }}")
def part(begun: Any, layer: str, number: int) -> Any:
    """Let dbt build and test some months of the layer, wherever there is a worker that shares the lake's folder."""
    return tasks.part(begun, layer, number)


@task(execution_timeout=timedelta(hours=4))
def build(begun: Any, layer: str) -> Any:
    """Let dbt build and test the layer. After a kill it starts anew; a failed test is not retried."""
    return tasks.build(begun, layer)


@task(execution_timeout=timedelta(hours=2))
def gate(begun: Any, layer: str) -> Any:
    """Let Great Expectations judge the layer before anybody sees it."""
    return tasks.gate(begun, layer)


@task(outlets=PUBLISHED, execution_timeout=timedelta(minutes=30))
def publish(begun: Any, parts: Any) -> Any:
    """Make the snapshot visible to readers by one rename. Red if somebody else has published meanwhile."""
    published = tasks.publish(begun, parts)
    events = get_current_context()["outlet_events"]
    for asset in PUBLISHED:
        events[asset].extra = {"snapshot": published["snapshot"], "origin": published["origin"]}
    return published


@task(execution_timeout=timedelta(minutes=30))
def collect(begun: Any) -> Any:
    """Remove old snapshots that nobody reads."""
    return tasks.collect(begun)


@task(trigger_rule=TriggerRule.ALL_DONE, retries=0, execution_timeout=timedelta(minutes=5))
def outcome(landing: Any, published: Any) -> None:
    """Say what the run did. Red if a batch is missing or nothing was published, and so is the run."""
    nothing = _noted("silver.begin", "nothing")
    verdicts = _noted("bronze.batch.judge", "verdict")
    print(tasks.outcome(landing, verdicts, nothing[0] if nothing else None, published))


@dag(
    dag_id="lakehouse",
    schedule=CronDataIntervalTimetable("0 6 10 * *", timezone="America/New_York"),
    start_date=datetime(2013, 6, 1),  # noqa: DTZ001  # local to the timetable; the upstream's first month
    catchup=False,
    max_active_runs=1,
    dagrun_timeout=timedelta(hours=24),
    default_args=DEFAULTS,
    on_failure_callback=run_failed,
    params={
        "cities": Param(
            None,
            type=["null", "array"],
            items={"type": "string", "enum": ["nyc", "jc"]},
            description="`nyc` (New York), `jc` (Jersey City and Hoboken); empty: what is configured",
        ),
        "from": Param(
            None,
            type=["null", "string"],
            pattern=MONTH,
            description="first month, such as 2024-02; empty: what is configured",
        ),
        "to": Param(None, type=["null", "string"], pattern=MONTH, description="last month, such as 2024-05"),
        "full": Param(False, type="boolean", description="build every month anew, not only what changed"),
    },
    tags=["lakehouse"],
    doc_md="""
    Lands what the upstreams have in scope, lets Great Expectations judge every batch, builds silver and gold
    with dbt beside what is published, judges them, and publishes all of it by one rename.

    - **Scope**: a manual run asks for `from`..`to` and `cities`, else for what is configured. A scheduled run
      adds the last three months, a backfill asks for its own month.
    - **A red batch** (`land` or `judge`) is left out. The others are published, and `outcome` is red.
    - **Nothing new**: silver, gold and publish are skipped, and the run is a success.
    - **To rerun** after a failed build, clear `silver.begin` with everything downstream.

    The timetable, and what to do when something fails: `orchestration/dags/README.md`.
    """,
)
def lakehouse() -> None:
    """Wire the tasks."""
    # Looked up whenever this file is read. One worker has no part: it would only take time.
    numbers = list(range(workers()))

    def layer(begun: Any, name: str) -> list[Any]:
        parts = [part.partial(begun=begun, layer=name).expand(number=numbers)] if len(numbers) > 1 else []
        return [*parts, build(begun, name), gate(begun, name)]

    run = open_run()
    with TaskGroup("bronze", tooltip="What the upstreams have, landed and judged batch by batch"):
        asked = ask.partial(run=run).expand(source=sources.names())
        found = batches(run, asked)
        landing = landed(run, found, asked)
        batch.partial(run=run).expand(one=found) >> landing
    with TaskGroup("silver", tooltip="Typed facts and dimensions, built by dbt and judged"):
        begun = begin(run)
        silver = layer(begun, "silver")
    with TaskGroup("gold", tooltip="Marts, built by dbt and judged"):
        gold = layer(begun, "gold")
    with TaskGroup("publish", tooltip="Made visible to readers"):
        published = publish(begun, [landing, begun, *silver, *gold])
        collected = collect(begun)
    chain(landing, begun, *silver, *gold, published, collected, outcome(landing, published))


lakehouse()
