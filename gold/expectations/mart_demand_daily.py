"""Demand by day: one row per local day, city, kind of rider and kind of bike."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bronze.expectations.rules import (
    FINDING,
    WARNING,
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

_KEY = ("trip_date", "city", "member_type", "bike_type")

RULES = [
    not_empty("This mart feeds the first page."),
    columns_are(
        [
            "trip_month", *_KEY, "trips", "false_starts", "lost_bikes", "duration_minutes_total",
            "median_duration_minutes", "day_of_week", "is_weekend", "is_holiday", "holiday_name", "season",
            "temperature_mean_c", "precipitation_mm",
        ],
        "Pages and notebooks read these columns by name.",
    ),
    unique(*_KEY, reason="A second row for the same key is counted twice in every total."),
    broken_query(
        "all_trips",
        "the trips add up to all trips kept",
        """
        select * from (
            select sum(trips) as trips, (select count(*) from silver.fct_trips) as trips_in_silver
            from {batch}
        )
        where trips <> trips_in_silver
        """,
        reason="Every page shows this total; a join that drops or doubles rows shows up here.",
        counts=FINDING,
    ),
    broken_rows(
        "key",
        "every row has its day, and the month of that day",
        "trip_date is null or trip_month is distinct from strftime(trip_date, '%Y-%m')",
        reason="A row in another month's files is not rebuilt with its month.",
        show=("trip_month", *_KEY),
    ),
    in_set("city", ["nyc", "jc"], reason="A city that no page knows is shown nowhere."),
    in_set("member_type", ["member", "casual", "unknown"], reason="Another value escapes every filter."),
    in_set("bike_type", ["classic", "electric", "unknown"], reason="Another value escapes every filter."),
    broken_rows(
        "parts",
        "there is a trip in every row, and false starts and lost bikes are among the trips",
        "coalesce(trips, 0) < 1 or coalesce(false_starts, -1) < 0 or coalesce(lost_bikes, -1) < 0 "
        "or false_starts + lost_bikes > trips",
        reason="A part larger than the whole means that rows were counted in different ways.",
        show=(*_KEY, "trips", "false_starts", "lost_bikes"),
    ),
    broken_rows(
        "durations",
        "durations are possible: no trip counted in them lasts longer than a day",
        "duration_minutes_total < 0 or duration_minutes_total > 1440.0 * (trips - lost_bikes) "
        "or median_duration_minutes not between 1 and 1440",
        reason="Minutes and seconds mixed up, or lost bikes among the ordinary trips.",
        show=(*_KEY, "trips", "duration_minutes_total", "median_duration_minutes"),
    ),
    broken_rows(
        "day",
        "weekday, weekend and holiday are known",
        "day_of_week is distinct from isodow(trip_date) or is_weekend is null or is_holiday is null",
        reason="A day missing from dim_dates would be neither an ordinary day nor a holiday.",
        show=("trip_date", "day_of_week", "is_weekend", "is_holiday"),
    ),
    broken_rows(
        "weather",
        "nearly every row has the day's weather",
        "temperature_mean_c is null",
        reason="Days without weather are left out of comparisons by weather.",
        severity=WARNING,
        tolerance=0.1,
        show=("trip_date", "temperature_mean_c"),
    ),
]  # fmt: skip


def suite() -> gx.ExpectationSuite:
    """Return the suite for demand by day."""
    return build("gold.mart_demand_daily", RULES)
