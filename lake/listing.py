"""What the upstreams listed in the last run, and what became of each batch: kept for `status`."""

from __future__ import annotations

from typing import Any

from lake.errors import DamagedError
from lake.files import read_json, utc_now, write_json
from lake.layout import Lake

_OFFER = {"source", "table", "batch", "outcome", "error"}


def write_listing(lake: Lake, offers: list[dict[str, Any]]) -> None:
    """Keep the outcome of every batch listed: `source`, `table`, `batch`, `outcome`, `error`."""
    lake.root.mkdir(parents=True, exist_ok=True)
    write_json(lake.listing, {"asked_at": utc_now(), "offers": offers})


def read_listing(lake: Lake) -> dict[str, Any]:
    """Return the last listing: `asked_at` (UTC, None if no run has asked yet) and `offers`."""
    if not lake.listing.exists():
        return {"asked_at": None, "offers": []}
    mend = "remove it, and the next `make run` writes it"
    listing: dict[str, Any] = read_json(lake.listing, {"asked_at": str, "offers": list}, mend=mend)
    if not all(isinstance(offer, dict) and offer.keys() >= _OFFER for offer in listing["offers"]):
        raise DamagedError(f"{lake.listing} is not what this lake writes: look at offers in it; {mend}")
    return listing
