"""Shared locks of readers: a snapshot that somebody reads is not collected."""

from __future__ import annotations

import contextlib
import fcntl
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from lake.errors import BusyError
from lake.files import open_file, still_names

_MEND = "`make run` builds a new snapshot from bronze"


def hold(snapshot: Path) -> BinaryIO:
    """Take a reader's lock on a snapshot's folder; it lasts until the returned file is closed.

    Works on a lake that cannot be written as well.

    Raises:
        FileNotFoundError: the snapshot has been collected, or is being collected now.
        DamagedError: something else lies in the place of its facts.
    """
    path = snapshot / "snapshot.json"
    file = open_file(path, mend=_MEND)
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        if still_names(path, file):
            return file
    except BlockingIOError:
        pass  # only a collector takes it exclusively: to a reader the snapshot is gone
    file.close()
    raise FileNotFoundError(f"{snapshot} has been collected")


@contextlib.contextmanager
def unread(snapshot: Path) -> Iterator[bool]:
    """Say whether nobody holds a snapshot; while the block lasts, nobody can.

    A folder without a `snapshot.json` has no readers.
    """
    try:
        file = open_file(snapshot / "snapshot.json", mend=_MEND)
    except FileNotFoundError:
        yield True
        return
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True


@contextlib.contextmanager
def nobody_reading(snapshots: Path) -> Iterator[None]:
    """Keep readers away from all snapshots of a lake for the time of the block.

    Raises:
        BusyError: there is one.
    """
    with contextlib.ExitStack() as stack:
        for path in sorted(snapshots.glob("[!.]*")):
            if not stack.enter_context(unread(path)):
                raise BusyError(f"snapshot {path.name} is being read; nothing was removed")
        yield
