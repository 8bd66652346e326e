"""Questions of the Weather page. Weather is known by hour and city, and tells riders apart but not bikes."""

from __future__ import annotations

import polars as pl

from serving.filters import Filters
from serving.queries.shared import COVERED
from serving.reader import Reader


def _hours(chosen: Filters) -> str:
    """Return the query of the chosen hours with known weather, for a `with` clause.

    `hours` are those of each city, `compared` the same beside what such an hour is like when it is dry, for
    the riders asked about. That is learnt from the whole months, however few of their days are chosen.
    """
    trips = {None: "trips", "member": "member_trips", "casual": "casual_trips"}.get(
        chosen.member, "trips - member_trips - casual_trips"
    )
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
compared as (select * from typical where trip_date between $first and $last and typical > 0)"""


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


def by_band(reader: Reader, chosen: Filters, kind: str) -> pl.DataFrame:
    """Return demand against a typical dry hour by band of `kind` (`rain`, `wind` or `temperature`).

    Columns: band, change (-0.2 is a fifth fewer), low and high (the middle half of the days), trips, hours (of
    the clock: one that two cities share is one).
    """
    return reader.ask(
        f"""
        with {_hours(chosen)},
        by_day as (
            select {kind}_band as band, trip_date, sum(trips) as trips, sum(typical) as typical,
                count(distinct trip_hour) as hours
            from compared
            group by all
        )
        select band[4:] as band, round(sum(trips) / sum(typical) - 1, 4) as change,
            round(quantile_cont(trips / typical, 0.25) - 1, 4) as low,
            round(quantile_cont(trips / typical, 0.75) - 1, 4) as high,
            sum(trips)::bigint as trips, sum(hours)::bigint as hours
        from by_day
        group by by_day.band
        order by by_day.band
        """,
        **chosen.parameters,
    )


def rain_by_hour(reader: Reader, chosen: Filters) -> pl.DataFrame:
    """Return demand against a typical dry hour by rain and hour of the day: band, trip_hour, change, hours.

    Cells with fewer than three hours are left out.
    """
    return reader.ask(
        f"""
        with {_hours(chosen)}
        select rain_band[4:] as band, trip_hour,
            round(sum(trips) / sum(typical) - 1, 4) as change, count(distinct trip_date) as hours
        from compared
        group by rain_band, trip_hour
        having hours >= 3
        order by rain_band, trip_hour
        """,
        **chosen.parameters,
    )
