"""The test `every_row` on a few rows: what it finds, and how it names it."""

from __future__ import annotations

from pathlib import Path

import duckdb
import jinja2
import pytest

MACRO = Path(__file__).parents[2] / "silver/tests/generic/every_row.sql"
ROWS = "(values (1, 'New Year''s', true), (2, 'Eve', null), (9, 'odd', false), (null, null, true)) t (n, name, fine)"


def broken(rows=ROWS, **rules):
    """Return what breaks each row that comes back, as dbt would ask for it."""
    source = MACRO.read_text(encoding="utf-8").replace("{% test ", "{% macro ").replace("endtest", "endmacro")
    environment = jinja2.Environment(extensions=["jinja2.ext.do"], autoescape=False)  # noqa: S701 - SQL
    sql = str(environment.from_string(source).module.every_row(rows, **rules))
    return [row[-1] for row in duckdb.sql(f"from ({sql}) order by n nulls last, broken").fetchall()]


@pytest.mark.parametrize(
    ("rules", "found"),
    [
        ({"never_null": ["n", "name"]}, ["n is null, name is null"]),
        # Null is let through by a list and by bounds, and breaks a condition.
        ({"one_of": {"name": ["New Year's", "Eve"]}}, ["name is unknown"]),
        ({"within": {"n": [0, 5]}}, ["n not between 0 and 5"]),
        ({"holds": {"is_so": "fine"}}, ["is_so", "is_so"]),
        ({"holds": {"a guest's": "n < 9"}}, ["a guest's", "a guest's"]),
        ({"within": {"name": ["'A'", "'Z'"]}}, ["name not between 'A' and 'Z'"]),
        (
            {"within": {"n": [2, 5]}, "holds": {"is_so": "fine or n = 2"}},
            ["n not between 2 and 5", "n not between 2 and 5, is_so"],
        ),
        ({"unique": ["n"]}, []),
        ({"unique": ["n", "name"]}, []),
        ({"unique": ["fine is null"]}, ["fine is null not unique"] * 3),
        ({"unique": ["fine"]}, ["fine not unique", "fine not unique"]),
        (
            {"unique": ["fine"], "never_null": ["name"]},
            ["fine not unique", "fine not unique", "name is null"],
        ),
    ],
)
def test_rows_come_back_with_what_they_break(rules, found):
    assert broken(**rules) == found


def test_nulls_of_a_key_agree_with_each_other():
    rows = "(values (null, 'a'), (null, 'a'), (null, 'b'), (1, 'a')) t (n, name)"
    assert broken(rows, unique=["n", "name"]) == ["n, name not unique", "n, name not unique"]
