"""What runs in terminals have left in Airflow's database when a server is to begin on it."""

from __future__ import annotations

from airflow.models.dagrun import DagRun
from airflow.utils.session import create_session
from airflow.utils.state import DagRunState
from airflow.utils.types import DagRunTriggeredByType
from sqlalchemy import select


def end_left() -> None:
    """Mark runs of terminals that were killed as failed. Call it only while nobody else uses the database.

    They stay running there for good, and a scheduler would go on with them, on the lake that it was started for.
    """
    going_on = (DagRunState.QUEUED, DagRunState.RUNNING)
    wanted = DagRun.triggered_by == DagRunTriggeredByType.TEST, DagRun.state.in_(going_on)
    with create_session() as session:
        for run in session.scalars(select(DagRun).where(*wanted)):
            run.set_state(DagRunState.FAILED)
