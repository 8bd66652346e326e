"""The locks of a lake: who publishes, collects or decides does it alone."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from lake.errors import GoneError
from lake.files import exclusive_lock
from lake.layout import Lake

#: For so many seconds one waits for others to publish, which takes them milliseconds.
WAIT = 10.0


@contextlib.contextmanager
def publishing(lake: Lake) -> Iterator[None]:
    """Be the only one who changes what is published or what is said of versions, for the time of the block.

    Raises:
        BusyError: somebody else has been at it for ten seconds.
    """
    busy = "another process is publishing, collecting or deciding on a batch; run again"
    with exclusive_lock(publish_lock(lake), busy, wait=WAIT):
        yield


@contextlib.contextmanager
def running(lake: Lake, busy: str) -> Iterator[None]:
    """Be the only run on a lake, for the time of the block.

    Raises:
        BusyError: another run is going on; the message is `busy`.
        GoneError: it is a branch that was dropped since it was looked for.
    """
    # Before and after: the lock's file would make the folder again, and a run would fill it as an empty lake.
    _see_branch(lake)
    with exclusive_lock(run_lock(lake), busy):
        _see_branch(lake)
        yield


def _see_branch(lake: Lake) -> None:
    above = Lake(lake.root.parent.parent)
    if lake.root.parent == above.branches and above.snapshots.is_dir() and lake.home == lake:
        raise GoneError(f"{lake.short(lake.root)} is no branch any more: it was merged or dropped meanwhile")


@contextlib.contextmanager
def recording(lake: Lake) -> Iterator[None]:
    """Be the only one who keeps answers of feeds, for the time of the block: that of one write.

    A lock of its own, since an answer that waited for a run would be too late for good. A branch keeps its answers
    with those of its lake, and takes the lock there.

    Raises:
        BusyError: somebody else has been at it for ten seconds.
    """
    busy = "another process is keeping an answer, or removing the lake's data; ask again"
    with exclusive_lock(lake.home.work / "recordings.lock", busy, wait=WAIT):
        yield


def publish_lock(lake: Lake) -> Path:
    """Return the file whose lock `publishing` holds."""
    return lake.work / "publish.lock"


def run_lock(lake: Lake) -> Path:
    """Return the file whose lock a run holds from its beginning to its end."""
    return lake.work / "run.lock"
