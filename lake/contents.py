"""What the accepted versions put into a snapshot's bronze, and what is carried over from its parent."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lake.errors import DamagedError, LakeError
from lake.filesystem import link_file
from lake.inventory import digest, read_inventory
from lake.versions import Version

if TYPE_CHECKING:
    import pyarrow as pa


#: Rows that are held in memory when a file is written anew.
_ROWS = 122_880


def check_version(version: Version, *, whole: bool = False) -> None:
    """See whether a version's files are those that landed: by size, and as a `whole` by their hashes, too.

    Raises:
        DamagedError: one is not; the message names it and says what to do.
    """
    for path, landed in zip(version.files, version.record["files"], strict=True):
        if not path.exists():
            what = "is missing"
        elif (size := path.stat().st_size) != landed["bytes"]:
            what = f"has {size:,} bytes and landed with {landed['bytes']:,}"
        elif whole and digest(path) != landed.get("sha256", digest(path)):
            what = "is not what landed: its hash is another"
        else:
            continue
        raise DamagedError(f"{path} {what}; `make verify` says how to mend it. Nothing was built")


def link_accepted(
    versions: Iterable[Version],
    bronze: Path,
    schemas: Mapping[tuple[str, str], pa.Schema],
    parent: Path | None = None,
) -> None:
    """Hard-link the files of versions into a snapshot's bronze.

    A file from before a column came is written there with that column null, and one from when a column was of
    another type with that of now, so that every reader of a table finds the same columns in all its files: a
    reader takes the types of the first. The version itself stays as it landed. `schemas` gives the columns by
    (source, table), `parent` the bronze of the snapshot before, whose written files serve again.

    Raises:
        LakeError: a file holds what is no value of a column's type now.
    """
    for version in versions:
        check_version(version)
        place = Path(version.source, version.table, f"batch={version.batch}", f"version={version.number}")
        (bronze / place).mkdir(parents=True)
        schema = schemas.get((version.source, version.table))
        for file in version.files:
            target, before = bronze / place / file.name, parent and parent / place / file.name
            if schema is None or _is_like(file, schema):
                link_file(file, target)
            elif before and _is_of(before, file) and _is_like(before, schema):
                link_file(before, target)
            else:
                _write_whole(file, target, schema)


def _is_like(file: Path, schema: pa.Schema) -> bool:
    """Say whether a file has all columns of the table, each of its type."""
    import pyarrow.parquet as pq

    own = {field.name: field.type for field in pq.read_schema(file)}
    return all(own.get(field.name) == field.type for field in schema)


def _is_of(written: Path, file: Path) -> bool:
    """Say whether a file was written from this one: it has its time, to the nanosecond."""
    return written.exists() and written.stat().st_mtime_ns == file.stat().st_mtime_ns


def _write_whole(file: Path, target: Path, schema: pa.Schema) -> None:
    """Write a Parquet file with all columns of the table: what it lacks null, what else it has last.

    Raises:
        LakeError: it holds what is no value of a column's type.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    source = pq.ParquetFile(file)
    own = source.schema_arrow
    fields = [*schema, *(field for field in own if field.name not in schema.names)]
    with pq.ParquetWriter(target, pa.schema(fields), compression="zstd") as writer:
        for batch in source.iter_batches(_ROWS):
            found = {name: batch.column(name) for name in own.names}
            nulls = pa.nulls(batch.num_rows)
            try:
                columns = [found.get(field.name, nulls).cast(field.type) for field in fields]
            except pa.ArrowInvalid as error:
                raise LakeError(
                    f"{file} holds what is no value of its column's type now: {error}; change the type back, or "
                    f"remove {file.parent}, and `make run` lands the batch again"
                ) from error
            writer.write_batch(pa.record_batch(columns, schema=pa.schema(fields)))
    times = file.stat()
    os.utime(target, ns=(times.st_atime_ns, times.st_mtime_ns))


