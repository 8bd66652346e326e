"""Reading the lake: views over the Parquet files of one pinned snapshot."""

from __future__ import annotations

import weakref
from pathlib import Path
from typing import TYPE_CHECKING

from lake.errors import NothingPublishedError
from lake.layout import Lake, locate
from lake.snapshots import Snapshot, current, load, take_hold

if TYPE_CHECKING:
    import duckdb


def quote(text: str) -> str:
    """Return `text` as an SQL string literal."""
    return "'" + text.replace("'", "''") + "'"


def _bronze_relations(bronze: Path) -> dict[str, str]:
    relations = {}
    for folder in sorted(path for path in bronze.glob("*/*") if path.is_dir()):
        # The hive columns are read as text: a batch called 2024-05 would else turn into a date.
        relations[folder.name] = (
            f"select * replace (cast(version as integer) as version) "
            f"from read_parquet({quote(f'{folder}/*/*/*.parquet')}, "
            # By name, and null where a version is from before a column was added.
            "hive_partitioning = true, hive_types_autocast = false, union_by_name = true)"
        )
    for file in sorted(bronze.glob("*/*.parquet")):
        relations[file.stem] = f"select * from read_parquet({quote(str(file))})"
    return relations


def relation_sql(folder: Path) -> str:
    """Return the query that reads one built table of silver or gold with exact types and column order."""
    return f"select * from read_parquet({quote(f'{folder}/**/*.parquet')}, hive_partitioning = false)"


def relations(snapshot_path: Path) -> dict[str, dict[str, str]]:
    """Return `{layer: {table: query}}` for what a snapshot folder holds."""
    built = {
        layer: {
            folder.name: relation_sql(folder)
            for folder in sorted((snapshot_path / layer).glob("*"))
            if any(folder.rglob("*.parquet"))
        }
        for layer in ("silver", "gold")
    }
    return {"bronze": _bronze_relations(snapshot_path / "bronze"), **built}


def view_script(snapshot: Snapshot) -> str:
    """Return the SQL that creates the schemas and views of one snapshot, for any DuckDB client."""
    lines = []
    # The real path, never the link: a publish in the middle of a session must not mix two snapshots.
    for layer, tables in relations(snapshot.path.resolve()).items():
        lines.append(f"create schema if not exists {layer};")
        lines += [f'create or replace view {layer}."{table}" as {sql};' for table, sql in tables.items()]
    return "\n".join(lines) + "\n"


def pinned(lake: Lake, snapshot_id: str | None = None) -> Snapshot:
    """Return the snapshot to read: the given one, else the published one.

    Raises:
        NothingPublishedError: nothing has been published yet.
        GoneError, DamagedError: there is no such snapshot, or it cannot be read.
    """
    snapshot = load(lake, snapshot_id) if snapshot_id else current(lake)
    if snapshot is None:
        raise NothingPublishedError(
            f"nothing is published in {lake.short(lake.root)} yet: run `make run` first"
        )
    return snapshot


def connect(snapshot_id: str | None = None, *, root: Path | str | None = None) -> duckdb.DuckDBPyConnection:
    """Open an in-memory DuckDB with views `bronze.*`, `silver.*` and `gold.*` over one pinned snapshot.

    The published snapshot is looked up once, now; what is published later needs a new connection. While the
    connection lives the snapshot is not collected. One connection must not be shared by threads: take a
    `.cursor()` per thread, and keep the connection as long as its cursors.

    Raises:
        NothingPublishedError: nothing has been published yet.
        GoneError, DamagedError: there is no such snapshot, or it cannot be read.
    """
    import duckdb

    snapshot, hold = take_hold(locate(root), snapshot_id)
    connection = duckdb.connect()
    # The lock ends with the connection object, whether it is closed or just forgotten.
    weakref.finalize(connection, hold.close)
    # Times in the lake are UTC or New York wall clock, without zone: the session's zone must not shift them.
    connection.execute("set timezone = 'UTC'")
    connection.execute(view_script(snapshot))
    return connection
