"""What snapshots are called: by the moment of their beginning, so that names sort as they were begun."""

from __future__ import annotations

import contextlib
import re
from datetime import UTC, datetime, timedelta

from lake.layout import Lake

#: What a snapshot's folder is called from the moment it is taken away until its files are gone.
TRASH = ".collected-"
_ID = re.compile(r"[0-9]{8}-[0-9]{6}-[0-9]{6}")


def is_id(name: str) -> bool:
    """Say whether a folder of this name below `snapshots` is ours: a snapshot, or one that is taken away."""
    return _ID.fullmatch(name.removeprefix(TRASH)) is not None


def next_id(lake: Lake) -> str:
    """Return an id above all there are: by the clock, to the microsecond, or past the newest if it fell back.

    So ids sort in the order of their beginnings, and two builders get two folders.
    """
    form = "%Y%m%d-%H%M%S-%f"
    now = datetime.now(UTC)
    for path in lake.snapshots.glob("*"):
        with contextlib.suppress(ValueError):  # a folder that is no snapshot's
            found = datetime.strptime(path.name.removeprefix(TRASH), form).replace(tzinfo=UTC)
            now = max(now, found + timedelta(microseconds=1))
    return now.strftime(form)


def unused_id(lake: Lake, wanted: str) -> str:
    """Return the id that a snapshot has in another lake, if it is above all there are in this one; else the next."""
    there = [path.name.removeprefix(TRASH) for path in lake.snapshots.glob("*") if is_id(path.name)]
    return wanted if wanted > max(there, default="") else next_id(lake)
