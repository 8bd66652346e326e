"""Bikes and docks by station and hour: one row per system, station, local day and hour."""

from __future__ import annotations

from bronze.expectations.rules import (
    FINDING,
    between,
    broken_query,
    broken_rows,
    columns,
    columns_are,
    unique,
)

_KEY = ("system", "station_id", "status_date", "status_hour")
_MINUTES = (
    "minutes_out_of_service", "minutes_empty", "minutes_full", "minutes_empty_and_full", "minutes_available",
)  # fmt: skip

RULES = [
    columns_are(
        [
            "status_month", *_KEY, "short_name", "station_name", "city", "latitude", "longitude",
            "lies_elsewhere", "capacity", "polls", "minutes_observed", *_MINUTES, "is_short_name_shared",
            "departures", "arrivals", "net_flow",
        ],
        "Pages read these columns by name.",
    ),
    unique(*_KEY, reason="An hour listed twice is empty twice as long."),
    broken_rows(
        "key",
        "every row has its station and hour, in the month of its day",
        "system is null or station_id is null or status_hour is null or polls is null "
        "or status_month is distinct from strftime(status_date, '%Y-%m')",
        reason="A row in another month's files is not rebuilt with its month.",
        show=(*_KEY, "status_month"),
    ),
    broken_rows(
        "minutes",
        "minutes add up to those observed, and none is less than nothing",
        "not coalesce(minutes_observed > 0 and minutes_observed <= 120 and abs(minutes_out_of_service + minutes_empty "
        "+ minutes_full - minutes_empty_and_full + minutes_available - minutes_observed) < 0.001 "
        f"and least({', '.join(_MINUTES)}) >= 0, false)",
        reason="A share of time is of the minutes that were seen.",
        show=(*_KEY, "minutes_observed", *_MINUTES),
    ),
    broken_query(
        "all_polls",
        "every answer about every station is in its hour",
        """
        select * from (
            select coalesce(sum(polls), 0) as polls, (select count(*) from silver.fct_station_status) as statuses
            from {batch}
        )
        where polls <> statuses
        """,
        reason="A month that was not rebuilt with its answers shows here.",
        counts=FINDING,
    ),
    broken_rows(
        "net_flow",
        "net flow is arrivals minus departures, and all three are known or none",
        "net_flow is distinct from arrivals - departures or (departures is null) <> (arrivals is null) "
        "or departures < 0 or arrivals < 0",
        reason="Half of what moved is no net flow.",
        show=(*_KEY, "departures", "arrivals", "net_flow"),
    ),
    broken_rows(
        "whose_trips",
        "trips are known only where one station has the name, and a city",
        "departures is not null and (is_short_name_shared or short_name is null or city is null)",
        reason="Trips of two stations of one name cannot be told apart.",
        show=(*_KEY, "short_name", "departures"),
    ),
    between("status_hour", 0, 23, reason="Hours of the day are shown from 0 to 23."),
    columns.city(),
    columns.place(show=(*_KEY, "latitude", "longitude")),
    columns.lies_elsewhere(show=(*_KEY, "station_name")),
]  # fmt: skip
