"""What a bounded question may do and show, looked at without the process that it runs in."""

from __future__ import annotations

import json
import subprocess
from datetime import UTC, datetime, timedelta

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import lake as lake_package
from lake import LakeError, bounded, locate
from lake.bounded import ENTRIES, LETTERS, ROWS, Shown, answer, ask, fence
from lake.snapshots import publish
from tests.lake.rows import land
from tests.lake.test_snapshots import FACTS, build


@pytest.fixture
def lake():
    lake = locate()
    land(lake, "b-1", [1, 2])
    publish(lake, build(lake), FACTS)
    return lake


@pytest.fixture
def fenced(lake):
    with lake_package.connect(root=lake.root) as connection:
        fence(connection, lake)
        yield connection


@pytest.mark.parametrize(
    "table", ["gold.mart", "bronze.things", *(f"lake.{view}" for view in ("batches", "snapshots"))]
)
def test_behind_the_fence_the_lake_is_read(fenced, table):
    assert answer(fenced, f"from {table}")["rows"]


@pytest.mark.parametrize(
    "statement",
    [
        "set enable_external_access = true",
        "set memory_limit = '20GB'",
        "reset allowed_directories",
        "from read_text('/etc/hostname')",
        "from read_text('{lake}/snapshots/../listing.json')",
        "copy gold.mart to '/tmp/never.parquet'",
        "attach '/tmp/never.duckdb'",
        "load httpfs",
        "from somebody",
    ],
)
def test_behind_the_fence_nothing_else_is_reached(fenced, lake, statement):
    somebody = {"key": ["of somebody"]}
    assert somebody
    with pytest.raises(duckdb.Error):
        answer(fenced, statement.format(lake=lake.root))


def test_more_rows_than_are_shown_are_not_fetched(fenced):
    found = answer(fenced, "from range(1000000000000)")
    assert (len(found["rows"]), found["more"]) == (ROWS, True)


DEEP = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary() | st.decimals() | st.dates()
    | st.datetimes() | st.timedeltas() | st.uuids(),
    lambda inner: st.lists(inner) | st.tuples(inner) | st.dictionaries(st.text(), inner),
)  # fmt: skip


@pytest.mark.slow
@given(DEEP)
@settings(deadline=None)
def test_any_value_is_told_in_json(value):
    json.dumps(Shown().value(value), allow_nan=False)


def test_long_values_are_cut_and_it_is_said():
    shown = Shown()
    assert shown.value(LETTERS * "a") == LETTERS * "a"
    assert shown.value([datetime(2024, 5, 1, tzinfo=UTC), timedelta(1)]) == [
        "2024-05-01T00:00:00+00:00",
        "1 day, 0:00:00",
    ]
    assert shown.cut is False
    shown = Shown()
    assert shown.value((LETTERS + 1) * "a") == f"{LETTERS * 'a'}… (1,001 letters)"
    assert shown.cut
    for long in (list(range(ENTRIES + 1)), dict.fromkeys(range(ENTRIES + 1))):
        shown = Shown()
        assert len(shown.value(long)) == ENTRIES
        assert shown.cut


def answered(lake, query, monkeypatch):
    """Answer a query as the process does, in this one, which keeps its limits."""
    monkeypatch.setattr(bounded, "_limit", lambda: None)
    return bounded._answered(str(lake.root), query, None)


def test_the_process_answers_or_says_why_not(lake, monkeypatch):
    assert answered(lake, "from gold.mart", monkeypatch)["rows"] == [[3]]
    assert answered(lake, "pivot gold.mart on total using count(*)", monkeypatch)["rows"] == [[1]]
    assert answered(lake, "select 1; select 2", monkeypatch)["error"].startswith(
        "these are several statements"
    )
    assert "COPY is no query" in answered(lake, "copy gold.mart to 'x'", monkeypatch)["error"]
    assert "Binder Error" in answered(lake, "select nothing from gold.mart", monkeypatch)["error"]
    with monkeypatch.context() as patch:
        patch.setenv("LAKE_QUERY_SECONDS", "0.2")
        assert "too much time" in answered(lake, "select count(*) from range(1000000000000)", patch)["error"]

    def full(*_):
        raise MemoryError

    # Asked in earnest it would take all memory there is: only in a process of its own is there a limit to that.
    monkeypatch.setattr(bounded, "answer", full)
    assert "too much memory" in answered(lake, "select 1", monkeypatch)["error"]


@pytest.mark.parametrize("text", ["ten", "0", "-1", "nan", "inf", "1e400", "3601"])
def test_a_limit_of_time_that_is_none_is_named(lake, monkeypatch, text):
    monkeypatch.setenv("LAKE_QUERY_SECONDS", text)
    with pytest.raises(LakeError, match=f"^LAKE_QUERY_SECONDS is '{text}': say how many seconds"):
        ask(lake, "select 1")


@pytest.mark.slow
def test_what_hears_nothing_is_killed(lake, monkeypatch):
    """Nothing that DuckDB is told reaches it, for ten seconds and more."""
    monkeypatch.setenv("LAKE_QUERY_SECONDS", "0.2")
    monkeypatch.setattr(bounded, "_GRACE", 1)
    with pytest.raises(
        LakeError, match=r"too much time and was stopped \(0.2 seconds, 1 GB, nothing on disk\)"
    ):
        ask(lake, "select levenshtein(repeat('a', 1000000), repeat('b', 1000000))")


def test_a_process_that_is_killed_or_dies_is_told(lake, monkeypatch):
    def slow(command, **_):
        raise subprocess.TimeoutExpired(command, 1)

    monkeypatch.setattr(subprocess, "run", slow)
    with pytest.raises(LakeError, match="too much time and was stopped"):
        ask(lake, "select 1")
    monkeypatch.setattr(
        subprocess, "run", lambda command, **_: subprocess.CompletedProcess(command, -9, "", "")
    )
    with pytest.raises(LakeError, match="too much memory or time"):
        ask(lake, "select 1")
