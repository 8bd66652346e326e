"""Routes: one row per month, start station and end station."""

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

_ROUTE = ("start_station_id", "end_station_id")

RULES = [
    not_empty("This mart feeds the page on routes."),
    columns_are(
        [
            "trip_month", "city", "start_station_id", "start_station_name", "end_station_id",
            "end_station_name", "trips", "member_trips", "electric_trips", "median_duration_minutes",
        ],
        "Pages and notebooks read these columns by name.",
    ),
    unique(
        "trip_month", "city", *_ROUTE,
        reason="A route listed twice, under two names of a station, say, loses its place in the ranking.",
    ),
    broken_query(
        "all_routes",
        "the trips add up to the trips that have both stations",
        """
        select * from (
            select coalesce(sum(trips), 0) as trips,
                (
                    select count(*) from silver.fct_trips
                    where start_station_id is not null and end_station_id is not null
                ) as trips_with_stations
            from {batch}
        )
        where trips <> trips_with_stations
        """,
        reason="Trips lost or doubled on the way to this mart show up here.",
        counts=FINDING,
    ),
    broken_rows(
        "key",
        "every row has its month and both stations",
        "trip_month is null or start_station_id is null or end_station_id is null",
        reason="A route needs both its ends.",
        show=("trip_month", *_ROUTE),
    ),
    columns.city(),
    broken_rows(
        "parts",
        "there is a trip in every row, and members' and electric trips are among the trips",
        "coalesce(trips, 0) < 1 or coalesce(member_trips, -1) not between 0 and trips "
        "or electric_trips not between 0 and trips",
        reason="A part larger than the whole means that rows were counted in different ways.",
        show=("trip_month", *_ROUTE, "trips", "member_trips", "electric_trips"),
    ),
    broken_rows(
        "durations",
        "median durations lie between 0 and 1,440 minutes",
        "median_duration_minutes not between 0 and 1440",
        reason="Minutes and seconds mixed up, or lost bikes among the ordinary trips.",
        show=("trip_month", *_ROUTE, "median_duration_minutes"),
    ),
    broken_rows(
        "names",
        "nearly every route has the names of both stations",
        "start_station_name is null or end_station_name is null",
        reason="A ranking of routes is read by name.",
        severity=WARNING,
        tolerance=0.01,
        show=("trip_month", *_ROUTE),
    ),
]  # fmt: skip
