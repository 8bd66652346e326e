"""The comparison finds every way in which two tables can differ, and names the model and the rows."""

from __future__ import annotations

import duckdb
import pytest

from orchestration.mesh.parity import REPLACED, compare

ONE = "select 1 as id, 'a' as name, cast(null as date) as day"


def compared(written, built):
    """Compare one model `t`: dbt's as a query, SQLMesh's as another, or None where a side has none."""
    with duckdb.connect() as connection:
        if built:
            connection.execute(f"create view t as {built}")
        [one] = compare(connection, {"t": written} if written else {})
    assert one.model == "t"
    return one


def test_equal_tables_are_the_same_in_any_order_of_rows():
    one = compared(
        f"{ONE} union all select 2, 'b', null",
        f"select 2 as id, 'b' as name, cast(null as date) as day union all {ONE}",
    )
    assert (one.rows, one.differences) == (2, ())


@pytest.mark.parametrize(
    ("built", "said"),
    [
        (f"{ONE} limit 0", ("1 row only in dbt", "  dbt: id=1, name=a, day=None")),
        (f"{ONE} union all {ONE}", ("1 row only in SQLMesh", "  SQLMesh: id=1, name=a, day=None")),
        (
            "select 1 as id, 'A' as name, cast(null as date) as day",
            (
                "1 row only in dbt",
                "  dbt: id=1, name=a, day=None",
                "1 row only in SQLMesh",
                "  SQLMesh: id=1, name=A, day=None",
            ),
        ),
        (
            "select 1::bigint as id, 'a' as name, cast(null as date) as day",
            ("column id: INTEGER in dbt, BIGINT in SQLMesh",),
        ),
        (
            "select 'a' as name, 1 as id, cast(null as date) as day",
            ("order of columns: id, name, day in dbt, name, id, day in SQLMesh",),
        ),
        (
            "select 1 as id, 'a' as name, 2 as age",
            ("column day: only dbt has it", "column age: only SQLMesh has it"),
        ),
        (None, ("SQLMesh does not have it, dbt has written it",)),
    ],
    ids=[
        "missing row",
        "doubled row",
        "other value",
        "other type",
        "other order",
        "other columns",
        "no table",
    ],
)
def test_a_difference_is_named(built, said):
    assert compared(ONE, built).differences == said


def test_a_model_that_dbt_has_not_written_is_a_difference():
    assert compared(None, ONE).differences == ("dbt has not written it, SQLMesh has it",)


def test_work_models_have_no_files_and_are_left_out():
    with duckdb.connect() as connection:
        connection.execute(f"create view stg_t as {ONE}; create table int_t as {ONE}")
        assert compare(connection, {}) == []


def test_few_of_many_rows_are_shown():
    one = compared("select range as id from range(1000)", "select range as id from range(5, 1000)")
    assert one.differences == ("5 rows only in dbt", "  dbt: id=0", "  dbt: id=1", "  dbt: id=2")


def test_a_table_of_dbts_is_not_taken_for_sqlmeshs():
    """To compare dbt with dbt would find them the same, whatever SQLMesh has built."""
    with duckdb.connect() as connection:
        connection.execute(f"create table t as {ONE}")
        [one] = compare(connection, {"t": ONE})
    assert (one.model, one.rows, one.differences) == ("t", 1, (REPLACED,))
