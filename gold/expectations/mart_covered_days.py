"""Covered days: one row per city and local day that can be compared with others."""

from __future__ import annotations

from bronze.expectations.rules import broken_query, broken_rows, columns, columns_are, unique

_KEY = ("city", "trip_date")

RULES = [
    columns_are(
        [
            "trip_month", *_KEY, "trips", "day_of_week", "is_weekend", "is_holiday", "holiday_name", "season",
            "temperature_mean_c", "precipitation_mm", "wind_speed_mean_kmh", "is_wet",
        ],
        "Pages read these columns by name.",
    ),
    unique(*_KEY, reason="A day listed twice counts twice in every mean by day."),
    columns.trip_day(show=("trip_month", *_KEY)),
    columns.kind_of_day(),
    columns.city(),
    broken_rows(
        "trips",
        "every day says how many trips it had",
        "coalesce(trips, -1) < 0",
        reason="A covered day without trips is a day with none, and counts as zero.",
        show=(*_KEY, "trips"),
    ),
    broken_rows(
        "is_wet",
        "a day is wet from 1 mm on, and neither where that is not known",
        "is_wet is distinct from precipitation_mm >= 1",
        reason="What rain costs is the difference between wet days and dry ones.",
        show=(*_KEY, "precipitation_mm", "is_wet"),
    ),
    broken_query(
        "months_covered",
        "the days are those that the own trips of covered months reach",
        """
        select * from {batch} as days anti join silver.covered_months as months
            on days.city = months.city and days.trip_month = months.trip_month
            and days.trip_date between months.first_day and months.last_day
        """,
        reason="A day with strays only looks like one on which hardly anybody rode.",
        show=("trip_month", *_KEY),
    ),
    broken_query(
        "same_as_daily",
        "its trips are those of the city's days in demand by day",
        """
        select * from (
            select (select sum(trips) from {batch}) as trips, (
                select sum(trips) from gold.mart_demand_daily as daily
                semi join silver.covered_months as months
                    on daily.city = months.city and daily.trip_month = months.trip_month
                    and daily.trip_date between months.first_day and months.last_day
            ) as trips_by_day
        )
        where trips is distinct from trips_by_day
        """,
        reason="Days lost here are missing from every comparison.",
        counts="finding",
    ),
]  # fmt: skip
