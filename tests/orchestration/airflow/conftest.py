from __future__ import annotations

import pytest

from lake import locate
from lake.versions import all_versions, decide
from orchestration.airflow import tasks
from tests.bronze.upstream import put_holidays
from tests.orchestration.airflow.asked import RUN, TRIPS
from tests.orchestration.lakes import upstream
from tests.orchestration.test_refusals import month, publish_month


@pytest.fixture
def folder(tmp_path):
    """Serve one month of trips."""
    folder = tmp_path / "upstream"
    publish_month(folder, "2024-05", month("2024-05"))
    put_holidays(folder, 2024)
    with upstream(folder, "2024-05"):
        yield folder


@pytest.fixture
def noted():
    return []


@pytest.fixture
def accepted(folder, noted):
    """Land the month and accept it, as a person would; the gate has tests of its own."""
    tasks.land(RUN, TRIPS, noted.append)
    decide(all_versions(locate())[0], "accepted", by="test", reason="")
    return locate()
