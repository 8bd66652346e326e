"""The assets that a published snapshot updates, one per layer: what other DAGs are scheduled by."""

from __future__ import annotations

from airflow.sdk import Asset

BRONZE, SILVER, GOLD = (
    Asset(name=f"lakehouse_{layer}", uri=f"lakehouse://current/{layer}", group="lakehouse")
    for layer in ("bronze", "silver", "gold")
)
PUBLISHED = [BRONZE, SILVER, GOLD]
