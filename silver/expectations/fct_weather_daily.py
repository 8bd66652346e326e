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

_HOURS = {
    "temperature_hours": ("temperature_mean_c", "temperature_min_c", "temperature_max_c"),
    "precipitation_hours": ("precipitation_mm", "is_wet"),
    "rain_hours": ("rain_mm",),
    "snowfall_hours": ("snowfall_cm",),
    "wind_speed_hours": ("wind_speed_mean_kmh", "wind_speed_max_kmh"),
    "wind_gusts_hours": ("wind_gusts_max_kmh",),
    "cloud_cover_hours": ("cloud_cover_mean_pct",),
}

RULES = [
    columns_are(
        [
            "location", "weather_date", "hours", "is_complete", *_HOURS, "temperature_mean_c", "temperature_min_c",
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
    between("hours", 0, 25, reason="More hours than a day has means that an hour was counted twice."),
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
    broken_query(
        "whole",
        "a figure is there just where all hours of its variable are known",
        f"""
        select * from (
            select *, (select max(hours_in_day) from silver.dim_dates where date_day = weather_date) as all_hours
            from (select * from {{batch}}) as weather
        )
        where {
            " or ".join(
                f"({hours} is distinct from all_hours) <> ({figure} is null)"
                for hours, figures in _HOURS.items()
                for figure in figures
            )
        }
        """,
        reason="A total or a mean of some of a day's hours passes for the day's.",
        show=("location", "weather_date", *_HOURS),
    ),
    broken_rows(
        "temperatures",
        "the mean temperature lies between the lowest and the highest",
        "temperature_mean_c not between temperature_min_c - 0.01 and temperature_max_c + 0.01",
        reason="The three are taken from the same hours.",
        show=("weather_date", "temperature_min_c", "temperature_mean_c", "temperature_max_c"),
    ),
    between("temperature_mean_c", -40, 50, reason="Its hours lie between these: it is no mean of them."),
    between("precipitation_mm", 0, 5000, reason="More than 25 hours of 200 mm: hours were counted twice."),
    broken_rows(
        "usual",
        "no day is colder, hotter or wetter than any on record",
        "temperature_mean_c not between -30 and 42 or precipitation_mm > 400",
        reason="No day in New York ever was: the unit may be another one than the upstream says.",
        severity=WARNING,
        show=("weather_date", "temperature_mean_c", "precipitation_mm"),
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
        "the precipitation of the days that have it adds up to their hours'",
        """
        select * from (
            select
                (
                    select round(sum(precipitation_mm), 1) from silver.fct_weather_hourly
                    where (location, weather_date) in (
                        select (location, weather_date) from {batch} where precipitation_mm is not null
                    )
                ) as hourly_mm,
                round(sum(precipitation_mm), 1) as daily_mm
            from {batch}
        )
        where abs(hourly_mm - daily_mm) > 1
        """,
        reason="Rain lost or doubled between the two tables moves days from dry to wet.",
        counts=FINDING,
    ),
    broken_query(
        "one_place",
        "every day has the weather of one place, for marts take the first by name",
        "select * from {batch} qualify count(*) over (partition by weather_date) > 1",
        reason="Another place was configured once: `make hold` keeps its batches out.",
        severity=WARNING,
        show=("location", "weather_date", "temperature_mean_c"),
    ),
    broken_rows(
        "all_known",
        "every day has its temperature, rain and snow",
        "not is_complete",
        reason="Hours of such a day are unknown: it has no total, and comparisons leave it out.",
        severity=WARNING,
        show=("weather_date", "hours", *_HOURS),
    ),
]  # fmt: skip
