"""What a person is told of a difference: nothing of what does not differ, and no more than fits."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from rich.console import Console

from lake.compare import ColumnChange, Sample
from lake.diff import BatchDiff, Diff, Held, MeasureChange, Part, TableDiff
from lake.words import figure
from orchestration.changes import diff_tables

NOTHING = Diff("one", "two", [], [], 30, 45, 58)
TABLE = TableDiff("gold.mart_a", "changed", 5, 5, 0, 0, 1, ("id",), [], False, [], [], [])


def told(diff, width=100):
    console = Console(file=io.StringIO(), width=width, highlight=False)
    for part in diff_tables(diff):
        console.print(part)
    return console.file.getvalue()


def test_without_a_difference_one_line_says_so():
    said = told(NOTHING)
    assert said.startswith("no difference between one and two: 30 tables")
    assert "measures" not in said
    assert "batches" not in said


def test_what_differs_is_told_part_by_part():
    found = replace(
        TABLE,
        parts=[Part("trip_month=2021-01", 1, 2, 3000)],
        columns=[ColumnChange("id", "INTEGER", "BIGINT")],
        sample=[Sample("changed", {"id": "7"}, {"name": ("[bold]", None)}), Sample("added", {"id": "8"}, {})],
        measures=[
            MeasureChange("trips", "trips", "2021-01", 1000, 1003),
            MeasureChange("trips", "trips", None, None, 5),
        ],
    )
    before = Held(1, 10, "x", "suite", "fine")
    batches = [
        BatchDiff("citibike", "trips", "jc-1", before, replace(before, version=2, rows=12)),
        BatchDiff("citibike", "trips", "jc-2", before, replace(before, by="anna", reason="looked at it")),
        BatchDiff("citibike", "trips", "jc-3", None, before),
    ]
    said = told(replace(NOTHING, tables=[found], batches=batches), width=160)
    for words in (
        "1 (10 rows)",
        "2 (12 rows)",
        "by anna: looked at it",
        "trip_month=2021-01",
        "3,000",
        "+0.3 %",
        "column id: INTEGER is BIGINT now",
        "gold.mart_a, for instance id=7: name [bold] → None",
    ):
        assert words in said
    assert "id=8" not in said, "what was added is counted, and shown to programs"


def test_many_months_and_tables_are_cut():
    parts = [Part(f"trip_month=20{year}-01", 1, 0, 0) for year in range(10, 60)]
    sample = [Sample("changed", {"id": "7"}, {"name": ("a" * 900, "b")})]
    tables = [replace(TABLE, table=f"gold.mart_{n}", parts=parts, added=50, sample=sample) for n in range(20)]
    said = told(replace(NOTHING, tables=tables), width=300)
    assert "all 50" in said
    assert said.count("for instance") == 5
    assert max(map(len, said.splitlines())) <= 300


@pytest.mark.parametrize(
    ("value", "said"),
    [(1_234_567.0, "1,234,567"), (12_345_678.25, "12,345,678.2"), (0.123456789, "0.123457"), (None, "none")],
)
def test_a_figure_is_told_in_full(value, said):
    assert figure(value) == said


def test_it_fits_a_narrow_terminal():
    found = replace(TABLE, parts=[Part("trip_month=2021-01", 1, 2, 3000)])
    assert max(map(len, told(replace(NOTHING, tables=[found]), width=40).splitlines())) <= 40
