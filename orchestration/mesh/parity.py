"""Are SQLMesh's tables the ones that dbt wrote? The same columns, in order, the same types, the same rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import duckdb

#: Models that only the build uses; dbt writes no files of them.
WORK = ("stg_", "int_")
#: Rows shown of those that only one of the two has.
SHOWN = 3


@dataclass(frozen=True)
class Compared:
    """One model on both sides: its rows in dbt's files, and a line for everything in which they differ."""

    model: str
    rows: int
    differences: tuple[str, ...] = ()


def compare(
    connection: duckdb.DuckDBPyConnection, written: Mapping[str, str], schema: str = "main"
) -> list[Compared]:
    """Compare dbt's files with the tables of SQLMesh's database, and return every model with what differs.

    `connection` is one to SQLMesh's database, `written` the query that reads dbt's files by model, and
    `schema` that of SQLMesh's environment: `main`, or `main__dev` for one called dev. Rows are compared as
    bags: one that comes twice on one side must come twice on the other.
    """
    found = connection.execute(
        "select table_name from information_schema.tables "
        "where table_schema = ? and table_catalog = current_catalog()",
        [schema],
    ).fetchall()
    built = {name for (name,) in found}
    published = {name for name in built if not name.startswith(WORK)}
    return [
        _compare_one(
            connection, model, written.get(model), f'"{schema}"."{model}"' if model in built else None
        )
        for model in sorted(published | set(written))
    ]


def _compare_one(
    connection: duckdb.DuckDBPyConnection, model: str, written: str | None, table: str | None
) -> Compared:
    if written is None:
        return Compared(model, 0, ("dbt has not written it, SQLMesh has it",))
    rows = _count(connection, written)
    if table is None:
        return Compared(model, rows, ("SQLMesh does not have it, dbt has written it",))
    built = f"from {table}"
    if said := _columns_differ(_columns(connection, written), _columns(connection, built)):
        return Compared(model, rows, said)
    return Compared(
        model,
        rows,
        (
            *_rows_differ(connection, "dbt", written, built),
            *_rows_differ(connection, "SQLMesh", built, written),
        ),
    )


def _count(connection: duckdb.DuckDBPyConnection, query: str) -> int:
    [(rows,)] = connection.execute(f"select count(*) from ({query})").fetchall()
    return int(rows)


def _columns(connection: duckdb.DuckDBPyConnection, query: str) -> list[tuple[str, str]]:
    return [(name, kind) for name, kind, *_ in connection.execute(f"describe ({query})").fetchall()]


def _columns_differ(dbt: list[tuple[str, str]], mesh: list[tuple[str, str]]) -> tuple[str, ...]:
    types, others = dict(dbt), dict(mesh)
    said = [f"column {name}: only dbt has it" for name in types if name not in others]
    said += [f"column {name}: only SQLMesh has it" for name in others if name not in types]
    said += [
        f"column {name}: {types[name]} in dbt, {others[name]} in SQLMesh"
        for name in types
        if name in others and types[name] != others[name]
    ]
    if not said and dbt != mesh:
        said = [f"order of columns: {', '.join(types)} in dbt, {', '.join(others)} in SQLMesh"]
    return tuple(said)


def _rows_differ(connection: duckdb.DuckDBPyConnection, side: str, one: str, other: str) -> tuple[str, ...]:
    """Return a line with the number of rows that only `one` has, and a line for each of the first few."""
    only = f"(({one}) except all ({other}))"
    number = _count(connection, f"from {only}")
    if not number:
        return ()
    answer = connection.execute(f"from {only} order by all limit {SHOWN}")
    names = [name for name, *_ in answer.description or ()]
    shown = [
        ", ".join(f"{name}={value}" for name, value in zip(names, row, strict=True))
        for row in answer.fetchall()
    ]
    return (f"{number:,} rows only in {side}", *(f"  {side}: {row}" for row in shown))
