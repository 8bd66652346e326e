"""Whole runs on small upstreams, shared by the tests that look at what a run leaves behind."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pytest
from rich.console import Console

from bronze.sample.server import Endpoints, serve
from lake import Lake, locate
from orchestration.run import Outcome, close, run
from orchestration.terminal import Terminal


def go(lake: Lake | None = None, **options: bool) -> tuple[Outcome, str]:
    """Run the pipeline as `make run` does; return the outcome and what the terminal showed."""
    lake = lake or locate()
    shown = io.StringIO()
    terminal = Terminal(Console(file=shown, width=200, highlight=False, soft_wrap=True))
    with terminal:
        outcome = run(lake, terminal, **options)
    close(lake, outcome, terminal)
    return outcome, shown.getvalue()


@contextmanager
def upstream(folder: Path, months: str, cities: str = '["jc"]') -> Iterator[Endpoints]:
    """Serve a folder and point the configuration at it for the time of the block."""
    with serve(folder) as endpoints, pytest.MonkeyPatch.context() as patch:
        for name, url in endpoints.environment.items():
            patch.setenv(name, url)
        patch.setenv("SOURCES__CITIBIKE__CITIES", cities)
        patch.setenv("SOURCES__MONTHS", months)
        yield endpoints


#: Columns that say when something happened, and so differ between lakes that hold the same.
MOMENTS = {"bronze.versions": ["landed_at"]}


def tables(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """Return every table of a connected lake as `<layer>.<table>`."""
    query = "select schema_name || '.' || view_name from duckdb_views() where not internal order by all"
    return [name for (name,) in connection.sql(query).fetchall()]


def differences(one: duckdb.DuckDBPyConnection, other: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """Return the tables of two connected snapshots that differ, with the number of differing rows.

    A table that only one of them has counts as differing by -1 rows, one with other columns by -2.
    """
    found = dict.fromkeys(set(tables(one)) ^ set(tables(other)), -1)
    for name in sorted(set(tables(one)) & set(tables(other))):
        left_out = f" exclude ({', '.join(MOMENTS[name])})" if name in MOMENTS else ""
        mine, theirs = (side.sql(f"select *{left_out} from {name}").to_arrow_table() for side in (one, other))
        if mine.schema != theirs.schema:
            found[name] = -2
            continue
        with duckdb.connect() as connection:
            connection.register("mine", mine)
            connection.register("theirs", theirs)
            query = (
                "select count(*) from ((from mine except all from theirs) union all "
                "(from theirs except all from mine))"
            )
            [(rows,)] = connection.sql(query).fetchall()
        if rows:
            found[name] = rows
    return found
