"""Collecting what nobody needs any more: old snapshots, and what killed processes left behind."""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from lake.errors import BusyError, LakeError
from lake.faults import reach
from lake.files import exclusive_lock, left_by_the_dead, sync_folder
from lake.filesystem import try_file_system
from lake.holds import unread
from lake.ids import TRASH, is_id
from lake.layout import Lake
from lake.locks import publishing, run_lock
from lake.paths import remove_tree
from lake.pin import read_pin
from lake.snapshots import (
    BUILDING,
    current_id,
    is_complete,
    list_snapshots,
    make_links,
    remove_unpublished,
    take_away,
)
from lake.tags import read_tags

#: Snapshots kept beside those that are published, pinned or read; LAKE_KEEP_SNAPSHOTS changes it.
KEEP = 5


@dataclass
class Collected:
    """What a collection did: ids of snapshots removed and of those being read, and paths cleared."""

    removed: list[str] = field(default_factory=list)
    in_use: list[str] = field(default_factory=list)
    leftovers: list[Path] = field(default_factory=list)


def kept_snapshots() -> int:
    """Return how many of the newest snapshots are kept: LAKE_KEEP_SNAPSHOTS, else five.

    Raises:
        LakeError: the setting is no number from 1 up.
    """
    text = os.environ.get("LAKE_KEEP_SNAPSHOTS", "").strip() or str(KEEP)
    if not text.isdigit() or int(text) < 1:
        raise LakeError(f"LAKE_KEEP_SNAPSHOTS is {text!r}: say how many to keep, from 1 up")
    return int(text)


def collect(lake: Lake, keep: int | None = None, *, alone: bool = False) -> Collected:
    """Remove all but the newest `keep` snapshots, and what dead processes left behind.

    The published snapshot, the pinned one, tagged ones and those somebody reads always stay. `alone` says that the caller
    holds the run's lock; without it, a run's unfinished work is removed only while no run is going on.

    Raises:
        BusyError: others have been publishing or deciding for ten seconds.
        DamagedError: the pin or the tags cannot be read.
        LakeError: LAKE_KEEP_SNAPSHOTS is no number from 1 up.
    """
    done = Collected()
    trash = []
    keep = kept_snapshots() if keep is None else keep
    with publishing(lake):
        known = list_snapshots(lake)
        pin = read_pin(lake)
        shown = {current_id(lake), pin.snapshot if pin else None}
        stay = {snapshot.id for snapshot in known[:keep]} | shown
        stay |= {tag.snapshot for tag in read_tags(lake).values()}
        # What they were built on stays as well: a rollback goes there.
        stay |= {snapshot.parent for snapshot in known if snapshot.id in shown}
        for path in sorted(lake.snapshots.glob("[!.]*")):
            if path.name in stay or not is_complete(lake, path.name):
                continue
            with unread(path) as free:
                if free:
                    trash.append(take_away(path))
                    reach("gc.renamed")
                    done.removed.append(path.name)
                else:
                    done.in_use.append(path.name)
    # Not under the lock: nobody can read them any more, and publishing need not wait for so many files.
    for path in trash:
        with contextlib.suppress(FileNotFoundError):  # a run that began meanwhile clears them as well
            remove_tree(path, lake.snapshots, strict=True)
        reach("gc.removed")
    if alone:
        done.leftovers = clear_unfinished(lake)
    elif lake.work.exists():
        try:
            with exclusive_lock(run_lock(lake), "a run is going on"):
                done.leftovers = clear_unfinished(lake)
        except BusyError:
            return done  # what looks unfinished is that run's own
    return done


def unfinished(lake: Lake) -> Iterator[Path]:
    """Yield what killed processes leave behind. While a run goes on, its own work is among it."""
    # The published one stays, even where its facts were lost: readers may be in it.
    shown = current_id(lake)
    for path in sorted(path for path in lake.snapshots.glob("*") if is_id(path.name)):
        if path.name.startswith(TRASH) or not is_complete(lake, path.name):
            if path.name != shown:
                yield path
        elif (path / BUILDING).exists():
            yield path / BUILDING
    for name in ("build", "landing"):
        if (lake.work / name).exists():
            yield lake.work / name
    said = (lake.reports, *lake.reports.rglob("*"), lake.quarantine, *lake.quarantine.rglob("*"))
    reports = (path for path in said if path.is_dir())
    places = (lake.root, lake.work, lake.bronze, lake.snapshots, lake.recordings, lake.branches)
    for folder in (
        *places,
        *lake.snapshots.glob("*"),
        *lake.bronze.glob("*/*/*"),
        *lake.bronze.glob("*/*/*/*"),
        *reports,
    ):
        yield from left_by_the_dead(folder)
    for folder in lake.bronze.glob("*/*/batch=*"):
        dead = left_by_the_dead(folder)  # gone by the time the folder's turn comes
        if all(path in dead for path in folder.iterdir()):
            yield folder


def clear_unfinished(lake: Lake) -> list[Path]:
    """Remove what killed processes left behind. Call it only while no run is going on.

    Returns what was found and is gone now; of a snapshot that could be renamed but not removed, nothing.
    """
    return [path for path in list(unfinished(lake)) if _clear(lake, path)]


def make_ready(lake: Lake) -> list[Path]:
    """Try the lake's file system, then remove what killed runs left behind. Call it only under the run's lock.

    Of the links to what is published, those that are missing are made again. A file system that cannot carry a lake is
    told before anything is removed; but a full disk may be full of just that.

    Raises:
        LakeError: the file system lacks what a lake needs.
        DamagedError: something else lies in the place of a link.
    """
    try:
        try_file_system(lake)
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        left = clear_unfinished(lake)
        try_file_system(lake)
    else:
        left = clear_unfinished(lake)
    if current_id(lake):
        make_links(lake)
    return left


def _clear(lake: Lake, path: Path) -> bool:
    """Remove one leftover and say whether it has gone."""
    if path.is_symlink() or not path.is_dir():
        path.unlink(missing_ok=True)
        if path.name == BUILDING:
            # A power cut must not bring it back: with another one published, this would look unfinished.
            sync_folder(path.parent)
        return True
    if path.parent == lake.snapshots and not path.name.startswith(TRASH):
        remove_unpublished(path)
        return not path.with_name(TRASH + path.name).exists()
    homes = (
        lake.work,
        lake.snapshots,
        lake.bronze,
        lake.recordings,
        lake.reports,
        lake.quarantine,
        lake.branches,
    )
    remove_tree(path, next((home for home in homes if path.is_relative_to(home)), lake.root))
    return not path.exists()
