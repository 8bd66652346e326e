"""The pin: while it is there nothing is published, so that a rollback stays in force."""

from __future__ import annotations

from dataclasses import dataclass

from lake.errors import DamagedError
from lake.files import read_json
from lake.layout import Lake
from lake.words import plain


@dataclass(frozen=True)
class Pin:
    """Which snapshot the lake is pinned to, by whom, why and since when (UTC)."""

    snapshot: str
    by: str
    reason: str
    pinned_at: str

    def told(self) -> str:
        """Return the pin in words."""
        return f"snapshot {self.snapshot} by {self.by} since {self.pinned_at[:19]} UTC ({plain(self.reason)})"


def published_by(lake: Lake) -> str:
    """Say which commands publish something where nothing is: a run of a pinned lake does not."""
    if lake.pin.exists():
        return "the lake is pinned: `make rollback SNAPSHOT=…`, or `make release` and then `make run`"
    return "run `make run` first"


def built_by(lake: Lake) -> str:
    """Say which commands build what the published snapshot is too old to have.

    While the lake is pinned a run publishes nothing, so the release comes first.
    """
    if lake.pin.exists():
        return "`make release` (a rollback has pinned the lake) and then `make run FULL=1` build it"
    return "`make run FULL=1` builds it"


def read_pin(lake: Lake) -> Pin | None:
    """Return the pin, or None while the lake is free.

    Raises:
        DamagedError: the file is damaged; the message says what to do.
    """
    if not lake.pin.exists():
        return None
    try:
        return Pin(**read_json(lake.pin, dict.fromkeys(Pin.__annotations__, str)))
    except (DamagedError, TypeError) as error:
        if not lake.pin.exists():
            return None  # released since
        raise DamagedError(
            f"{lake.pin} is damaged; remove it, and `make rollback` again if the lake is to stay where it is"
        ) from error
