"""Hourly weather: one row per place and hour, metric, in New York time."""

from __future__ import annotations

from bronze.expectations.rules import (
    WARNING,
    between,
    broken_query,
    broken_rows,
    columns_are,
    not_null,
    unique,
)

RULES = [
    columns_are(
        [
            "location", "hour_utc", "hour_local", "weather_date", "weather_hour", "temperature_c",
            "apparent_temperature_c", "relative_humidity_pct", "precipitation_mm", "rain_mm", "snowfall_cm",
            "wind_speed_kmh", "wind_gusts_kmh", "cloud_cover_pct", "weather_code",
            "impossible_values", "batch", "version",
        ],
        "Marts read these columns by name.",
    ),
    unique(
        "location", "hour_utc",
        reason="Months overlap by a day on each side; an hour kept twice doubles its rain and its trips.",
    ),
    broken_rows(
        "times",
        "hours are there, and local ones are New York's at that instant",
        "location is null or hour_utc is null or hour_local is distinct from "
        "(hour_utc at time zone 'UTC') at time zone 'America/New_York'",
        reason="An hour's error makes trips meet the weather of another hour.",
        show=("location", "hour_utc", "hour_local"),
    ),
    broken_rows(
        "derived",
        "date and hour are those of the local time",
        "weather_date is distinct from cast(hour_local as date) "
        "or weather_hour is distinct from hour(hour_local)",
        reason="Trips are matched with the weather by these two.",
        show=("hour_local", "weather_date", "weather_hour"),
    ),
    # A unit that was not converted bends many hours; a few are the upstream's, and refuse no other month.
    between("temperature_c", -40, 50, reason="Outside this the unit was not converted.", mostly=0.99),
    between("precipitation_mm", 0, 200, reason="Outside this the unit was not converted.", mostly=0.99),
    between("wind_speed_kmh", 0, 250, reason="Outside this the unit was not converted.", severity=WARNING),
    between("relative_humidity_pct", 0, 100, reason="A share cannot be outside this.", severity=WARNING),
    between("cloud_cover_pct", 0, 100, reason="A share cannot be outside this.", severity=WARNING),
    broken_rows(
        "impossible",
        "every value is one that can be",
        "len(impossible_values) > 0",
        reason="Sentinels such as -999, or a changed unit: the values count as unknown, and their days lack "
        "totals.",
        severity=WARNING,
        show=("hour_utc", "impossible_values"),
    ),
    broken_rows(
        "rain_within",
        "rain is not more than all precipitation",
        "rain_mm > precipitation_mm + 0.1",
        reason="Part and whole have been mixed up, or their units differ.",
        severity=WARNING,
        tolerance=0.01,
        show=("hour_utc", "rain_mm", "precipitation_mm"),
    ),
    not_null(
        "temperature_c", mostly=0.95,
        reason="Hours without temperature fall out of comparisons by weather.",
        severity=WARNING,
    ),
    broken_query(
        "covers_trips",
        "every covered month has weather",
        # Of a month with strays only nobody asks for weather.
        """
        select distinct trip_month as missing_month from silver.covered_months
        where trip_month not in (
            select strftime(hour_local, '%Y-%m') from {batch} where temperature_c is not null
        )
        """,
        reason="Trips of such a month are left out of every comparison by weather.",
        severity=WARNING,
        counts="covered months without weather",
    ),
]  # fmt: skip
