"""The pin: while it is there nothing is published, so that a rollback stays in force."""

from __future__ import annotations

from dataclasses import dataclass

from lake.files import read_json
from lake.layout import Lake


@dataclass(frozen=True)
class Pin:
    """Which snapshot the lake is pinned to, by whom, why and since when (UTC)."""

    snapshot: str
    by: str
    reason: str
    pinned_at: str

    def told(self) -> str:
        """Return the pin in words."""
        return f"snapshot {self.snapshot} by {self.by} since {self.pinned_at[:19]} UTC ({self.reason})"


def read_pin(lake: Lake) -> Pin | None:
    """Return the pin, or None while the lake is free."""
    return Pin(**read_json(lake.pin)) if lake.pin.exists() else None
