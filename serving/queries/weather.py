"""Questions of the Weather page. Weather is known by hour and city, and tells riders apart but not bikes.

An effect is of one of rain, temperature and wind with the others held. Hours are measured against what they are
expected to have: a typical dry hour of the same city, month, hour and kind of day, times what dry hours of that
city and month have of theirs where the others are the same. Temperature and wind are told from dry hours only.
"""

from __future__ import annotations

import polars as pl

from analysis import stats
from lake.words import many
from serving.filters import Filters
from serving.findings import changed
from serving.queries.shared import COVERED, NOT_COVERED, days_here
from serving.reader import Reader

#: For each: what else is the same in the hours it is compared with, and which hours tell its effect.
_HELD = {
    "rain": ("temperature_band, wind_band", "true"),
    "temperature": ("wind_band", "precipitation_mm < 0.1"),
    "wind": ("temperature_band", "precipitation_mm < 0.1"),
}


def _hours(chosen: Filters, kind: str = "rain") -> str:
    """Return the query of the chosen hours with known weather, for a `with` clause.

    `hours` are those of each city, `compared` those that tell the effect of `kind`, beside the trips expected of
    such an hour of the riders asked about. These are learnt from the whole months, however few of their days
    are chosen; strata of fewer than three dry hours tell nothing.
    """
    trips = {None: "trips", "member": "member_trips", "casual": "casual_trips"}.get(
        chosen.member, "trips - member_trips - casual_trips"
    )
    others, telling = _HELD[kind]
    return f"""
{COVERED},
weather as (
    select *, temperature_c is not null and precipitation_mm is not null and wind_speed_kmh is not null
        as is_known
    from gold.mart_weather_effect
    where trip_month between strftime(cast($first as date), '%Y-%m')
        and strftime(cast($last as date), '%Y-%m')
),
known as (
    select weather.trip_month, trip_date, trip_hour, city, ({trips})::bigint as trips,
        temperature_c, precipitation_mm, wind_speed_kmh, temperature_band, rain_band, wind_band, is_off,
        bool_and(is_known) over (partition by city, trip_date) as is_whole_day
    from weather
    inner join (select city, trip_date, is_off from whole) using (city, trip_date)
    qualify is_known
),
hours as (select * from known where trip_date between $first and $last),
typical as (
    select *,
        if(
            count(*) filter (where precipitation_mm < 0.1) over same >= 3,
            median(trips) filter (where precipitation_mm < 0.1) over same,
            null
        ) as typical
    from known
    window same as (partition by city, trip_month, trip_hour, is_off)
),
alike as (
    select *,
        if(
            count(*) filter (where precipitation_mm < 0.1) over held >= 3,
            typical * sum(trips) filter (where precipitation_mm < 0.1) over held
                / sum(typical) filter (where precipitation_mm < 0.1) over held,
            null
        ) as expected
    from typical
    where typical > 0
    window held as (partition by city, trip_month, {others})
),
compared as (
    select * from alike
    where trip_date between $first and $last and expected > 0 and {telling}
)"""


def hours(reader: Reader, chosen: Filters) -> pl.DataFrame:
    """Return the chosen hours with known weather, in order, for the what-if.

    Columns: trip_month, trip_date, trip_hour, city, trips, temperature_c, precipitation_mm, wind_speed_kmh,
    is_off (weekend or holiday), is_whole_day (the weather of all its hours is known).
    """
    return reader.ask(
        f"""
        with {_hours(chosen)}
        select trip_month, trip_date, trip_hour, city, trips,
            temperature_c, precipitation_mm, wind_speed_kmh, is_off, is_whole_day
        from hours
        order by city, trip_date, trip_hour
        """,
        **chosen.parameters,
    )


def by_temperature(reader: Reader, chosen: Filters) -> pl.DataFrame:
    """Return trips an hour by two degrees of temperature, from 6 to 22 o'clock.

    Cities are added up hour by hour, and then hours are averaged; a day is off if it is in either city.
    Columns: kind (working day or day off), temperature_c (middle of the step), low, trips and high (lower
    quartile, mean and upper quartile of the hours), hours. Steps with fewer than five hours are left out.
    """
    return reader.ask(
        f"""
        with {_hours(chosen)},
        together as (
            select trip_date, trip_hour, any_value(temperature_c) as temperature_c, sum(trips) as trips
            from hours
            where trip_hour between 6 and 22
            group by trip_date, trip_hour
        )
        select if(is_off, 'day off', 'working day') as kind,
            2 * floor(temperature_c / 2) + 1 as temperature_c,
            quantile_cont(trips, 0.25) as low,
            round(avg(trips), 1) as trips,
            quantile_cont(trips, 0.75) as high,
            count(*) as hours
        from together inner join (select trip_date, is_off from days) using (trip_date)
        group by all
        having count(*) >= 5
        order by kind desc, temperature_c
        """,
        **chosen.parameters,
    )


