"""Stations by moment of asking: one row per system, station and moment."""

from __future__ import annotations

from bronze.expectations.rules import FINDING, between, broken_query, broken_rows, columns_are, in_set, unique

_KEY = ("system", "station_id", "asked_at_utc")

RULES = [
    columns_are(
        [
            "status_month", "asked_at_utc", "asked_at_local", "held_seconds", "system", "station_id", "bikes",
            "ebikes", "bikes_disabled", "docks", "docks_disabled", "is_installed", "is_renting", "is_returning",
            "state", "reported_at_utc", "batch", "version", "source_record",
        ],
        "Marts read these columns by name.",
    ),
    unique(*_KEY, reason="A station that an answer lists twice is empty twice as long."),
    broken_rows(
        "key",
        "every row has its system, station and moment, and lies in the month of that moment",
        "system is null or station_id is null or asked_at_utc is null "
        "or status_month is distinct from strftime(asked_at_local, '%Y-%m')",
        reason="A row in another month's files is not rebuilt with its month.",
        show=(*_KEY, "status_month"),
    ),
    broken_rows(
        "local_time",
        "local times are New York's",
        "date_diff('minute', asked_at_local, asked_at_utc) not in (240, 300)",
        reason="Hours of the mart are made of them.",
        show=("asked_at_utc", "asked_at_local"),
    ),
    broken_rows(
        "state",
        "the state is what bikes, docks and flags say",
        "(state = 'out_of_service') = (is_installed and is_renting and is_returning) "
        "or (state in ('empty', 'empty_and_full') and bikes > 0) "
        "or (state in ('full', 'empty_and_full') and coalesce(docks, 1) > 0) "
        "or (state = 'available' and (bikes = 0 or docks = 0))",
        reason="A station out of service is not empty, and one with a bike is not either.",
        show=(*_KEY, "state", "bikes", "docks", "is_installed", "is_renting", "is_returning"),
    ),
    in_set(
        "state",
        ["out_of_service", "empty", "full", "empty_and_full", "available"],
        reason="Another state would be counted nowhere.",
    ),
    between("held_seconds", 1, 3600, reason="An answer holds for an hour at most, and for a second at least."),
    between("bikes", 0, 9999, reason="Fewer than no bikes, or more than any station has."),
    broken_query(
        "holds_alike",
        "an answer holds equally long for all its stations",
        """
        select system, asked_at_utc from {batch}
        group by system, asked_at_utc having min(held_seconds) <> max(held_seconds)
        """,
        reason="Minutes of stations could not be compared.",
        counts=FINDING,
    ),
]  # fmt: skip
