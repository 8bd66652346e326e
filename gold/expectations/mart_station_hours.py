"""Stations by hour: one row per month of the start, station, local day and hour."""

from __future__ import annotations

from bronze.expectations.rules import (
    FINDING,
    between,
    broken_query,
    broken_rows,
    columns,
    columns_are,
    not_empty,
    unique,
)

_KEY = ("trip_month", "moved_on", "moved_hour", "station_id")

RULES = [
    not_empty("This mart tells what has to be carried."),
    columns_are([*_KEY, "city", "departures", "arrivals"], "Pages read these columns by name."),
    unique(*_KEY, reason="An hour listed twice moves its bikes twice."),
    broken_query(
        "all_movements",
        "departures and arrivals are those of the stations by month",
        """
        select * from (
            select sum(departures) as departures, sum(arrivals) as arrivals,
                (select sum(departures) from gold.mart_station_stats) as departures_by_month,
                (select sum(arrivals) from gold.mart_station_stats) as arrivals_by_month
            from {batch}
        )
        where departures is distinct from departures_by_month or arrivals is distinct from arrivals_by_month
        """,
        reason="Both count the same ends of the same trips; one that is lost changes what has to be carried.",
        counts=FINDING,
    ),
    broken_rows(
        "key",
        "every row has its month, day and station",
        "trip_month is null or moved_on is null or station_id is null or moved_hour is null",
        reason="A row without them is of no day.",
        show=_KEY,
    ),
    broken_rows(
        "movements",
        "something left or came in every row",
        "coalesce(departures, -1) < 0 or coalesce(arrivals, -1) < 0 or departures + arrivals = 0",
        reason="An hour without a movement has no row.",
        show=(*_KEY, "departures", "arrivals"),
    ),
    between("moved_hour", 0, 23, reason="Hours of the day are shown from 0 to 23."),
    columns.city(),
]
