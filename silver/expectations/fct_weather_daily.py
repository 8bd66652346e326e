"""Daily weather: one row per place and New York day."""

from __future__ import annotations

from bronze.expectations.rules import (
    FINDING,
    WARNING,
    between,
    broken_query,
    broken_rows,
    columns_are,
    unique,
)

RULES = [
    columns_are(
        [
            "location", "weather_date", "hours", "is_complete", "temperature_mean_c", "temperature_min_c",
            "temperature_max_c", "precipitation_mm", "rain_mm", "snowfall_cm", "wind_speed_mean_kmh",
            "wind_speed_max_kmh", "wind_gusts_max_kmh", "cloud_cover_mean_pct", "is_wet",
        ],
        "Marts read these columns by name.",
    ),
    unique("location", "weather_date", reason="A day listed twice doubles its trips where it is looked up."),
    broken_rows(
        "key",
        "every row has its place and day",
        "location is null or weather_date is null",
        reason="A row without its key is matched with no trip.",
        show=("location", "weather_date"),
    ),
    between("hours", 1, 25, reason="More hours than a day has means that an hour was counted twice."),
    broken_query(
        "complete",
        "days called complete have all the hours of their day",
        """
        select * from (select * from {batch}) as weather
        where is_complete is null or (is_complete and hours <> (
            select max(hours_in_day) from silver.dim_dates where date_day = weather.weather_date
        ))
        """,
        reason="Totals of incomplete days are too small and must not pass for whole ones.",
        show=("location", "weather_date", "hours", "is_complete"),
    ),
    broken_rows(
        "temperatures",
        "the mean temperature lies between the lowest and the highest",
        "temperature_mean_c not between temperature_min_c - 0.01 and temperature_max_c + 0.01",
        reason="The three are taken from the same hours.",
        show=("weather_date", "temperature_min_c", "temperature_mean_c", "temperature_max_c"),
    ),
    between(
        "temperature_mean_c", -30, 42,
        reason="No day in New York was ever so cold or hot on average; a single one is the upstream's.",
        mostly=0.99,
    ),
    between(
        "precipitation_mm", 0, 400,
        reason="More than any day on record: hours were counted twice; a single one is the upstream's.",
        mostly=0.99,
    ),
    broken_rows(
        "wet",
        "wet days are those with at least 1 mm",
        "precipitation_mm is not null and is_wet is distinct from (precipitation_mm >= 1)",
        reason="Wet and dry days are compared by this flag.",
        show=("weather_date", "precipitation_mm", "is_wet"),
    ),
    broken_query(
        "same_rain",
        "the precipitation of complete days adds up to their hours'",
        """
        select * from (
            select
                (
                    select round(sum(precipitation_mm), 1) from silver.fct_weather_hourly
                    where (location, weather_date) in (
                        select (location, weather_date) from {batch} where is_complete
                    )
                ) as hourly_mm,
                round(sum(precipitation_mm) filter (is_complete), 1) as daily_mm
            from {batch}
        )
        where abs(hourly_mm - daily_mm) > 1
        """,
        reason="Rain lost or doubled between the two tables moves days from dry to wet.",
        counts=FINDING,
    ),
    broken_rows(
        "mostly_complete",
        "nearly every day is complete",
        "not is_complete",
        reason="Incomplete days are left out of comparisons; many of them thin out the result.",
        severity=WARNING,
        tolerance=0.1,
        show=("weather_date", "hours"),
    ),
]  # fmt: skip
