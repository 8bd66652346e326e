"""Live feeds of a bike-share system (GBFS): what its stations are and how they stand, by UTC day.

The feeds have no past, so they land from what was recorded of them (`bronze.feeds`). Values are the text that
JSON has for them: versions of GBFS differ in types (1 and true), and one odd station must not refuse a day.
"""

from __future__ import annotations

from typing import Any

import dlt

from bronze.columns import OTHER_FIELDS, TEXT, WHOLE
from bronze.feeds import Feed, resources
from bronze.tables import Table

#: Of the answer as a whole, in every row; the upstream's `version` has a name of ours.
_WHOLE = {"last_updated": "last_updated", "ttl": "ttl", "published_version": "version"}
_LIST = "data.stations"


def _table(name: str, *fields: str) -> Table:
    columns = dict.fromkeys(("asked_at", *_WHOLE, "station_id", "legacy_id", *fields), TEXT)
    return Table(name, {**columns, "source_record": WHOLE, OTHER_FIELDS: TEXT})


STATION_INFORMATION = Feed(
    _table(
        "station_information",
        "external_id",
        "name",
        "short_name",
        "lat",
        "lon",
        "capacity",
        "region_id",
        "station_type",
        "has_kiosk",
    ),
    path="station_information.json",
    entries=_LIST,
    whole=_WHOLE,
)
STATION_STATUS = Feed(
    _table(
        "station_status",
        "num_bikes_available",
        "num_ebikes_available",
        "num_bikes_disabled",
        "num_docks_available",
        "num_docks_disabled",
        "num_scooters_available",
        "num_scooters_unavailable",
        "is_installed",
        "is_renting",
        "is_returning",
        "last_reported",
    ),
    path="station_status.json",
    entries=_LIST,
    whole=_WHOLE,
)
FEEDS = (STATION_INFORMATION, STATION_STATUS)
TABLES = tuple(feed.table for feed in FEEDS)


@dlt.source(name="gbfs", max_table_nesting=0)
def gbfs(
    base_url: str = "",
    archive: str = "",
    system: str = dlt.config.value,
    months: str = dlt.config.value,
    recordings: str = "",
) -> Any:
    """Stations of one system, as its feeds told them.

    Args:
        base_url: address of the feeds, without their names; empty where only an archive is read.
        archive: recordings from elsewhere, a folder or an address with `index.json`; may be empty.
        system: whose feeds these are, in small letters; batches are called after it.
        months: such as `2024-02..2024-05, 2024-10`.
        recordings: the lake's folder of recordings, set by a run.
    """
    return resources(
        "gbfs",
        FEEDS,
        system=system,
        months=months,
        base_url=base_url,
        archive=archive,
        recordings=recordings,
    )
