"""Fault points: the named places where a crash can leave something behind.

Tests stop a process there, in-process (`armed`) or for real: with `LAKEHOUSE_FAULT=<point>` or
`<point>:<n>` in the environment the process kills itself when it comes to the point (for the n-th time). With
neither, reaching a point costs next to nothing.
"""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Callable, Iterator

#: Every point, in the order a run comes to them, and what is there when a process dies at it.
POINTS = {
    "clear.renamed": "an unpublished snapshot under the name of a collected one, whole",
    "text.written": "a text file's new content under its temporary name",
    "link.made": "a link's new target under its temporary name",
    "recording.written": "an answer of a feed under its temporary name",
    "recording.kept": "an answer that is kept and has not landed",
    "landing.begun": "dlt's working folders of one batch",
    "landing.loaded": "the files of one batch, not yet a version",
    "version.recorded": "the same with record.json in it",
    "version.moved": "a version without a verdict",
    "batch.listed": "some batches landed, and last run's listing",
    "decision.kept": "a person's decision beside the versions of its batch, and another verdict in force",
    "verdict.written": "a verdict, and other versions without one",
    "begin.folders": "an empty snapshot folder that says nothing of itself",
    "begin.linked": "the same with accepted bronze in it",
    "begin.done": "a snapshot that is begun, with its building.json",
    "part.written": "a part of a layer, whole, in the folder of the worker that dies, of each that comes to it",
    "layer.cleared": "a snapshot whose layer is gone",
    "layer.carried": "a snapshot with the parent's partitions in its layer",
    "parts.linked": "the same with what the workers wrote in it, and nothing that needs all history",
    "layer.built": "a snapshot with a built layer that no gate has seen",
    "layer.judged": "a snapshot with a judged layer",
    "publish.synced": "a whole snapshot, all on disk, that is not complete by name",
    "publish.completed": "a complete snapshot that is not published",
    "publish.swapped": "a published snapshot that still says it is being built",
    "publish.done": "a published snapshot, and older ones past their time",
    "rollback.pinned": "a pin on a snapshot that is not the published one yet",
    "rollback.swapped": "a published older snapshot",
    "release.done": "no pin",
    "tag.written": "a tag",
    "branch.linked": "a whole branch under its temporary name",
    "merge.linked": "a snapshot's folder with a branch's files, that says nothing of itself",
    "merge.landed": "some of the versions that a branch has landed",
    "merge.brought": "all that was landed and decided on a branch, and the snapshot of before",
    "drop.renamed": "a whole branch under its temporary name, and what it published, if it was merged",
    "gc.renamed": "some snapshots under their new names, whole, others not yet collected",
    "gc.removed": "some of the collected snapshots removed, others under their new names",
    "clean.renamed": "all data under temporary names",
}
_actions: list[Callable[[str], None]] = []


def reach(point: str) -> None:
    """Say that the process has come to a point; does nothing unless a test wants it to stop there."""
    for action in _actions:
        action(point)


@contextlib.contextmanager
def armed(action: Callable[[str], None]) -> Iterator[None]:
    """Call `action` with the name of every point reached within the block."""
    _actions.append(action)
    try:
        yield
    finally:
        _actions.remove(action)


def _killer(wanted: str) -> Callable[[str], None]:
    name, _, count = wanted.partition(":")
    if name not in POINTS:
        raise ValueError(f"LAKEHOUSE_FAULT: no fault point {name!r}; there are {', '.join(POINTS)}")
    left = int(count or 1)

    def kill(point: str) -> None:
        nonlocal left
        left -= point == name
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    return kill


if os.environ.get("LAKEHOUSE_FAULT"):
    _actions.append(_killer(os.environ["LAKEHOUSE_FAULT"]))
