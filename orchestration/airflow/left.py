"""What runs in terminals have left in Airflow's database when a server is to begin on it."""

from __future__ import annotations

from airflow.models.dagrun import DagRun
from airflow.models.taskinstance import TaskInstance
from airflow.utils.session import create_session
from airflow.utils.state import DagRunState, TaskInstanceState
from airflow.utils.types import DagRunTriggeredByType
from sqlalchemy import select

#: Of tasks that hold a slot of their pool, or wait for one.
_UNDER_WAY = (
    TaskInstanceState.RUNNING,
    TaskInstanceState.QUEUED,
    TaskInstanceState.SCHEDULED,
    TaskInstanceState.DEFERRED,
)


def end_left() -> None:
    """Mark runs of terminals that were killed as failed, with their tasks. Call it only while nobody else uses the database.

    They stay running there for good. A scheduler would go on with the runs, on the lake that it was started for; and each
    task keeps its slot, whatever has become of its run: with as many as the pool has no batch would be asked for again.
    """
    of_terminal = DagRun.triggered_by == DagRunTriggeredByType.TEST
    going_on = DagRun.state.in_((DagRunState.QUEUED, DagRunState.RUNNING))
    tasks = select(TaskInstance).join(TaskInstance.dag_run).where(TaskInstance.state.in_(_UNDER_WAY))
    with create_session() as session:
        for task in session.scalars(tasks.where(of_terminal)):
            task.state = TaskInstanceState.FAILED
        for run in session.scalars(select(DagRun).where(of_terminal, going_on)):
            run.set_state(DagRunState.FAILED)
