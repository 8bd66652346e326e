"""Demand by hour: one row per local day and hour, city, kind of rider and kind of bike."""

from __future__ import annotations

from bronze.expectations.rules import broken_query, broken_rows, columns, columns_are, not_empty, unique

_KEY = ("trip_date", "trip_hour", "city", "member_type", "bike_type")

RULES = [
    not_empty("This mart feeds the page on hours of the day."),
    columns_are(
        ["trip_month", *_KEY, "trips", "day_of_week", "is_weekend", "is_holiday"],
        "Pages and notebooks read these columns by name.",
    ),
    unique(*_KEY, reason="A second row for the same key is counted twice in every total."),
    broken_query(
        "same_as_daily",
        "the hours of each day add up to the day",
        """
        select trip_date, sum(by_hour) as trips_by_hour, sum(by_day) as trips_by_day
        from (
            select trip_date, trips as by_hour, 0 as by_day from {batch}
            union all
            select trip_date, 0 as by_hour, trips as by_day from gold.mart_demand_daily
        )
        group by trip_date
        having sum(by_hour) <> sum(by_day)
        """,
        reason="Two pages that show the same day would not agree.",
        counts="days that differ",
    ),
    columns.trip_day(show=("trip_month", *_KEY)),
    columns.trip_hour(),
    broken_rows(
        "trips",
        "there is a trip in every row",
        "trip_hour is null or coalesce(trips, 0) < 1",
        reason="Hours without trips are left out by agreement; readers fill them in.",
        show=(*_KEY, "trips"),
    ),
    columns.city(),
    columns.member_type(),
    columns.bike_type(),
    columns.kind_of_day(),
]  # fmt: skip
