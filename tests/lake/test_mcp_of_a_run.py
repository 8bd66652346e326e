"""The tools on what a run has built: measures and checks are really there (lineage: `tests/orchestration/mesh`)."""

from __future__ import annotations

from functools import partial

import pytest
from anyio.from_thread import start_blocking_portal

from tests.lake.test_mcp import ask, serve
from tests.lake.test_queries import files
from tests.orchestration.lakes import sample_run

pytestmark = pytest.mark.slow


def test_a_real_lake_tells_measures_and_checks(tmp_path_factory):
    lake, outcome, _ = sample_run(tmp_path_factory)
    before = files(lake)
    with (
        start_blocking_portal() as portal,
        portal.wrap_async_context_manager(serve(lake, HOME=str(tmp_path_factory.mktemp("home")))) as client,
    ):
        call = partial(ask, portal, client)
        table, _ = call("describe", table="gold.mart_demand_daily")
        assert table["key"] == ["trip_date", "city", "member_type", "bike_type"]
        assert table["snapshot"] == outcome.snapshot.id
        checks, _ = call(
            "query", sql="select distinct severity from lake.checks where table_name = 'fct_trips'"
        )
        assert ["critical"] in checks["rows"]
    assert files(lake) == before
