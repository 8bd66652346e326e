"""The locks of a lake: who publishes, collects or decides does it alone."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from lake.files import exclusive_lock
from lake.layout import Lake, LakeError

#: For so many seconds one waits for others to publish, which takes them milliseconds.
WAIT = 10.0


@contextlib.contextmanager
def publishing(lake: Lake) -> Iterator[None]:
    """Be the only one who changes what is published or what is said of versions, for the time of the block.

    Raises:
        LakeError: somebody else has been at it for ten seconds.
    """
    busy = "another process is publishing, collecting or deciding on a batch; run again"
    with _held(publish_lock(lake), busy, wait=WAIT):
        yield


@contextlib.contextmanager
def running(lake: Lake, busy: str) -> Iterator[None]:
    """Be the only run on a lake, for the time of the block.

    Raises:
        LakeError: another run is going on; the message is `busy`.
    """
    with _held(run_lock(lake), busy, wait=0.0):
        yield


@contextlib.contextmanager
def _held(path: Path, busy: str, wait: float) -> Iterator[None]:
    with contextlib.ExitStack() as stack:
        try:
            stack.enter_context(exclusive_lock(path, busy, wait=wait))
        except BlockingIOError as error:
            raise LakeError(str(error)) from error
        yield


def publish_lock(lake: Lake) -> Path:
    """Return the file whose lock `publishing` holds."""
    return lake.work / "publish.lock"


def run_lock(lake: Lake) -> Path:
    """Return the file whose lock a run holds from its beginning to its end."""
    return lake.work / "run.lock"
