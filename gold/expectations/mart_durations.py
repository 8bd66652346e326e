"""Lengths of trips: one row per local day, city, kind of rider, kind of bike and length."""

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

_KEY = ("trip_date", "city", "member_type", "bike_type", "minutes")

RULES = [
    not_empty("Medians of the first page come from this mart."),
    columns_are(["trip_month", *_KEY, "trips"], "Pages read these columns by name."),
    unique(*_KEY, reason="A length listed twice counts its trips twice."),
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
    between("minutes", 1, 1440, reason="Shorter ones are false starts, and longer ones lost bikes."),
    broken_rows(
        "some_trip",
        "there is a trip in every row",
        "coalesce(trips, 0) < 1",
        reason="A row without trips is no length that anybody rode.",
        show=(*_KEY, "trips"),
    ),
]
