"""A pool of hostile values for each letter, as files that both engines read."""

from __future__ import annotations

import functools
from hashlib import md5
from pathlib import Path

import duckdb
import pytest
from sqlglot import exp, parse_one

from lake.compare import columns_of
from orchestration.elsewhere.compiled import Model, typed
from tests.orchestration.elsewhere.pools import POOLS


@pytest.fixture(scope="session")
def pools(tmp_path_factory):
    """Return a DuckDB with the pools as views, and their files by name."""
    folder = tmp_path_factory.mktemp("pools")
    connection = duckdb.connect()
    connection.execute("set timezone = 'UTC'")
    files = {}
    for letter, (kind, values) in POOLS.items():
        name = f"pool_{letter}"
        files[name] = folder / f"{name}.parquet"
        rows = [
            (number, 0 if value is None else 1 + number % 2, value) for number, value in enumerate(values, 1)
        ]
        connection.execute(f"create table made (r bigint, g bigint, {letter} {kind})")
        connection.executemany("insert into made values (?, ?, ?)", rows)
        connection.execute(f"copy made to '{files[name]}' (format parquet)")
        connection.execute("drop table made")
        connection.execute(f"create view {name} as from '{files[name]}'")
    return connection, files


@pytest.fixture(scope="session")
def ask(pools, tmp_path_factory):
    """Return what makes a query of a case, with its names and types resolved, and the files that it reads."""
    connection, files = pools
    folder = tmp_path_factory.mktemp("asked")

    @functools.cache
    def asked(case: str) -> tuple[Model, dict[str, Path]]:
        sql, read = case, files
        if not case.startswith(("select", "with")):
            told, _, where = case.partition(" where ")
            answers = [f"{one} as told_{number}" for number, one in enumerate(told.split("; "))]
            tree = parse_one(f"select {', '.join(answers)}", read="duckdb")
            letters = sorted({one.name for one in tree.find_all(exp.Column)} & POOLS.keys()) or ["b"]
            of = " cross join ".join(
                f"(select {letter} from pool_{letter}) as of_{letter}" for letter in letters
            )
            name = f"asked_{md5(case.encode()).hexdigest()}"
            file = folder / f"{name}.parquet"
            kept = f"select {', '.join(letters)} from {of} where {where or 'true'}"
            connection.execute(f"copy ({kept}) to '{file}' (format parquet)")
            connection.execute(f"create view {name} as from '{file}'")
            sql, read = f"select {', '.join([*letters, *answers])} from {name}", {name: file}
        sources = {name: columns_of(connection, f"from {name}") for name in read}
        [model] = typed([Model("case_", "tests", sql)], sources)
        return model, read

    return asked
