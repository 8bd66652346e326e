"""Stations by month: one row per month, station, kind of rider and kind of bike."""

from __future__ import annotations

from bronze.expectations.rules import (
    FINDING,
    WARNING,
    broken_query,
    broken_rows,
    columns,
    columns_are,
    not_empty,
    unique,
)

_KEY = ("trip_month", "station_id", "member_type", "bike_type")

RULES = [
    not_empty("This mart feeds the map."),
    columns_are(
        [
            *_KEY, "station_name", "city", "latitude", "longitude", "lies_elsewhere", "departures", "arrivals",
            "net_flow",
        ],
        "Pages and notebooks read these columns by name.",
    ),
    unique(*_KEY, reason="A second row for the same key is counted twice in every total."),
    broken_query(
        "all_departures",
        "departures and arrivals add up to the trips with a start and with an end station",
        """
        select * from (
            select coalesce(sum(departures), 0) as departures, coalesce(sum(arrivals), 0) as arrivals,
                (select count(start_station_id) from silver.fct_trips) as trips_with_start,
                (select count(end_station_id) from silver.fct_trips) as trips_with_end
            from {batch}
        )
        where departures <> trips_with_start or arrivals <> trips_with_end
        """,
        reason="Trips lost or doubled in looking up stations show up here.",
        counts=FINDING,
    ),
    broken_rows(
        "key",
        "every row has its month and station, and a station with a place its city",
        "trip_month is null or station_id is null or (city is null and latitude is not null)",
        reason="A row without them is on no list; only depots without a place have no city.",
        show=_KEY,
    ),
    broken_rows(
        "net_flow",
        "net flow is arrivals minus departures",
        "net_flow is distinct from arrivals - departures or coalesce(arrivals, -1) < 0 "
        "or coalesce(departures, -1) < 0",
        reason="Stations that fill up or run empty are found by it; a wrong sign sends bikes the wrong way.",
        show=("trip_month", "station_id", "departures", "arrivals", "net_flow"),
    ),
    broken_rows(
        "some_trip",
        "there is a departure or an arrival in every row",
        "departures + arrivals = 0",
        reason="Rows without trips make stations look open in months when they were not.",
        severity=WARNING,
        show=(*_KEY, "departures", "arrivals"),
    ),
    columns.city(),
    columns.member_type(),
    columns.bike_type(),
    columns.place(show=("station_id", "station_name", "latitude", "longitude")),
    columns.lies_elsewhere(show=("trip_month", "station_id", "station_name")),
    broken_rows(
        "placed",
        "nearly every station can be placed on the map",
        "latitude is null or longitude is null",
        reason="Stations without coordinates are listed, but not drawn.",
        severity=WARNING,
        tolerance=0.05,
        show=("station_id", "station_name"),
    ),
]  # fmt: skip
