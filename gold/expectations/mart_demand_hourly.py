"""Demand by hour: one row per local day and hour, city, kind of rider and kind of bike."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bronze.expectations.rules import (
    between,
    broken_query,
    broken_rows,
    build,
    columns_are,
    in_set,
    not_empty,
    unique,
)

if TYPE_CHECKING:
    import great_expectations as gx

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
    broken_rows(
        "key",
        "every row has its day, and the month of that day",
        "trip_date is null or trip_month is distinct from strftime(trip_date, '%Y-%m')",
        reason="A row in another month's files is not rebuilt with its month.",
        show=("trip_month", *_KEY),
    ),
    between("trip_hour", 0, 23, reason="Hours of the day are shown from 0 to 23."),
    broken_rows(
        "trips",
        "there is a trip in every row",
        "trip_hour is null or coalesce(trips, 0) < 1",
        reason="Hours without trips are left out by agreement; readers fill them in.",
        show=(*_KEY, "trips"),
    ),
    in_set("city", ["nyc", "jc"], reason="A city that no page knows is shown nowhere."),
    in_set("member_type", ["member", "casual", "unknown"], reason="Another value escapes every filter."),
    in_set("bike_type", ["classic", "electric", "unknown"], reason="Another value escapes every filter."),
    broken_rows(
        "day",
        "weekday, weekend and holiday are known",
        "day_of_week is distinct from isodow(trip_date) or is_weekend is null or is_holiday is null",
        reason="A day missing from dim_dates would be neither an ordinary day nor a holiday.",
        show=("trip_date", "day_of_week", "is_weekend", "is_holiday"),
    ),
]  # fmt: skip


def suite() -> gx.ExpectationSuite:
    """Return the suite for demand by hour."""
    return build("gold.mart_demand_hourly", RULES)
