"""A run that builds a month which a table has no rows of."""

from __future__ import annotations

import shutil

import duckdb
import pytest

from bronze.expectations.rules import NOT_EMPTY
from orchestration.gate import judge as gate
from orchestration.plan import Plan
from tests.orchestration.gate.broken import judged, relations_of

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(("layer", "table"), [("silver", "covered_months"), ("gold", "mart_covered_days")])
def test_a_built_month_may_have_strays_only(good, layer, table):
    """A run that builds one month is judged by that: of a batch that was held, or of which nothing was kept, it is empty."""
    others = relations_of(good)
    others["silver.fct_trips"] = (
        f"select * replace ('nyc-2024-05' as batch) from ({others['silver.fct_trips']})"
    )
    others["silver.covered_months"] += " where false"
    result = gate.judge(
        layer=layer,
        table=table,
        relation_sql=f"{others[f'{layer}.{table}']} {'where false' if layer == 'gold' else ''}",
        subject=f"{layer}.{table}",
        others=others,
    )
    assert [check.name for check in result.refusals] == []


@pytest.mark.parametrize(("rest", "refused"), [("2024-04", []), (None, ["not_empty"])])
def test_a_built_month_may_lack_rows_of_a_table_that_has_others(good, tmp_path, rest, refused):
    """A month of one ride without an end is on no route: a full build publishes it, and so does one of that month."""
    shutil.copytree(good, tmp_path, dirs_exist_ok=True)
    [trips] = (tmp_path / "silver" / "fct_trips").iterdir()
    without = (
        f"select * replace (null::varchar as end_station_id) from '{good / trips.relative_to(tmp_path)}'"
    )
    duckdb.sql(f"copy ({without}) to '{trips}'")
    routes = tmp_path / "gold" / "mart_routes"
    duckdb.sql(f"copy (from '{routes}/*.parquet' where false) to '{routes}/trip_month-2024-05.0.parquet'")
    (routes / "data.parquet").rename(routes / f"trip_month-{rest}.0.parquet" if rest else tmp_path / "gone")
    may = Plan(False, "1 version has changed", ("2024-05",), ("jc-2024-05",))
    judged = gate.judge_layer(tmp_path, "gold", plan=may, judged_before=gate.suite_hashes())
    (result,) = (one for one in judged if one.table == "mart_routes")
    assert [check.name for check in result.refusals] == refused


#: Tables of months that hold trips, each with the rule that notices where they are gone.
TOTALS = {
    "silver.station_months": "all_ends",
    "silver.station_lives": "all_sightings",
    "gold.mart_covered_days": "same_as_daily",
    "gold.mart_demand_daily": "all_trips",
    "gold.mart_demand_hourly": "same_as_daily",
    "gold.mart_distances": "all_rides",
    "gold.mart_durations": "all_rides",
    "gold.mart_routes": "all_routes",
    "gold.mart_station_hours": "all_movements",
    "gold.mart_station_stats": "all_departures",
    "gold.mart_weather_effect": "all_trips",
}


@pytest.mark.parametrize("name", TOTALS)
def test_what_has_others_is_refused_for_rows_that_are_gone_all_the_same(good, name):
    """A sum over no rows is null, and null differs from nothing."""
    layer, _, table = name.partition(".")
    result = judged(good, layer, table, "from good where false", has_others=True)
    assert [check.name for check in result.refusals] == [TOTALS[name]]


def test_every_mart_of_months_that_asks_for_rows_has_a_total():
    """Those of silver by month are accounted for by `conservation`, which is judged as a whole."""
    suites = {f"gold.{table}": gate._rules("gold", table) for table in gate.suites("gold")}
    asking = {name for name, rules in suites.items() if NOT_EMPTY in [rule.name for rule in rules]}
    assert asking - TOTALS.keys() == set()


def test_a_month_of_false_starts_and_lost_bikes_has_no_rides(good):
    others = relations_of(good)
    others["silver.fct_trips"] += " where is_false_start or is_lost_bike"
    for table in ("mart_durations", "mart_distances"):
        result = gate.judge(
            layer="gold",
            table=table,
            relation_sql=f"{others[f'gold.{table}']} where false",
            subject=table,
            others=others,
            has_others=True,
        )
        assert [check.name for check in result.refusals] == []
