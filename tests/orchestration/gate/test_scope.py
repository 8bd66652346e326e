"""Which rows the gate looks at when only some months were built."""

from __future__ import annotations

import duckdb
import pytest

from lake.contents import flatten
from orchestration.gate.scope import Scope
from orchestration.plan import Plan

SUITES = {"silver.trips": "s1", "silver.rejected": "s1", "silver.days": "s1"}
MAY = Plan(False, "1 version has changed", ("2024-05", "2024-06"), ("jc-2024-05",))


def write(folder, rows):
    folder.mkdir(parents=True)
    duckdb.sql(f"copy (select * from (values {rows}) as t(part, n)) to '{folder}/data.parquet'")


@pytest.fixture
def snapshot(tmp_path):
    """Trips of two months, rejected rows of two batches, and a table without partitions."""
    write(tmp_path / "silver/trips/trip_month=2024-04", "('2024-04', 1)")
    write(tmp_path / "silver/trips/trip_month=2024-05", "('2024-05', 2), ('2024-05', 3)")
    write(tmp_path / "silver/rejected/batch=jc-2024-04", "('jc-2024-04', 4)")
    write(tmp_path / "silver/days", "('day', 5), ('day', 6)")
    flatten(tmp_path / "silver")
    for table, column in (("trips", "trip_month"), ("rejected", "batch")):
        for file in (tmp_path / "silver" / table).glob("*.parquet"):
            rows = f"select part as {column}, n from read_parquet('{file}', hive_partitioning = false)"
            duckdb.sql(f"create or replace temp table kept as {rows}")
            duckdb.sql(f"copy kept to '{file}'")
    return tmp_path


def seen(scope, table, suite="s1"):
    """Return the values of n that a suite of the table sees in every table."""
    found = scope.seen_by("silver", table, suite)
    return {
        name.removeprefix("silver."): {n for (n,) in duckdb.sql(f"select n from ({sql})").fetchall()}
        for name, sql in found.items()
    }


def test_a_partitioned_table_is_judged_beside_the_same_part_of_the_others(snapshot):
    scope = Scope(snapshot, MAY, SUITES)
    assert seen(scope, "trips") == {"trips": {2, 3}, "rejected": set(), "days": {5, 6}}
    assert not scope.is_untouched("silver", "trips", "s1")


def test_a_table_without_partitions_is_judged_beside_whole_ones(snapshot):
    assert seen(Scope(snapshot, MAY, SUITES), "days") == {"trips": {1, 2, 3}, "rejected": {4}, "days": {5, 6}}


def test_a_table_of_which_nothing_was_built_needs_no_judgement(snapshot):
    assert Scope(snapshot, MAY, SUITES).is_untouched("silver", "rejected", "s1")


@pytest.mark.parametrize("before", [{}, SUITES | {"silver.trips": "s0"}])
def test_another_suite_than_the_parents_sees_the_whole_table(snapshot, before):
    scope = Scope(snapshot, MAY, before)
    assert seen(scope, "trips")["trips"] == {1, 2, 3}
    assert not scope.is_untouched("silver", "trips", "s1")


def test_after_a_full_build_everything_is_judged(snapshot):
    for plan in (None, Plan(True, "asked for")):
        assert seen(Scope(snapshot, plan, SUITES), "trips")["trips"] == {1, 2, 3}
