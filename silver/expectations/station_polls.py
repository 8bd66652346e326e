"""Moments at which stations were asked for: one row per system and moment."""

from __future__ import annotations

from bronze.expectations.rules import FINDING, between, broken_query, broken_rows, columns_are, unique

RULES = [
    columns_are(
        [
            "status_month", "system", "asked_at_utc", "asked_at_local", "held_seconds", "stations",
            "stations_out_of_service", "stations_empty", "stations_full", "bikes",
        ],
        "Pages read these columns by name.",
    ),
    unique("system", "asked_at_utc", reason="An answer that counts twice holds twice as long."),
    between("held_seconds", 1, 3600, reason="An answer holds for an hour at most, and for a second at least."),
    broken_rows(
        "stations",
        "there are stations, and no more of any kind than there are",
        "stations < 1 or stations_out_of_service > stations or stations_empty > stations "
        "or stations_full > stations",
        reason="An answer without stations was not kept, and parts are no more than the whole.",
        show=("system", "asked_at_utc", "stations"),
    ),
    broken_query(
        "all_statuses",
        "the stations add up to all that was kept",
        """
        select * from (
            select coalesce(sum(stations), 0) as stations, (select count(*) from silver.fct_station_status) as statuses
            from {batch}
        )
        where stations <> statuses
        """,
        reason="A month that was not rebuilt with its answers shows here.",
        counts=FINDING,
    ),
]  # fmt: skip
