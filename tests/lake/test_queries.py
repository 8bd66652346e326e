"""`make sql` answers queries: nothing is written, and no file outside the lake is read."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys

import duckdb
import pytest

from lake import LakeError, locate
from lake.queries import ACTING, check_query
from lake.snapshots import publish
from tests.lake.rows import land
from tests.lake.test_snapshots import FACTS, build
from tests.lake.test_status import run_lake

READING = [
    "select 1",
    "from gold.mart",
    "with a as (select 1) from a",
    "values (1)",
    "(select 1) union (select 2)",
    "show all tables",
    "describe gold.mart",
    "summarize gold.mart",
    "pivot (select 1 as a, 2 as b) on a using sum(b)",
    "explain select 1",
    "EXPLAIN ANALYZE from gold.mart",
    "explain (format json) select 1",
    "explain (analyze, format json) select 1",
    "explain (select 1)",
    "select 'from enable_logging()' as query, (1) as checkpoint",
    "/* copy x to 'y' */ select ';', 1; -- copy\nselect 2;",
]
WRITING = [
    "copy gold.mart to '{lake}/current/gold/mart/x.parquet'",
    "select 1; copy gold.mart to '{lake}/x.parquet'",
    "explain analyze copy gold.mart to '{lake}/x.parquet'",
    "explain /* a */ analyze -- b\n copy gold.mart to '{lake}/x.parquet'",
    "explain (analyze) copy gold.mart to '{lake}/x.parquet'",
    "explain analyze (copy gold.mart to '{lake}/x.parquet')",
    "prepare p as copy gold.mart to '{lake}/x.parquet'; execute p",
    "attach '{lake}/x.duckdb'",
    "export database '{lake}/x'",
    "create table t as select 1",
    "create view v as select 1",
    "insert into gold.mart values (1)",
    "set profile_output = '{lake}/x'",
    "pragma enable_profiling",
    "call checkpoint()",
    "install httpfs",
    "load httpfs",
    "use gold",
    ".shell touch {lake}/x",
    "select 1;\n.output {lake}/x",
    "",
    "-- nothing",
    "from enable_logging('QueryLog', storage='file', storage_path='{lake}/x')",
    "select 1 from (from \"Enable_Logging\" /* a */ ('QueryLog', storage='file', storage_path='{lake}/x'))",
    "explain analyze from enable_logging('QueryLog', storage='file', storage_path='{lake}/x')",
    "pivot (from enable_logging('QueryLog', storage='file', storage_path='{lake}/x')) on a",
    "from query('from enable_' || 'logging(''QueryLog'', storage=''file'', storage_path=''{lake}/x'')')",
    "from query_table(['gold.mart'])",
    "from json_execute_serialized_sql('{{}}')",
    "from system.main.force_checkpoint('memory')",
    "from truncate_duckdb_logs()",
    "from arrow_scan(1, 2, 3)",
    "select 'é🚲', 1 from enable_logging /* /* nested */ */ (storage_path='{lake}/x')",
]


#: Functions of DuckDB that make rows and do nothing else.
ONLY_READING = r"""
    duckdb_\w+|pragma_\w+|parquet_\w+|read_(blob|csv|json|ndjson|parquet|text)\w*|sniff_csv|glob|range|generate_series
    |unnest|repeat|repeat_row|summary|json_each|json_tree|which_secret|icu_calendar_names|pg_timezone_names
    |test_all_types|test_vector_types|sql_auto_complete|check_peg_parser
"""


def test_each_function_of_duckdb_is_known_to_read_or_is_refused():
    with duckdb.connect() as connection:
        found = connection.sql(
            "select distinct function_name from duckdb_functions() where function_type = 'table'"
        )
        names = {name for (name,) in found.fetchall()}
    reads = re.compile(ONLY_READING, re.VERBOSE)
    assert [
        name for name in sorted(names) if bool(reads.fullmatch(name)) == bool(ACTING.fullmatch(name))
    ] == []


@pytest.fixture
def published():
    lake = locate()
    land(lake, "b-1", [4, 5])
    publish(lake, build(lake), FACTS)
    return lake


@pytest.mark.parametrize("query", READING)
def test_what_reads_passes(query):
    check_query(query)


@pytest.mark.parametrize("query", WRITING)
def test_anything_else_is_refused_before_a_shell_starts(query):
    with pytest.raises(LakeError):
        check_query(query.format(lake="/nowhere"))


def asked(query, how):
    """Ask `lake sql`, with the query as an argument or piped in."""
    if how == "argument":
        return run_lake("sql", "--query", query)
    command = [sys.executable, "-m", "lake", "sql"]
    return subprocess.run(command, input=query, capture_output=True, text=True, check=False)


def files(lake):
    return {path: path.lstat().st_mtime_ns for path in lake.root.rglob("*") if lake.work not in path.parents}


@pytest.mark.parametrize("how", ["argument", "pipe"])
def test_a_query_is_answered_and_a_write_is_not(published, how):
    before = files(published)
    answer = asked("pivot gold.mart on total using sum(total)", how)
    assert answer.returncode == 0, answer.stderr
    assert "9" in answer.stdout
    answer = asked(f"copy gold.mart to '{published.root}/x.parquet'", how)
    assert answer.returncode == 2
    assert "COPY is no query" in answer.stderr
    assert files(published) == before


@pytest.mark.parametrize(
    "query",
    [
        "from read_text('{outside}')",
        "from read_text('{lake}/../outside.csv')",
        "from read_csv('{outside}')",
        "from '{outside}'",
        "from glob('{outside}*')",
        "select getenv('HOME')",
    ],
)
def test_no_file_outside_the_lake_is_read(published, query):
    outside = published.root.parent / "outside.csv"
    outside.write_text("key = 'k3y-of-somebody'\n")
    query = query.format(outside=outside, lake=published.root)
    answer = asked(query, "argument")
    assert answer.returncode != 0
    assert "disabled" in answer.stderr
    assert "k3y" not in answer.stdout


def test_files_of_the_lake_are_read_by_their_names(published):
    for name in (published.root / "current" / "gold", published.root.resolve() / "gold"):
        assert "9" in asked(f"select total from read_parquet('{name}/**/*.parquet')", "argument").stdout


def at_a_terminal(lines):
    """Type into the shell that a person gets, and return what it shows."""
    mine, its = pty.openpty()
    environment = {
        **os.environ,
        "TERM": "dumb",
    }  # else its line editor throws away what is typed before it is up
    try:
        os.write(mine, "".join(f"{line}\n" for line in [*lines, ".quit"]).encode())
        done = subprocess.run(
            [sys.executable, "-m", "lake", "sql"],
            stdin=its, capture_output=True, text=True, env=environment, timeout=60, check=False,
        )  # fmt: skip
    finally:
        os.close(its)
        os.close(mine)
    return done.stdout + done.stderr


def test_the_shell_at_a_terminal_reaches_nothing_outside_the_lake(published, tmp_path):
    outside = tmp_path / "outside"
    said = at_a_terminal(
        [
            "select total * 111 from gold.mart;",
            f".shell touch {outside}",
            f".output {outside}",
            f"copy gold.mart to '{outside}';",
            f"attach '{outside}';",
            "set enable_external_access = true;",
            f"copy gold.mart to '{outside}';",
        ]
    )
    assert "999" in said
    assert not outside.exists()
