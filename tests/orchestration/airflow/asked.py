"""What tests of the tasks ask for: one month of trips in one city."""

from __future__ import annotations

from typing import Any

from lake import Lake
from lake.files import write_json

RUN: dict[str, Any] = {
    "months": "2024-05",
    "cities": ["jc"],
    "origin": "upstream",
    "full": False,
    "unkept": [],
}
JC = {"table": "trips", "batch": "jc-2024-05"}
TRIPS = {"source": "citibike", **JC, "offered": True}


def judged_and_ready(lake: Lake, begun) -> None:
    """Let a begun snapshot look built and judged."""
    for layer in ("silver", "gold"):
        folder = lake.work / "build" / begun["snapshot"]
        folder.mkdir(parents=True, exist_ok=True)
        write_json(folder / f"gate-{layer}.json", [])
