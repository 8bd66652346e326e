"""SQLMesh on the dbt project: build its tables, compare them with a snapshot's, trace columns to bronze."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bronze.landing import bronze_schemas
from lake.catalog import relations
from lake.layout import Lake
from lake.pin import built_by
from lake.snapshots import Snapshot
from orchestration.dbt import PROJECT, environment
from orchestration.mesh.parity import NOT_WRITTEN, Compared, compare

if TYPE_CHECKING:
    from sqlmesh import Context
    from sqlmesh.core.model import Model

# SQLMesh reads it when it is imported, by whoever is first: for a project of this size the processes it would load
# models in cost half as much again as they do.
os.environ.setdefault("MAX_FORK_WORKERS", "1")

_LOCKED = re.compile(r"Could not set lock on file.*\(PID (\d+)\)", re.DOTALL)
_FILES = re.compile(r"READ_PARQUET\('[^']*?/(\w+)/(\w+)(?:/\*|\.parquet)", re.IGNORECASE)
#: In the place of a column: the rows of a table, which are counted.
ROWS = "*"


class MeshError(Exception):
    """SQLMesh could not do it: what it said stands above, on its own console."""


class InUseError(MeshError):
    """Another process has SQLMesh's database open."""


@dataclass(frozen=True)
class Source:
    """A column that another is made from, or `<table>.*` where its rows are counted; and what that is made from."""

    column: str
    sources: tuple[Source, ...] = ()

    def lines(self, depth: int = 0) -> Iterator[str]:
        """Return the tree as lines, each level indented by two more spaces."""
        yield "  " * depth + self.column + (" (rows)" if self.column.endswith(f".{ROWS}") else "")
        for source in self.sources:
            yield from source.lines(depth + 1)


def database() -> Path:
    """Return where SQLMesh's database lies: tables and state, and never in the lake."""
    return Path(
        os.environ.get("LAKEHOUSE_SQLMESH_DB") or PROJECT / "target" / "lakehouse_sqlmesh.duckdb"
    ).absolute()


def _unopened(at: Path, error: Exception) -> MeshError:
    """Return the error of a database that cannot be opened, with what to do."""
    holder = _LOCKED.search(str(error))
    if holder is None:
        return MeshError(f"SQLMesh's database or what it reads cannot be opened: {error}")
    return InUseError(
        f"SQLMesh's database {at} is in use by process {holder[1]}, another `make sqlmesh`, `make parity` or sqlmesh: "
        "wait until it is through, and ask again"
    )


@contextmanager
def context(bronze: Path, at: Path, project: Path = PROJECT) -> Iterator[Context]:
    """Load the project in SQLMesh, on bronze to read and a database to write to.

    Raises:
        MeshError: another process has the database open, or the project does not load.
    """
    import duckdb
    from dbt.adapters.factory import reset_adapters
    from sqlmesh import Context
    from sqlmesh.utils.errors import SQLMeshError

    # One of a dbt command before in this process knows no packages, and SQLMesh would take it for its own.
    reset_adapters()
    at.parent.mkdir(parents=True, exist_ok=True)
    with environment(
        LAKEHOUSE_BRONZE=str(bronze), LAKEHOUSE_SQLMESH_DB=str(at), DBT_SEND_ANONYMOUS_USAGE_STATS="false"
    ):
        try:
            loaded = Context(paths=str(project))
        except duckdb.IOException as error:
            raise _unopened(at, error) from error
        except SQLMeshError as error:
            raise MeshError(f"SQLMesh cannot load the project: {error}") from error
        try:
            # It opens the database at the first question, not when it loads.
            yield loaded
        except duckdb.IOException as error:
            raise _unopened(at, error) from error
        finally:
            loaded.close()


def plan(loaded: Context, name: str = "prod", **options: Any) -> Any:
    """Plan and apply without a question, as `sqlmesh plan --auto-apply --no-prompts` does; return the plan.

    Raises:
        MeshError: a model could not be built or an audit failed. The environment is as it was before.
    """
    from sqlmesh.utils.errors import SQLMeshError

    try:
        return loaded.plan(name, no_prompts=True, auto_apply=True, **options)
    except SQLMeshError as error:
        raise MeshError(f"SQLMesh did not apply the plan, and {name} is as it was: {error}") from error


