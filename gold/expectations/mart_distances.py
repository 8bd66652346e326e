"""Distances of trips: one row per local day, city, kind of rider, kind of bike and distance."""

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

_KEY = ("trip_date", "city", "member_type", "bike_type", "kilometres")

RULES = [
    not_empty("Medians of the page of demand come from this mart."),
    columns_are(["trip_month", *_KEY, "trips"], "Pages read these columns by name."),
    unique(*_KEY, reason="A distance listed twice counts its trips twice."),
    broken_query(
        "all_rides",
        "the trips add up to all trips but false starts and lost bikes",
        """
        select * from (
            select sum(trips) as trips, (
                select count(*) from silver.fct_trips where not is_false_start and not is_lost_bike
            ) as rides
            from {batch}
        )
        where trips is distinct from rides
        """,
        reason="A ride that is missing moves the median.",
        counts=FINDING,
    ),
    columns.trip_day(show=("trip_month", *_KEY)),
    columns.city(),
    columns.member_type(),
    columns.bike_type(),
    between(
        "kilometres",
        0,
        200,
        reason="No station with a place lies farther away; null is an end without one.",
    ),
    broken_rows(
        "some_trip",
        "there is a trip in every row",
        "coalesce(trips, 0) < 1",
        reason="A row without trips is no distance that anybody rode.",
        show=(*_KEY, "trips"),
    ),
]
