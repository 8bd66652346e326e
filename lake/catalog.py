"""Reading the lake: views over the Parquet files of one pinned snapshot."""

from __future__ import annotations

import weakref
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from lake.about import about, comments
from lake.errors import NothingPublishedError
from lake.inventory import read_inventory
from lake.layout import LAYERS, Lake, locate
from lake.meaning import measure_script, read_meanings
from lake.names import find, place_of
from lake.pin import published_by
from lake.snapshots import Snapshot, current, take_hold
from lake.sql import name, quote

if TYPE_CHECKING:
    import duckdb


def _read(files: str, options: str) -> str:
    return f"select * from read_parquet({files}, {options})"


def _raw(files: str) -> str:
    """Return the query for a table of bronze."""
    # The hive columns are read as text: a batch called 2024-05 would else turn into a date. By name, and null
    # where a version is from before a column was added.
    options = "hive_partitioning = true, hive_types_autocast = false, union_by_name = true"
    return _read(files, options).replace("*", "* replace (cast(version as integer) as version)", 1)


def relation_sql(folder: Path) -> str:
    """Return the query that reads one built table of silver or gold with exact types and column order."""
    return _read(quote(f"{folder}/**/*.parquet"), "hive_partitioning = false")


def files_sql(files: Iterable[Path]) -> str:
    """Return the query that reads these files of one built table; there must be one."""
    return _read(f"[{', '.join(quote(str(file)) for file in files)}]", "hive_partitioning = false")


def relations(snapshot_path: Path) -> dict[str, dict[str, str]]:
    """Return `{layer: {table: query}}` for what a snapshot folder holds: what was published of it, if it was.

    Raises:
        DamagedError: the list of what was published cannot be read.
    """
    listed = read_inventory(snapshot_path)
    if listed is None:
        return _relations_by_folder(snapshot_path)
    tables: dict[tuple[str, ...], list[str]] = {}
    for path in listed:
        layer, *parts = path.split("/")
        # bronze/<source>/<table>/batch=…/version=…/<file> or bronze/<source>/<table>.parquet; <layer>/<table>/…
        table = parts[0] if layer != "bronze" else parts[1].removesuffix(".parquet")
        tables.setdefault((layer, table, str(len(parts))), []).append(quote(f"{snapshot_path}/{path}"))
    found: dict[str, dict[str, str]] = {layer: {} for layer in LAYERS}
    for (layer, table, _), files in sorted(tables.items()):
        sql = f"[{', '.join(files)}]"
        is_raw = layer == "bronze" and "/batch=" in files[0]
        found[layer][table] = _raw(sql) if is_raw else _read(sql, "hive_partitioning = false")
    return found


def _relations_by_folder(snapshot_path: Path) -> dict[str, dict[str, str]]:
    """Return the same of a snapshot that is being built, or is from before it was written down what it holds."""
    bronze = snapshot_path / "bronze"
    raw = {
        folder.name: _raw(quote(f"{folder}/*/*/*.parquet"))
        for folder in sorted(path for path in bronze.glob("*/*") if path.is_dir())
    }
    facts = {
        file.stem: _read(quote(str(file)), "hive_partitioning = false")
        for file in sorted(bronze.glob("*/*.parquet"))
    }
    built = {
        layer: {
            folder.name: relation_sql(folder)
            for folder in sorted((snapshot_path / layer).glob("*"))
            if any(folder.rglob("*.parquet"))
        }
        for layer in ("silver", "gold")
    }
    return {"bronze": raw | facts, **built}


def view_script(snapshot: Snapshot) -> str:
    """Return the SQL that creates the schemas, views and measures of one snapshot, for any DuckDB client.

    They say what they are (`comment on`), and the schema `lake` what else there is to know.
    """
    # The real path, never the link: a publish in the middle of a session must not mix two snapshots.
    real = replace(snapshot, path=snapshot.path.resolve())
    found, meanings = relations(real.path), read_meanings(real.path)
    lines = []
    for layer, tables in found.items():
        lines.append(f"create schema if not exists {layer}")
        lines += [f"create or replace view {layer}.{name(table)} as {sql}" for table, sql in tables.items()]
    lines += [*comments(found, meanings), *about(Lake(real.path.parents[1]), real, meanings)]
    # Six hundred statements that only say what something is called take half of the time so.
    script = ";\n".join(["set threads = 1", "begin", *lines]) + ";\n" + measure_script(meanings)
    return script + "commit;\nreset threads;\n"


def pinned(lake: Lake, name: str | None = None) -> Snapshot:
    """Return the snapshot to read: the one of this name (`lake.names.find`), else the published one.

    Raises:
        NothingPublishedError: nothing has been published yet.
        LakeError: there is no such snapshot, or it cannot be read.
    """
    snapshot = find(lake, name) if name else current(lake)
    if snapshot is None:
        raise NothingPublishedError(
            f"nothing is published in {lake.short(lake.root)} yet: {published_by(lake)}"
        )
    return snapshot


def connect(snapshot: str | None = None, *, root: Path | str | None = None) -> duckdb.DuckDBPyConnection:
    """Open an in-memory DuckDB with views `bronze.*`, `silver.*` and `gold.*` over one pinned snapshot.

    Each view and column says what it is, and views `lake.*` (tables, columns, measures, snapshots, batches, checks)
    tell what else there is to know.

    `snapshot` is any name of one (`lake.names.find`): an id, a tag, a branch, a time. Without, it is the published
    one, which is looked up once, now; what is published later needs a new connection. While the
    connection lives the snapshot is not collected. One connection must not be shared by threads: take a
    `.cursor()` per thread, and keep the connection as long as its cursors.

    Raises:
        NothingPublishedError: nothing has been published yet.
        GoneError, DamagedError: there is no such snapshot, or it cannot be read.
    """
    import duckdb

    held, hold = take_hold(*place_of(locate(root), snapshot))
    connection = duckdb.connect()
    # The lock ends with the connection object, whether it is closed or just forgotten.
    weakref.finalize(connection, hold.close)
    # Times in the lake are UTC or New York wall clock, without zone: the session's zone must not shift them.
    connection.execute("set timezone = 'UTC'")
    # Without the optimizer they take half of that again; a shell would tell of it.
    connection.execute("pragma disable_optimizer")
    connection.execute(view_script(held))
    connection.execute("pragma enable_optimizer")
    return connection
