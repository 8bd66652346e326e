"""The DAG `lakehouse_poll`: wiring only. It asks feeds without a past between runs."""

from __future__ import annotations

from datetime import datetime, timedelta

from airflow.sdk import CronTriggerTimetable, dag, task

from orchestration.airflow import asking
from orchestration.airflow.alerts import run_failed, task_failed


@dag(
    dag_id="lakehouse_poll",
    schedule=CronTriggerTimetable("*/15 * * * *", timezone="UTC"),
    start_date=datetime(2013, 6, 1),  # noqa: DTZ001
    # What a feed said in the past cannot be asked for.
    catchup=False,
    max_active_runs=1,
    dagrun_timeout=timedelta(minutes=15),
    # Questions are tried again by whoever asks; what is over then is over, and the next poll is near.
    default_args={"owner": "lakehouse", "retries": 0, "on_failure_callback": task_failed},
    on_failure_callback=run_failed,
    tags=["lakehouse"],
    doc_md="""
    Asks every feed without a past what it says now, and keeps the answers in `lake/recordings`, what `make poll` does. It
    takes no lock: a run of `lakehouse` may go on meanwhile, and lands them the next time. Red: the answer of a feed
    could not be kept. Those of the others were; clearing the task asks all of them again, for now.
    """,
)
def lakehouse_poll() -> None:
    """Wire the one task."""

    @task(execution_timeout=timedelta(minutes=12))
    def poll() -> list[str]:
        """Ask the feeds and keep their answers."""
        return asking.poll_feeds()

    poll()


lakehouse_poll()
