"""Rows are compared by value and as bags, whatever they hold, and a difference is never passed over."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lake.compare import compare_columns, compare_rows, comparing

COLUMNS = ("id", "text", "number")
#: Few values, so that rows repeat and values change places.
ROWS = st.lists(
    st.tuples(
        st.sampled_from([None, 1, 2, 3]),
        st.sampled_from([None, "", "a", "b", "null"]),
        st.sampled_from([None, 0.1, 0.30000000000000004, 0.3, float("nan"), float("inf")]),
    ),
    max_size=6,
)


@pytest.fixture(scope="module")
def connection():
    with comparing() as opened:
        opened.execute("set threads = 1")  # for a few rows a second one costs more than it does
        yield opened


def as_sql(rows):
    """Return a query of three typed columns that gives these rows."""

    def value(one):
        if one is None:
            return "null"
        return f"'{one}'"

    values = ", ".join(f"({', '.join(map(value, row))})" for row in rows)
    typed = "cast(id as integer) as id, cast(text as varchar) as text, cast(number as double) as number"
    if not rows:
        return f"select {typed} from (select null as id, null as text, null as number) limit 0"
    return f"select {typed} from (values {values}) as v(id, text, number)"


def bag(rows):
    return Counter(tuple(map(repr, row)) for row in rows)


@pytest.mark.slow
@settings(deadline=None)
@given(before=ROWS, after=ROWS)
def test_bags_are_told_apart_as_python_tells_them_apart(connection, before, after):
    found = compare_rows(connection, as_sql(before), as_sql(after), COLUMNS)
    old, new = bag(before), bag(after)
    assert (found.gone, found.added) == ((old - new).total(), (new - old).total())
    assert found.differ == (old != new)
    assert all(one.row.keys() == set(COLUMNS) for one in found.sample)


@pytest.mark.slow
@settings(deadline=None)
@given(before=ROWS, after=ROWS)
def test_with_a_key_every_row_that_differs_is_counted_once_on_its_side(connection, before, after):
    found = compare_rows(connection, as_sql(before), as_sql(after), COLUMNS, ("id",))
    old, new = bag(before), bag(after)
    assert found.gone + found.changed == (old - new).total()
    assert found.added + found.changed == (new - old).total()
    assert found.without_key() == compare_rows(connection, as_sql(before), as_sql(after), COLUMNS).__class__(
        (new - old).total(), (old - new).total(), sample=found.without_key().sample
    )


def test_a_changed_row_is_shown_by_its_key_with_both_values(connection):
    before = as_sql([(1, "a", 0.5), (2, "b", None), (3, None, 1.0)])
    after = as_sql([(1, "a", 0.5), (2, "c", 0.25), (None, None, 1.0)])
    found = compare_rows(connection, before, after, COLUMNS, ("id",))
    assert (found.added, found.gone, found.changed, found.key) == (1, 1, 1, ("id",))
    changed, gone, added = found.sample
    assert (changed.row, changed.values) == ({"id": "2"}, {"text": ("b", "c"), "number": (None, "0.25")})
    assert changed.told() == "id=2: text b → c, number None → 0.25"
    assert (gone.change, gone.row["id"]) == ("gone", "3")
    assert (added.change, added.row["id"]) == ("added", None)


def test_a_key_that_names_rows_twice_pairs_none(connection):
    before, after = as_sql([(1, "a", 1.0), (1, "b", 1.0)]), as_sql([(1, "c", 1.0), (1, "d", 1.0)])
    found = compare_rows(connection, before, after, COLUMNS, ("id",))
    assert (found.added, found.gone, found.changed, found.key) == (2, 2, 0, ())


def test_values_that_change_places_between_rows_and_columns_are_seen(connection):
    assert compare_rows(
        connection, as_sql([(1, "a", 1), (2, "b", 2)]), as_sql([(1, "b", 1), (2, "a", 2)]), COLUMNS
    ).differ
    one, other = (
        f"select {values}::integer as a, {other}::integer as b"
        for values, other in ((1, "null"), ("null", 1))
    )
    assert compare_rows(connection, one, other, ("a", "b")).differ


def test_nested_values_are_compared(connection):
    one, other = ("select [1, null] as a, {'x': 'y'} as b", "select [null, 1] as a, {'x': 'y'} as b")
    assert not compare_rows(connection, one, one, ("a", "b")).differ
    assert compare_rows(connection, one, other, ("a", "b"), ("b",)).changed == 1


NESTED = st.sampled_from(
    [
        "null::varchar[]",
        "[]::varchar[]",
        "[null]::varchar[]",
        "['']",
        "['a, b']",
        "['a', 'b']",
        "['NULL']",
        "['a']",
    ]
)


@pytest.mark.slow
@settings(deadline=None)
@given(before=st.lists(NESTED, max_size=4), after=st.lists(NESTED, max_size=4))
def test_lists_are_told_apart_as_they_are_written(connection, before, after):
    """To DuckDB's hash a list that is null, one that is empty and one of a null are the same."""
    one, other = (
        " union all ".join([*(f"select {value} as a" for value in values), "select ['a'] as a where false"])
        for values in (before, after)
    )
    found = compare_rows(connection, one, other, ("a",))
    old, new = Counter(before), Counter(after)
    assert (found.gone, found.added) == ((old - new).total(), (new - old).total())


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("null::struct(x integer)", "{'x': null::integer}"),
        ("null::map(varchar, integer)", "map {}::map(varchar, integer)"),
        ("[{'x': null::integer[]}]", "[{'x': []::integer[]}]"),
    ],
)
def test_nothing_within_nothing_is_told_apart(connection, one, other):
    assert compare_rows(connection, f"select {one} as a", f"select {other} as a", ("a",)).differ


def test_nothing_of_it_stays_in_the_connection(connection):
    compare_rows(connection, "select 1 as a, 1 as b", "select 1 as a, 2 as b", ("a", "b"), ("a",))
    assert connection.sql("select count(*) from duckdb_tables()").fetchone() == (0,)


def test_types_and_columns_are_told_apart():
    found = compare_columns({"a": "INTEGER", "b": "DATE"}, {"a": "BIGINT", "c": "DATE"})
    assert [one.told() for one in found] == [
        "column a: INTEGER is BIGINT now",
        "column b (DATE) gone",
        "column c (DATE) added",
    ]
