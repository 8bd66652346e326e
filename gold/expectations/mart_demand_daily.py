"""Demand by day: one row per local day, city, kind of rider and kind of bike."""

from __future__ import annotations

from bronze.expectations.rules import WARNING, broken_rows, columns, columns_are, not_empty, unique

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
    columns.every_trip("Every page shows this total; a join that drops or doubles rows shows up here."),
    columns.trip_day(show=("trip_month", *_KEY)),
    columns.city(),
    columns.member_type(),
    columns.bike_type(),
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
    columns.kind_of_day(),
    broken_rows(
        "weather",
        "nearly every row has the day's weather",
        "temperature_mean_c is null or precipitation_mm is null",
        reason="Days without weather are left out of comparisons by weather.",
        severity=WARNING,
        tolerance=0.1,
        show=("trip_date", "temperature_mean_c", "precipitation_mm"),
    ),
]  # fmt: skip
