"""What a person may call a snapshot: by its id, by what it is to the lake, or by a time."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from lake.errors import GoneError, LakeError, NothingPublishedError
from lake.layout import Lake
from lake.pin import read_pin
from lake.snapshots import Snapshot, current, is_id, list_snapshots, load

#: The published snapshot, the one it was built on, and the one that a rollback has pinned.
PUBLISHED, PARENT, PINNED = "published", "parent", "pinned"
_TIME = re.compile(r"\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2})?)?")


def find(lake: Lake, name: str) -> Snapshot:
    """Return the snapshot of a name: an id, `published`, `parent`, `pinned`, or a time in UTC.

    A time (`2026-05-01` or `2026-05-01T08:00`) means the newest snapshot completed by then; a day counts whole.

    Raises:
        NothingPublishedError: nothing has been published yet.
        GoneError: there is no such snapshot (any more).
        DamagedError: it cannot be read.
        LakeError: the name is none of these.
    """
    if is_id(name):
        return load(lake, name)
    if name == PINNED:
        if (pin := read_pin(lake)) is None:
            raise LakeError(f"{lake.short(lake.root)} is not pinned")
        return load(lake, pin.snapshot)
    if name in (PUBLISHED, PARENT):
        if (published := current(lake)) is None:
            raise NothingPublishedError(
                f"nothing is published in {lake.short(lake.root)} yet: run `make run` first"
            )
        if name == PUBLISHED:
            return published
        if published.parent is None:
            raise GoneError(f"snapshot {published.id} is the lake's first: it was built on no other")
        return load(lake, published.parent)
    if _TIME.fullmatch(name):
        return _at(lake, name)
    raise LakeError(
        f"{name!r} names no snapshot: say an id, {PUBLISHED}, {PARENT}, {PINNED}, or a time such as 2026-05-01T08:00"
    )


def _at(lake: Lake, text: str) -> Snapshot:
    try:
        moment = datetime.fromisoformat(text).replace(tzinfo=UTC)
    except ValueError as error:
        raise LakeError(f"{text} is no time: {error}") from error
    if len(text) == len("2026-05-01"):
        moment = moment.replace(hour=23, minute=59, second=59)
    for snapshot in list_snapshots(lake):
        if datetime.fromisoformat(snapshot.facts["completed_at"]) <= moment:
            return snapshot
    raise GoneError(f"no snapshot that is still there was complete by {text} (UTC)")
