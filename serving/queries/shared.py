"""Questions that more than one page asks."""

from __future__ import annotations

from datetime import date

import polars as pl

from serving.filters import CHOSEN, Filters
from serving.reader import Reader

#: Days on which a city was in service, for a `with` clause. The weather mart has a row for every hour of
#: them, whether anybody rode or not; days with a few stray trips of another month's file have fewer.
COVERED = """
covered as (
    select city, trip_date
    from gold.mart_weather_effect
    where ($city is null or city = $city)
    group by city, trip_date
    having count(*) >= 23
)
"""


def bounds(reader: Reader) -> tuple[date, date] | None:
    """Return the first and last day with trips, or None if there is none."""
    first, last = reader.ask("select min(trip_date), max(trip_date) from gold.mart_demand_daily").row(0)
    return (first, last) if first else None


def trend(reader: Reader, chosen: Filters) -> pl.DataFrame:
    """Return trips a day on the chosen days that the lake covers, in order.

    Columns: trip_date; trips (0 on a covered day without any); week, the mean of the seven days up to it
    (null until there are seven in a row); stretch, a number that is the same for days without a gap between
    them; holiday_name.
    """
    return reader.ask(
        f"""
        with {COVERED},
        days as (
            select distinct trip_date from covered
            -- Six days more, for the first rolling means.
            where trip_date between cast($first as date) - 6 and $last
        ),
        counted as (
            select trip_date, sum(trips)::bigint as trips
            from gold.mart_demand_daily
            where {CHOSEN.replace("$first", "cast($first as date) - 6")}
            group by trip_date
        ),
        holidays as (
            select trip_date, any_value(holiday_name) as holiday_name
            from gold.mart_demand_daily
            where is_holiday and trip_date between $first and $last and ($city is null or city = $city)
            group by trip_date
        ),
        rolled as (
            select trip_date, coalesce(trips, 0) as trips,
                if(count(*) over week = 7, avg(coalesce(trips, 0)) over week, null) as week,
                dense_rank() over (order by trip_date) as place
            from days left join counted using (trip_date)
            window week as (order by trip_date range between interval 6 days preceding and current row)
        )
        select trip_date, trips, round(week, 1) as week,
            dense_rank() over (order by date_diff('day', date '2000-01-01', trip_date) - place) as stretch,
            holiday_name
        from rolled left join holidays using (trip_date)
        where trip_date >= $first
        order by trip_date
        """,
        **chosen.parameters,
    )
