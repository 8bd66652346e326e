"""Snapshots: begin one, publish it by one rename, list what there is.

A snapshot is a folder `snapshots/<id>/{bronze,silver,gold}/` with its facts beside them: in `building.json`
while it is being built, in `snapshot.json` once it is complete. `current` links to the published one.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import NoneType
from typing import TYPE_CHECKING, Any, BinaryIO

from lake.contents import carry, identities, link_accepted, write_versions
from lake.errors import (
    DamagedError,
    DecidedError,
    GoneError,
    LakeError,
    NothingPublishedError,
    OvertakenError,
    PinnedError,
)
from lake.faults import reach
from lake.files import read_json, swap_link, sync_folder, sync_tree, utc_now, write_json
from lake.filesystem import check_link
from lake.holds import hold
from lake.ids import TRASH, next_id
from lake.inventory import check_inventory, take_inventory
from lake.layout import ENTRIES, LAYERS, Lake
from lake.locks import publishing
from lake.meaning import check_meanings
from lake.paths import below, remove_tree
from lake.pin import published_by, read_pin
from lake.versions import Version, all_versions, in_force

if TYPE_CHECKING:
    import pyarrow as pa

#: The bronze partition that is always there: no rows, the right columns, so that a glob never fails.
EMPTY_BATCH = "_none"

#: Lies in a snapshot's folder from its beginning until it has been published.
BUILDING = "building.json"
_FACTS = {
    "parent": (str, NoneType),
    "completed_at": str,
    "accepted": list,
    "origin": str,
    "rows": dict,
}


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
    """Return the id of the published snapshot, or None.

    Raises:
        DamagedError: something else lies in the place of the link.
    """
    check_link(lake.current)
    try:
        return lake.current.readlink().name
    except FileNotFoundError:
        return None


def is_complete(lake: Lake, snapshot_id: str) -> bool:
    """Say whether a snapshot was ever published: all of it is there, and readers may have seen it."""
    try:
        path = below(lake.snapshots, snapshot_id)
    except LakeError:
        return False  # a person can ask for any, and a folder there can have any name
    if not (path / "snapshot.json").exists():
        return False
    return not (path / BUILDING).exists() or current_id(lake) == snapshot_id


def load(lake: Lake, snapshot_id: str) -> Snapshot:
    """Read a complete snapshot.

    Raises:
        GoneError: there is no complete snapshot of that id.
        DamagedError: its facts cannot be read.
    """
    path = lake.snapshots / snapshot_id
    if not is_complete(lake, snapshot_id):
        known = ", ".join(_complete_ids(lake)) or "none"
        raise GoneError(f"no snapshot {snapshot_id} in {lake.short(lake.snapshots)} (there are: {known})")
    facts = read_json(path / "snapshot.json", _FACTS, mend="`make run` builds a new snapshot from bronze")
    return Snapshot(snapshot_id, path, facts["parent"], facts)


def check(snapshot: Snapshot) -> None:
    """See, by names and sizes, whether all of a published snapshot is there, and what it says of its tables.

    Raises:
        DamagedError: it is not.
    """
    check_inventory(snapshot.path, snapshot.facts.get("files_sha256"))
    check_meanings(snapshot.path, snapshot.facts.get("meaning_sha256"))


def current(lake: Lake) -> Snapshot | None:
    """Return the published snapshot, or None while nothing has been published."""
    snapshot_id = current_id(lake)
    return load(lake, snapshot_id) if snapshot_id else None


def list_snapshots(lake: Lake) -> list[Snapshot]:
    """Return the complete snapshots that can be read, newest first."""
    found = []
    for snapshot_id in _complete_ids(lake):
        # A damaged one is no snapshot, reading it by name says so; another may be collected just now.
        with contextlib.suppress(DamagedError, GoneError):
            found.append(load(lake, snapshot_id))
    return found


def _complete_ids(lake: Lake) -> list[str]:
    names = sorted((path.name for path in lake.snapshots.glob("[!.]*")), reverse=True)
    return [name for name in names if is_complete(lake, name)]


@contextlib.contextmanager
def hold_snapshot(lake: Lake, snapshot_id: str | None = None) -> Iterator[Snapshot]:
    """Keep a snapshot (the published one, if no id is given) from being collected during the block.

    Raises:
        NothingPublishedError: nothing has been published yet.
        GoneError, DamagedError: there is no such snapshot, or not all of it is there.
    """
    snapshot, file = take_hold(lake, snapshot_id)
    with file:
        yield snapshot


def take_hold(lake: Lake, snapshot_id: str | None = None) -> tuple[Snapshot, BinaryIO]:
    """Return a snapshot (the published one, if no id is given) and the open file that protects it.

    Raises:
        NothingPublishedError: nothing has been published yet.
        GoneError, DamagedError: there is no such snapshot, or not all of it is there.
    """
    while True:
        wanted = snapshot_id or current_id(lake)
        if wanted is None:
            raise NothingPublishedError(
                f"nothing is published in {lake.short(lake.root)} yet: {published_by(lake)}"
            )
        try:
            file = hold(below(lake.snapshots, wanted))
        except FileNotFoundError:
            # Published since, and the old one collected: ask again. Else it is gone, and load says so.
            if snapshot_id or current_id(lake) == wanted:
                load(lake, wanted)
            continue
        try:
            snapshot = load(lake, wanted)
            check(snapshot)
            return snapshot, file
        except BaseException:
            file.close()
            raise


def begin(
    lake: Lake,
    known: list[Version],
    schemas: Mapping[tuple[str, str], pa.Schema],
    facts: Mapping[str, Any] | None = None,
    *,
    parent: str | None,
    anew: bool = False,
) -> Snapshot:
    """Begin a snapshot: its bronze is complete, silver and gold are still empty.

    `known` are the versions to choose from; the newest accepted one of each batch goes in. `schemas` gives,
    for each (source, table), the columns of bronze, so that a table without any accepted batch still exists.
    `facts` are kept with the snapshot. `parent` is the id of the published snapshot that it is built on, None
    for the lake's first; with `anew`, none of its files is linked.
    """
    import pyarrow.parquet as pq

    path = lake.snapshots / next_id(lake)
    for layer in LAYERS:
        (path / layer).mkdir(parents=True)
    reach("begin.folders")
    accepted = in_force(known)
    before = lake.snapshots / parent / "bronze" if parent and not anew else None
    link_accepted(accepted, path / "bronze", schemas, before)
    for (source, table), schema in schemas.items():
        empty = path / "bronze" / source / table / f"batch={EMPTY_BATCH}" / "version=0"
        empty.mkdir(parents=True)
        pq.write_table(schema.empty_table(), empty / "_schema.parquet")
    write_versions(accepted, known, path / "bronze" / "lake" / "versions.parquet")
    reach("begin.linked")
    begun = {"id": path.name, "parent": parent, "accepted": identities(accepted), **(facts or {})}
    write_json(path / BUILDING, begun)
    reach("begin.done")
    return Snapshot(path.name, path, parent, begun)


def prepare_layer(
    lake: Lake, snapshot: Snapshot, layer: str, is_built: Callable[[str, str], bool] | None
) -> dict[str, int]:
    """Clear a layer of an unpublished snapshot and link the parent's partitions that are not built anew.

    `is_built(column, value)` says which partitions the build writes itself; None means all of them. Returns
    how many partitions of each table were carried over.

    Raises:
        LakeError: the snapshot is published already.
        GoneError, DamagedError: its parent is gone, or cannot be read.
    """
    if is_complete(lake, snapshot.id):
        raise LakeError(f"snapshot {snapshot.id} is published and is never changed; begin a new one")
    folder = snapshot.path / layer
    remove_tree(folder, lake.snapshots)
    folder.mkdir()
    reach("layer.cleared")
    carried: dict[str, int] = {}
    if is_built is not None and snapshot.parent is not None:
        with hold_snapshot(lake, snapshot.parent) as parent:
            carried = carry(parent.path, layer, folder, is_built)
    reach("layer.carried")
    return carried


def make_links(lake: Lake) -> None:
    """Make what is missing of the links that never change, by which clients find the layers of what is published.

    Raises:
        DamagedError: something else lies in the place of one.
    """
    for entry in ENTRIES:
        link = lake.root / entry.name
        if entry.target and not link.is_symlink():
            check_link(link)
            swap_link(link, entry.target)


def settle(lake: Lake) -> None:
    """Let the published snapshot stop saying that it is being built, as one does whose builder was killed.

    Called under the publish lock, before another one takes its place.
    """
    now = current_id(lake)
    if now and (marker := lake.snapshots / now / BUILDING).exists():
        marker.unlink()
        # A power cut must not bring it back: with another one published, this would look unfinished.
        sync_folder(marker.parent)


def publish(
    lake: Lake,
    snapshot: Snapshot,
    facts: dict[str, Any],
    *,
    bring: Callable[[], None] = lambda: None,
    made_as: Path | None = None,
) -> Snapshot:
    """Complete a snapshot with further facts and make it the published one by one rename.

    Of what was built in another lake `bring` puts what is accepted into bronze, or raises why it may not, and
    `made_as` is its folder there: it knows the hashes, as the parent's knows those of what is carried over.

    Raises:
        PinnedError: the lake is pinned.
        OvertakenError: another snapshot was published since this one was begun.
        DecidedError: somebody decided on a version since then, and something else is accepted.
        BusyError: others have been publishing or deciding for ten seconds.
        DamagedError: something else lies in the place of a link. Nothing is changed by any of these.
    """
    parent = lake.snapshots / snapshot.parent if snapshot.parent else None
    listed = take_inventory(snapshot.path, made_as or parent)
    content = {**snapshot.facts, "completed_at": utc_now(), **facts, "files_sha256": listed}
    sync_tree(snapshot.path)
    reach("publish.synced")
    with publishing(lake):
        now = current_id(lake)
        if pin := read_pin(lake):
            raise PinnedError(f"the lake is pinned to {pin.told()}; `make release` lets it go on")
        bring()
        if now != snapshot.parent:
            raise OvertakenError(
                f"snapshot {snapshot.id} was built on {snapshot.parent}, but {now} has been published since; "
                "run again to build on that one"
            )
        if identities(in_force(all_versions(lake))) != snapshot.facts["accepted"]:
            raise DecidedError(
                f"what is accepted has changed since snapshot {snapshot.id} was begun: run again"
            )
        make_links(lake)
        settle(lake)
        write_json(snapshot.path / "snapshot.json", content)
        sync_folder(lake.snapshots)
        reach("publish.completed")
        swap_link(lake.current, f"snapshots/{snapshot.id}")
        reach("publish.swapped")
        settle(lake)
    reach("publish.done")
    return Snapshot(snapshot.id, snapshot.path, snapshot.parent, content)


def take_away(path: Path) -> Path:
    """Rename a snapshot's folder, so that it is none any more, and return where it lies now.

    Its files can then go in any order. Without this, whoever dies after `building.json` is gone leaves half
    a snapshot that looks whole.
    """
    trash = path.with_name(TRASH + path.name)
    path.rename(trash)
    sync_folder(path.parent)
    return trash


def remove_unpublished(path: Path) -> None:
    """Remove the folder of a snapshot that was never published."""
    trash = take_away(path)
    reach("clear.renamed")
    remove_tree(trash, trash.parent)


def discard(lake: Lake, snapshot: Snapshot) -> None:
    """Remove a snapshot that was not published; one that ever was is left alone.

    What cannot be removed now is found by the next run.
    """
    if not is_complete(lake, snapshot.id):
        with contextlib.suppress(OSError):
            remove_unpublished(snapshot.path)
