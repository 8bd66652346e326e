"""The DAG `lakehouse_docs`: wiring only. It follows every publication of gold."""

from __future__ import annotations

from datetime import datetime, timedelta

from airflow.sdk import dag, task

from orchestration.airflow import tasks
from orchestration.airflow.alerts import run_failed, task_failed
from orchestration.airflow.assets import GOLD


@dag(
    dag_id="lakehouse_docs",
    schedule=[GOLD],
    start_date=datetime(2013, 6, 1),  # noqa: DTZ001
    catchup=False,
    max_active_runs=1,
    # It only reads the lake: nothing is gained by missing the first publications.
    is_paused_upon_creation=False,
    dagrun_timeout=timedelta(hours=2),
    default_args={
        "owner": "lakehouse",
        "retries": 2,
        "retry_delay": timedelta(minutes=2),
        "retry_exponential_backoff": True,
        "on_failure_callback": task_failed,
    },
    on_failure_callback=run_failed,
    tags=["lakehouse"],
    doc_md="""
    Makes data docs (what every gate said) and dbt docs of the snapshot that was just published, in
    `lake/reports/index.html`. What `make docs` does. It changes no data: after a failure, clear the task.
    """,
)
def lakehouse_docs() -> None:
    """Wire the one task."""

    @task(execution_timeout=timedelta(hours=1))
    def write() -> str:
        """Write the documents. Retried: `make docs` may be at it."""
        return tasks.write_docs()

    write()


lakehouse_docs()
