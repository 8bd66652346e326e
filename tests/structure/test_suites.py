"""Every table that is published is judged: a model without a suite would pass any gate."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest

from bronze.expectations.rules import columns
from orchestration.gate.judge import suites

ROOT = Path(__file__).parents[2]
PUBLISHED = {"silver": "silver/models/core", "gold": "gold/models/marts"}


@pytest.mark.parametrize("layer", PUBLISHED)
def test_every_published_model_has_a_suite(layer):
    models = {path.stem for path in (ROOT / PUBLISHED[layer]).glob("*.sql")}
    assert set(suites(layer)) == models


def test_every_raw_table_has_a_suite():
    from bronze import sources

    assert set(suites("bronze")) == {table.name for name in sources.names() for table in sources.tables(name)}


@pytest.mark.parametrize("layer", PUBLISHED)
def test_a_city_is_the_same_city_in_every_table(layer):
    """Where the contract has `city`, the suite judges it by the rule of all tables."""
    said = columns.city()
    for table in suites(layer):
        module = importlib.import_module(f"{layer}.expectations.{table}")
        rules = {rule.name: rule for rule in module.RULES}
        if "city" in rules["columns"].arguments["column_set"]:
            assert said.name in rules, f"{table} has a city: its suite wants columns.city()"
            assert rules[said.name].arguments == said.arguments, table


#: Two tables that only other ones are made of; those are asked.
_PLACED_BY = {"bike_station_days": "dim_bike_stations", "station_months": "dim_stations"}


@pytest.mark.parametrize("layer", PUBLISHED)
def test_what_has_a_place_is_asked_whether_it_lies_around_new_york(layer):
    """North and east that have changed places put every point elsewhere: it is refused, or told."""
    for table in suites(layer):
        rules = {rule.name: rule for rule in importlib.import_module(f"{layer}.expectations.{table}").RULES}
        has = any("latitude" in one for one in rules["columns"].arguments["column_set"])
        asked = {"coordinates", "elsewhere", "lies_elsewhere"} & {*rules}
        assert not has or asked or table in _PLACED_BY, f"{table}: columns.place(), or a warning `elsewhere`"
