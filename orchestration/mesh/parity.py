"""Are SQLMesh's tables the ones that dbt wrote? The same columns, in order, the same types, the same rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lake.compare import Change, Rows, columns_of, compare_columns, compare_rows, count
from lake.words import many

if TYPE_CHECKING:
    import duckdb

#: Models that only the build uses; dbt writes no files of them.
WORK = ("stg_", "int_")
#: What is said of a table in the place of the view by which SQLMesh serves a model. SQLMesh takes no notice of it.
REPLACED = (
    "not SQLMesh's: dbt under the target sqlmesh has put a table in the place of its view; remove SQLMesh's database, and "
    "`make sqlmesh` builds it anew"
)
#: What differs of a model that dbt has written no files of.
NOT_WRITTEN = ("dbt has not written it, SQLMesh has it",)


@dataclass(frozen=True)
class Compared:
    """One model on both sides: its rows in dbt's files, and a line for everything in which they differ."""

    model: str
    rows: int
    differences: tuple[str, ...] = ()


@dataclass(frozen=True)
class Parity:
    """All models, and the snapshot that SQLMesh's tables were compared with."""

    snapshot: str
    models: list[Compared]


def compare(
    connection: duckdb.DuckDBPyConnection, written: Mapping[str, str], schema: str = "main"
) -> list[Compared]:
    """Compare dbt's files with the tables of SQLMesh's database, and return every model with what differs.

    `connection` is one to SQLMesh's database, `written` the query that reads dbt's files by model, and
    `schema` that of SQLMesh's environment: `main`, or `main__dev` for one called dev. Rows are compared as
    bags: one that comes twice on one side must come twice on the other.
    """
    kinds = dict(
        connection.execute(
            "select table_name, table_type from information_schema.tables "
            "where table_schema = ? and table_catalog = current_catalog()",
            [schema],
        ).fetchall()
    )
    built = {name for name, kind in kinds.items() if kind == "VIEW"}
    replaced = {name for name in kinds.keys() - built if name in written}
    published = {name for name in built if not name.startswith(WORK)}
    return [
        Compared(model, count(connection, written[model]), (REPLACED,))
        if model in replaced
        else _compare_one(
            connection, model, written.get(model), f'"{schema}"."{model}"' if model in built else None
        )
        for model in sorted(published | set(written))
    ]


def _compare_one(
    connection: duckdb.DuckDBPyConnection, model: str, written: str | None, table: str | None
) -> Compared:
    if written is None:
        return Compared(model, 0, NOT_WRITTEN)
    rows = count(connection, written)
    if table is None:
        return Compared(model, rows, ("SQLMesh does not have it, dbt has written it",))
    built = f"from {table}"
    dbt, mesh = columns_of(connection, written), columns_of(connection, built)
    if said := _columns_differ(dbt, mesh):
        return Compared(model, rows, said)
    found = compare_rows(connection, written, built, list(dbt))
    return Compared(
        model,
        rows,
        (
            *_rows_differ("dbt", found.gone, found, "gone"),
            *_rows_differ("SQLMesh", found.added, found, "added"),
        ),
    )


def _columns_differ(dbt: dict[str, str], mesh: dict[str, str]) -> tuple[str, ...]:
    said = [
        f"column {one.name}: only {'dbt' if one.after is None else 'SQLMesh'} has it"
        if one.before is None or one.after is None
        else f"column {one.name}: {one.before} in dbt, {one.after} in SQLMesh"
        for one in compare_columns(dbt, mesh)
    ]
    if not said and list(dbt) != list(mesh):
        said = [f"order of columns: {', '.join(dbt)} in dbt, {', '.join(mesh)} in SQLMesh"]
    return tuple(said)


def _rows_differ(side: str, number: int, found: Rows, change: Change) -> tuple[str, ...]:
    """Return a line with the number of rows that only one side has, and a line for each of the first few."""
    if not number:
        return ()
    shown = (f"  {side}: {one.told()}" for one in found.sample if one.change == change)
    return (f"{many(number, 'row')} only in {side}", *shown)