def write_versions(accepted: list[Version], known: Iterable[Version], path: Path) -> None:
    """Write the facts on every version known to bronze as the table `bronze.versions`."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = pa.schema(
        {
            "source": pa.string(),
            "table_name": pa.string(),
            "batch": pa.string(),
            "version": pa.int32(),
            "origin": pa.string(),
            "key": pa.string(),
            "content_hash": pa.string(),
            "rows_counted": pa.int64(),
            "rows_landed": pa.int64(),
            "landed_at": pa.timestamp("us"),
            "state": pa.string(),
            "state_by": pa.string(),
            "reason": pa.string(),
            "is_in_snapshot": pa.bool_(),
        }
    )
    newest = {(version.source, version.table, version.batch): version.number for version in accepted}
    rows = []
    for version in known:
        record, verdict = version.record, version.verdict or {}
        in_snapshot = newest.get((version.source, version.table, version.batch))
        superseded = version.state == "accepted" and in_snapshot is not None and version.number < in_snapshot
        rows.append(
            {
                "source": version.source,
                "table_name": version.table,
                "batch": version.batch,
                "version": version.number,
                "origin": record["origin"],
                "key": record["key"],
                "content_hash": record["content_hash"],
                "rows_counted": record["rows_counted"],
                "rows_landed": record["rows_landed"],
                "landed_at": datetime.fromisoformat(record["landed_at"]).replace(tzinfo=None),
                "state": "superseded" if superseded else version.state,
                "state_by": verdict.get("by"),
                "reason": verdict.get("reason"),
                "is_in_snapshot": version.number == in_snapshot,
            }
        )
    path.parent.mkdir(parents=True)
    pq.write_table(pa.Table.from_pylist(rows, schema=schema), path, compression="zstd")


def identities(accepted: Iterable[Version]) -> list[list[Any]]:
    """Return what identifies a set of accepted versions in a snapshot's facts.

    Each is `[source, table, batch, number, by, reason, content_hash, landed_at]`. The verdict belongs to it:
    a person's reason must reach the data even where the version was in already. So does the content: where
    the newest version's folder was removed by hand, the next landing gets its number.
    """
    return [
        [
            version.source,
            version.table,
            version.batch,
            version.number,
            verdict.get("by"),
            verdict.get("reason"),
            version.record["content_hash"],
            version.record["landed_at"],
        ]
        for version in accepted
        if (verdict := version.verdict or {})
    ]


def flatten(layer: Path) -> None:
    """Lay the files that dbt has written in partition folders beside each other, so that any tool reads them.

    `<table>/<column>=<value>/data_<n>.parquet` becomes `<table>/<column>-<value>.<n>.parquet`: the column
    stands in the files, and whoever takes the folder's name for a column as well has it twice; some tools do
    not look into folders at all. The schema file stays, as `data.parquet`, only where it is the one file of
    an empty table.
    """
    for table in sorted(layer.glob("*/")):
        for folder in sorted(table.glob("*=*/")):
            column, _, value = folder.name.partition("=")
            for number, file in enumerate(sorted(folder.iterdir())):
                file.rename(table / f"{column}-{value}.{number}.parquet")
            folder.rmdir()
        schema = table / "_schema.parquet"
        if partitions(table):
            schema.unlink(missing_ok=True)
        elif schema.exists():
            schema.rename(table / "data.parquet")


def partition_files(table: Path) -> dict[tuple[str, str], list[Path]]:
    """Return the files of a flat table by partition: `(column, value)`."""
    found: dict[tuple[str, str], list[Path]] = {}
    for file in sorted(table.glob("*-*.*.parquet")):
        column, _, rest = file.name.partition("-")
        found.setdefault((column, rest.rsplit(".", 2)[0]), []).append(file)
    return found


def partitions(table: Path) -> dict[str, list[str]]:
    """Return `{column: values}` of the partitions of a built table; empty for one that has none."""
    found: dict[str, list[str]] = {}
    for column, value in partition_files(table):
        found.setdefault(column, []).append(value)
    return found


def carry(parent: Path, layer: str, folder: Path, is_built: Callable[[str, str], bool]) -> dict[str, int]:
    """Hard-link the parent's partitions that are not built anew, and return how many of each table.

    `parent` is the folder of a published snapshot, `folder` that of the layer in the next. `is_built(column,
    value)` says whether this build writes the partition itself; such a one must not be linked, for a write
    into the link would change the parent. Whole tables are never carried: they are built from the partitions
    each time, and neither is what lies there and was not published.
    """
    carried = {}
    listed = read_inventory(parent)
    for table in sorted(path for path in (parent / layer).glob("*") if path.is_dir()):
        of = partition_files(table)
        kept = [
            [file for file in files if listed is None or file.relative_to(parent).as_posix() in listed]
            for partition, files in of.items()
            if not is_built(*partition)
        ]
        for file in (file for files in kept for file in files):
            (folder / table.name).mkdir(parents=True, exist_ok=True)
            link_file(file, folder / table.name / file.name)
        carried[table.name] = sum(map(bool, kept))
    return carried