def bring_up_to_date(snapshot: Snapshot, at: Path) -> bool:
    """Let SQLMesh build what has changed since it last did, models or bronze; return whether it had to.

    Raises:
        MeshError: a model could not be built, an audit failed, or the snapshot is older than a table of bronze.
    """
    try:
        with context(snapshot.bronze.resolve(), at) as loaded:
            changed = bool(plan(loaded).has_changes)
            if changed:
                loaded.run_janitor(ignore_ttl=False)
            return changed
    except InUseError:
        raise
    except MeshError as error:
        # Asked after a failure alone: a table that no model reads yet is no reason for one.
        lacks = [
            f"bronze.{table}"
            for source, table in bronze_schemas()
            if not any((snapshot.bronze / source / table).rglob("*.parquet"))
        ]
        if not lacks:
            raise
        raise MeshError(f"{_too_old(snapshot, ', '.join(lacks))} ({error})") from error


def _too_old(snapshot: Snapshot, lacks: str) -> str:
    """Say of a snapshot what it is too old to have, and what to do."""
    how = built_by(Lake(snapshot.path.resolve().parents[1]))
    return f"snapshot {snapshot.id} has no {lacks}: it was built before there was one; {how}"


def parity(snapshot: Snapshot, at: Path, schema: str = "main") -> list[Compared]:
    """Compare every published model of a snapshot with SQLMesh's table of it.

    Raises:
        MeshError: another process has the database open.
    """
    import duckdb

    built = relations(snapshot.path.resolve())
    try:
        opened = duckdb.connect(str(at), read_only=True)
    except duckdb.IOException as error:
        raise _unopened(at, error) from error
    with opened as connection:
        compared = compare(connection, built["silver"] | built["gold"], schema)
    return [
        replace(one, differences=(*one.differences, _too_old(snapshot, one.model)))
        if one.differences == NOT_WRITTEN
        else one
        for one in compared
    ]


def lineage(loaded: Context, column: str) -> Source:
    """Return what a column, `<model>.<column>`, is made from, down to the columns of bronze.

    Of a count of rows, and of `<model>.*`, that are the rows of other tables.

    Raises:
        MeshError: there is no such model or column.
    """
    model, _, name = column.rpartition(".")
    known = loaded.get_model(f"main.{model}") if model else None
    if known is None or name not in (ROWS, *(known.columns_to_types or {})):
        raise MeshError(f"{column}: no such column of a model; write it as mart_demand_daily.trips")
    return Source(column, tuple(_sources(loaded, _parents(loaded, known, name))))


def _parents(loaded: Context, model: Model, name: str) -> dict[str, set[str]]:
    """Return the columns of other tables that a column is made from, and `*` where it counts a table's rows."""
    from sqlglot.optimizer import build_scope
    from sqlmesh.core.dialect import normalize_model_name
    from sqlmesh.core.lineage import column_dependencies
    from sqlmesh.core.lineage import lineage as traced

    columns = list(model.columns_to_types or {})
    found = {} if name == ROWS else column_dependencies(loaded, model.name, name)
    root = traced(columns[0] if name == ROWS else name, model, trim_selects=False)
    scopes = {id(scope.expression): scope for scope in build_scope(root.source).traverse()}
    if name == ROWS:
        counted = [scopes[id(root.source)]]
    else:
        # SQLMesh follows columns, and `count(*)` names none.
        counted = [scopes[id(node.source)] for node in root.walk() if _counts_rows(node.expression)]
    for table in {id(one): one for scope in counted for one in _rows_of(scope)}.values():
        parent = normalize_model_name(table, default_catalog=loaded.default_catalog, dialect=model.dialect)
        found.setdefault(parent, set()).add(ROWS)
    return found


def _counts_rows(expression: Any) -> bool:
    """Say whether what is selected counts rows, and not only those in which a column is not null."""
    from sqlglot import exp
    from sqlglot.optimizer.scope import find_all_in_scope

    if isinstance(expression, exp.Table | exp.Query):
        return False
    return any(one.find(exp.Column) is None for one in find_all_in_scope(expression, exp.Count))


def _rows_of(scope: Any) -> Iterator[Any]:
    """Yield the tables whose rows a query returns or counts. A left join on a key, as models have it, adds no rows."""
    from sqlglot import exp

    for part in scope.union_scopes:
        yield from _rows_of(part)
    joined = {one.alias_or_name for one in scope.expression.args.get("joins") or () if one.side == "LEFT"}
    for alias, (_, source) in scope.selected_sources.items():
        if alias in joined:
            continue
        if isinstance(source, exp.Table):
            yield source
        else:
            yield from _rows_of(source)


def _sources(loaded: Context, parents: dict[str, set[str]]) -> Iterator[Source]:
    for parent, columns in sorted(parents.items()):
        files = _FILES.match(parent)
        for column in sorted(columns):
            if files:
                yield Source(f"bronze {files[1]}.{files[2]}.{column}")
            else:
                yield lineage(loaded, f"{parent.rpartition('.')[2].strip(chr(34))}.{column}")