def _by_day(reader: Reader, chosen: Filters, kind: str) -> pl.DataFrame:
    return reader.ask(
        f"""
        with {_hours(chosen, kind)}
        select {kind}_band[4:] as band, {kind}_band as place, trip_date, cast(sum(trips) as bigint) as trips,
            sum(expected) as expected, count(distinct trip_hour) as hours
        from compared
        group by all
        order by place, trip_date
        """,
        **chosen.parameters,
    )


def by_band(reader: Reader, chosen: Filters, kind: str) -> pl.DataFrame:
    """Return the effect of `kind` (`rain`, `wind` or `temperature`) by its bands, the others held.

    Columns: band, change (-0.2 is a fifth fewer than expected), low and high (95 % interval, null of one day
    only), trips, expected, days, hours (of the clock: one that two cities share is one).
    """
    rows: list[tuple[object, ...]] = []
    for (band,), part in _by_day(reader, chosen, kind).group_by("band", maintain_order=True):
        trips, expected = int(part["trips"].sum()), float(part["expected"].sum())
        ends: list[float | None] = [None, None]
        if part.height > 1 and trips > 0:
            effect = stats.ratio_of_sums(str(band), part["trips"], part["expected"])
            ends = [round(effect.low / 100, 4), round(effect.high / 100, 4)]
        change = round(trips / expected - 1, 4)
        rows.append((band, change, *ends, trips, round(expected, 1), part.height, int(part["hours"].sum())))
    schema = {"band": pl.String, "change": pl.Float64, "low": pl.Float64, "high": pl.Float64,
              "trips": pl.Int64, "expected": pl.Float64, "days": pl.Int64, "hours": pl.Int64}  # fmt: skip
    return pl.DataFrame(rows, schema, orient="row")


def told(reader: Reader, chosen: Filters) -> str:
    """Say what rain did to trips: the sentence of the page.

    Raises:
        TooLittleDataError: there are no two days with rain to compare.
    """
    wet = _by_day(reader, chosen, "rain").filter(pl.col("band") != "dry")
    if wet.is_empty():
        raise stats.TooLittleDataError(_why_no_rain(reader, chosen))
    by_day = wet.group_by("trip_date").agg(pl.col("trips", "expected", "hours").sum())
    effect = stats.ratio_of_sums("hours with rain", by_day["trips"], by_day["expected"])
    over = f"{many(int(by_day['hours'].sum()), 'wet hour')} on {many(by_day.height, 'day')}"
    return changed("Rain", effect, over)


def _why_no_rain(reader: Reader, chosen: Filters) -> str:
    if not days_here(reader, chosen):
        return NOT_COVERED
    known = hours(reader, chosen)
    if known.is_empty():
        return "the weather of none of these days is known"
    rain = known.filter(pl.col("precipitation_mm") >= 0.1).select("trip_date", "trip_hour").n_unique()
    if not rain:
        return "in none of the hours whose weather is known did it rain"
    return f"{many(rain, 'hour')} with rain, and no three dry ones of their kind with trips to compare with"


def rain_by_hour(reader: Reader, chosen: Filters) -> pl.DataFrame:
    """Return the effect of rain by hour of the day, the others held: band, trip_hour, change, hours.

    Cells with fewer than three hours are left out.
    """
    return reader.ask(
        f"""
        with {_hours(chosen)}
        select rain_band[4:] as band, trip_hour,
            round(sum(trips) / sum(expected) - 1, 4) as change, count(distinct trip_date) as hours
        from compared
        group by rain_band, trip_hour
        having hours >= 3
        order by rain_band, trip_hour
        """,
        **chosen.parameters,
    )


def why(reader: Reader, filters: Filters, nothing: str, few: str, *, compared: bool = True) -> str:
    """Say why a figure is empty: the weather is not known, there is nothing to compare with, or too few.

    `nothing` is what is said where the choice has no days at all.
    """
    found = hours(reader, filters)
    if found.is_empty() and days_here(reader, filters):
        if reader.ask("from gold.mart_weather_effect where temperature_c is not null limit 1").is_empty():
            return "The snapshot knows the weather of no day: Lake health says what became of its batches."
        return "No hour of these days has both trips and known weather. Choose other dates."
    if found.is_empty():
        return nothing
    known = f"Of these days {found.select('trip_date', 'trip_hour').n_unique():,} hours have known weather"
    if compared and by_band(reader, filters, "rain").is_empty():
        return f"{known}; their months have no three dry hours like them with trips to compare with."
    return f"{known}, {few}. More days would tell."


def unknown(days: pl.DataFrame) -> str:
    """Say on how many of `weather_days` the weather is not known, or ``."""
    gone = days["temperature_mean_c"].null_count()
    told = many(days.height, "day")
    return f"The weather of {gone:,} of {told} is not known, or not of every hour." if gone else ""
