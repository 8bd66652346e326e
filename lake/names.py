"""What a person may call a snapshot: by its id, by what it is to the lake, by a tag, a branch or a time."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from lake.branches import branches
from lake.errors import GoneError, LakeError, NothingPublishedError
from lake.ids import is_id
from lake.layout import Lake
from lake.pin import published_by, read_pin
from lake.snapshots import Snapshot, current, list_snapshots, load
from lake.tags import PARENT, PINNED, PUBLISHED, read_tags

__all__ = ["PARENT", "PINNED", "PUBLISHED", "find", "find_here", "lake_of", "place_of"]

_TIME = re.compile(r"\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2})?(Z|[+-]\d{2}:\d{2})?)?")


def find(lake: Lake, name: str) -> Snapshot:
    """Return the snapshot of a name: an id, `published`, `parent`, `pinned`, a tag, a branch, or a time in UTC.

    A branch means what is published on it, so that the snapshot's `path` lies in another lake (`lake_of`). A time
    (`2026-05-01`, `2026-05-01T08:00`, with an offset if it is not UTC) means the newest snapshot completed by then; a
    day counts whole.

    Raises:
        NothingPublishedError: nothing has been published yet.
        GoneError: there is no such snapshot (any more), or nothing is called so.
        DamagedError: it cannot be read.
        LakeError: the lake is not pinned, or the time is none.
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
                f"nothing is published in {lake.short(lake.root)} yet: {published_by(lake)}"
            )
        if name == PUBLISHED:
            return published
        if published.parent is None:
            raise GoneError(f"snapshot {published.id} is the lake's first: it was built on no other")
        return load(lake, published.parent)
    if _TIME.fullmatch(name):
        return _at(lake, name)
    if kept := read_tags(lake).get(name):
        return load(lake, kept.snapshot)
    there = {branch.root.name: branch for branch in branches(lake)}
    if name in there:
        return find(there[name], PUBLISHED)
    tags, names = ", ".join(read_tags(lake)) or "none", ", ".join(there) or "none"
    raise GoneError(
        f"{name!r} names no snapshot: say an id, {PUBLISHED}, {PARENT}, {PINNED}, a tag ({tags}), a branch ({names}), or "
        "a time such as 2026-05-01T08:00"
    )


def find_here(lake: Lake, name: str) -> Snapshot:
    """Return the snapshot of a name, where it lies in this lake and not in a branch.

    Raises:
        LakeError: it lies in a branch; and whatever `find` raises.
    """
    found = find(lake, name)
    if lake_of(found) != lake:
        raise LakeError(
            f"snapshot {found.id} lies on branch {name}: `make merge NAME={name}` publishes it here"
        )
    return found


def place_of(lake: Lake, name: str | None) -> tuple[Lake, str | None]:
    """Return in which lake, and under which id, the snapshot of a name lies; None is the published one, whichever.

    Raises:
        LakeError: as `find` says.
    """
    if not name:
        return lake, None
    found = find(lake, name)
    return lake_of(found), found.id


def lake_of(snapshot: Snapshot) -> Lake:
    """Return the lake in which a snapshot lies."""
    return Lake(snapshot.path.parent.parent)


def _at(lake: Lake, text: str) -> Snapshot:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise LakeError(f"{text} is no time: {error}") from error
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    if len(text) == len("2026-05-01"):
        moment = moment.replace(hour=23, minute=59, second=59)
    for snapshot in list_snapshots(lake):
        if datetime.fromisoformat(snapshot.facts["completed_at"]) <= moment:
            return snapshot
    raise GoneError(f"no snapshot that is still there was complete by {text} (UTC)")
