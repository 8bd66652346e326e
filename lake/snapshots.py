"""Snapshots: begin one, publish it by one rename, list what there is.

A snapshot is a folder `snapshots/<id>/{bronze,silver,gold}/` with its facts beside them: in `building.json`
while it is being built, in `snapshot.json` once it is complete. `current` links to the published one.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lake.files import exclusive_lock, read_json, swap_link, sync_folder, sync_tree, utc_now, write_json
from lake.layout import LAYERS, Lake, LakeError
from lake.versions import Version, in_force

if TYPE_CHECKING:
    import pyarrow as pa

#: The bronze partition that is always there: no rows, the right columns, so that a glob never fails.
EMPTY_BATCH = "_none"

_FACTS = {"parent", "completed_at", "accepted", "origin", "rows"}
_LINKS = {"accepted": "current/bronze", "silver": "current/silver", "gold": "current/gold"}


@dataclass(frozen=True)
class Snapshot:
    """One state of the lake. `facts` is what its JSON file says: parent, accepted versions and more."""

    id: str
    path: Path
    parent: str | None
    facts: dict[str, Any]

    @property
    def bronze(self) -> Path:
        """Hard links to the accepted versions."""
        return self.path / "bronze"


def current_id(lake: Lake) -> str | None:
    """Return the id of the published snapshot, or None."""
    try:
        return lake.current.readlink().name
    except FileNotFoundError:
        return None


def load(lake: Lake, snapshot_id: str) -> Snapshot:
    """Read a complete snapshot.

    Raises:
        LakeError: there is no complete snapshot of that id.
    """
    path = lake.snapshots / snapshot_id
    if not (path / "snapshot.json").exists():
        known = ", ".join(snapshot.id for snapshot in list_snapshots(lake)) or "none"
        raise LakeError(f"no snapshot {snapshot_id} in {lake.short(lake.snapshots)} (there are: {known})")
    facts = read_json(path / "snapshot.json")
    if not isinstance(facts, dict) or not facts.keys() >= _FACTS:
        raise LakeError(f"{path / 'snapshot.json'} is damaged; `make run` builds a new snapshot from bronze")
    return Snapshot(snapshot_id, path, facts["parent"], facts)


def current(lake: Lake) -> Snapshot | None:
    """Return the published snapshot, or None while nothing has been published."""
    snapshot_id = current_id(lake)
    return load(lake, snapshot_id) if snapshot_id else None


def list_snapshots(lake: Lake) -> list[Snapshot]:
    """Return the complete snapshots that can be read, newest first."""
    found = []
    for path in sorted(lake.snapshots.glob("*/snapshot.json"), reverse=True):
        with contextlib.suppress(LakeError):  # a damaged one is no snapshot; reading it by name says so
            found.append(load(lake, path.parent.name))
    return found


def _link_accepted(versions: Iterable[Version], bronze: Path) -> None:
    for version in versions:
        target = bronze / version.source / version.table / f"batch={version.batch}/version={version.number}"
        target.mkdir(parents=True)
        for file in version.files:
            os.link(file, target / file.name)


def _write_versions(accepted: list[Version], known: Iterable[Version], path: Path) -> None:
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

    The verdict belongs to it: a person's reason must reach the data even where the version was in already.
    """
    return [
        [
            version.source,
            version.table,
            version.batch,
            version.number,
            verdict.get("by"),
            verdict.get("reason"),
        ]
        for version in accepted
        if (verdict := version.verdict or {})
    ]


def begin(
    lake: Lake,
    known: list[Version],
    schemas: Mapping[tuple[str, str], pa.Schema],
    facts: Mapping[str, Any] | None = None,
) -> Snapshot:
    """Begin a snapshot on the published one: its bronze is complete, silver and gold are still empty.

    `known` are the versions to choose from; the newest accepted one of each batch goes in. `schemas` gives,
    for each (source, table), the columns of bronze, so that a table without any accepted batch still exists.
    `facts` are kept with the snapshot.
    """
    import pyarrow.parquet as pq

    # To the microsecond: ids sort in the order of their beginnings, and two builders get two folders.
    path = lake.snapshots / datetime.now(UTC).strftime("%Y%m%d-%H%M%S-%f")
    for layer in LAYERS:
        (path / layer).mkdir(parents=True)
    accepted = in_force(known)
    _link_accepted(accepted, path / "bronze")
    for (source, table), schema in schemas.items():
        empty = path / "bronze" / source / table / f"batch={EMPTY_BATCH}" / "version=0"
        empty.mkdir(parents=True)
        pq.write_table(schema.empty_table(), empty / "_schema.parquet")
    _write_versions(accepted, known, path / "bronze" / "lake" / "versions.parquet")
    parent = current_id(lake)
    begun = {"id": path.name, "parent": parent, "accepted": identities(accepted), **(facts or {})}
    write_json(path / "building.json", begun)
    return Snapshot(path.name, path, parent, begun)


def publish(lake: Lake, snapshot: Snapshot, facts: dict[str, Any]) -> Snapshot:
    """Complete a snapshot with further facts and make it the published one by one rename.

    Raises:
        LakeError: another snapshot was published since this one was begun. Nothing is changed then.
    """
    content = {**snapshot.facts, "completed_at": utc_now(), **facts}
    for name, target in _LINKS.items():
        if not (lake.root / name).is_symlink():
            swap_link(lake.root / name, target)
    sync_tree(snapshot.path)
    with exclusive_lock(lake.work / "publish.lock", "another process is publishing; run again"):
        now = current_id(lake)
        if now != snapshot.parent:
            raise LakeError(
                f"snapshot {snapshot.id} was built on {snapshot.parent}, but {now} has been published since; "
                "run again to build on that one"
            )
        write_json(snapshot.path / "snapshot.json", content)
        sync_folder(lake.snapshots)
        swap_link(lake.current, f"snapshots/{snapshot.id}")
    (snapshot.path / "building.json").unlink(missing_ok=True)
    return Snapshot(snapshot.id, snapshot.path, snapshot.parent, content)


def discard(lake: Lake, snapshot: Snapshot) -> None:
    """Remove a snapshot that was not published; the published one is left alone."""
    if current_id(lake) != snapshot.id:
        shutil.rmtree(snapshot.path, ignore_errors=True)


def clear_unfinished(lake: Lake) -> list[str]:
    """Remove what killed builds left behind, and return the ids. Call it only while no build is going on."""
    shutil.rmtree(lake.work / "build", ignore_errors=True)
    left = [path for path in lake.snapshots.glob("*") if not (path / "snapshot.json").exists()]
    for path in left:
        shutil.rmtree(path)
    return [path.name for path in left]
