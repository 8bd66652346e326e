"""Questions of the Overview page."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from serving.filters import CHOSEN, Filters
from serving.queries.shared import COVERED
from serving.reader import Reader


@dataclass(frozen=True)
class Headline:
    """Figures of a period. `days` is how many of its days the lake covers; shares are of trips, 0 to 1."""

    trips: int
    days: int
    a_day: float | None
    casual_share: float | None
    electric_share: float | None
    minutes: float | None


def headline(reader: Reader, chosen: Filters) -> Headline:
    """Return the figures of the chosen days; None where there is nothing to divide by.

    `a_day` counts covered days only and the trips on them; `minutes` is the mean of a trip, lost bikes left
    out.
    """
    row = reader.ask(
        f"""
        with {COVERED},
        chosen as (select * from gold.mart_demand_daily where {CHOSEN}),
        days as (
            select count(distinct trip_date) as days from covered where trip_date between $first and $last
        ),
        totals as (
            select
                coalesce(sum(trips), 0)::bigint as trips,
                coalesce(sum(trips) filter (where covered.city is not null), 0)::bigint as covered_trips,
                sum(trips) filter (where member_type = 'casual') / sum(trips) as casual_share,
                sum(trips) filter (where bike_type = 'electric') / sum(trips) as electric_share,
                sum(duration_minutes_total) / nullif(sum(trips - lost_bikes), 0) as minutes
            from chosen left join covered using (city, trip_date)
        )
        select trips, days, covered_trips / nullif(days, 0) as a_day,
            if(trips = 0, null, coalesce(casual_share, 0)) as casual_share,
            if(trips = 0, null, coalesce(electric_share, 0)) as electric_share,
            minutes
        from totals cross join days
        """,
        **chosen.parameters,
    ).row(0, named=True)
    return Headline(**row)


def by_month(reader: Reader, chosen: Filters, kind: str) -> pl.DataFrame:
    """Return trips by month and `kind`: columns trip_month, kind, trips, share (0 to 1, of the month).

    `kind` is `member_type` or `bike_type`. On covered days: a handful of trips in another month's file are
    no month.
    """
    return reader.ask(
        f"""
        with {COVERED}
        select trip_month, {kind} as kind, sum(trips)::bigint as trips,
            sum(trips) / sum(sum(trips)) over (partition by trip_month) as share
        from gold.mart_demand_daily inner join covered using (city, trip_date)
        where {CHOSEN}
        group by trip_month, {kind}
        order by trip_month, kind
        """,
        **chosen.parameters,
    )


def holdings(reader: Reader) -> pl.DataFrame:
    """Return what the snapshot holds by city, whatever is chosen.

    Columns: city, first_day, last_day, days (covered), months (with a covered day), trips.
    """
    return reader.ask(
        f"""
        with {COVERED},
        days as (
            select city, count(*) as days, count(distinct strftime(trip_date, '%Y-%m')) as months
            from covered group by city
        )
        select city, min(trip_date) as first_day, max(trip_date) as last_day,
            coalesce(any_value(days), 0) as days, coalesce(any_value(months), 0) as months,
            sum(trips)::bigint as trips
        from gold.mart_demand_daily left join days using (city)
        group by city
        order by trips desc
        """,
        city=None,
    )
