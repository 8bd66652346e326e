"""Questions of the Overview page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta

import polars as pl

from serving.filters import CHOSEN, Filters, period
from serving.queries.shared import COVERED
from serving.reader import Reader

#: Days compared where the whole lake is chosen: whole weeks, so that weekends do not bend the figures.
_WEEKS = 28


@dataclass(frozen=True)
class Headline:
    """Figures of a period. `days` is how many of its days the lake covers; shares are of trips, 0 to 1.

    `electric_share` is of trips on bikes of known kind: older files do not tell it.
    """

    trips: int
    days: int
    a_day: float | None
    casual_share: float | None
    electric_share: float | None
    minutes: float | None


@dataclass(frozen=True)
class Figure:
    """One figure as it is shown; `change` is None where there is nothing to compare with."""

    label: str
    value: str
    change: str | None
    explained: str


@dataclass(frozen=True)
class Comparison:
    """Two periods of the same length, one after the other, and what became of the figures."""

    told: str
    figures: list[Figure]


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
                coalesce(sum(trips) filter (where bike_type = 'electric'), 0)
                    / sum(trips) filter (where bike_type <> 'unknown') as electric_share,
                sum(duration_minutes_total) / nullif(sum(trips - lost_bikes), 0) as minutes
            from chosen left join covered using (city, trip_date)
        )
        select trips, days, covered_trips / nullif(days, 0) as a_day,
            if(trips = 0, null, coalesce(casual_share, 0)) as casual_share,
            electric_share, minutes
        from totals cross join days
        """,
        **chosen.parameters,
    ).row(0, named=True)
    return Headline(**row)


def compare(reader: Reader, chosen: Filters, bounds: tuple[date, date]) -> Comparison:
    """Compare the chosen days with as many before; if there are none, their last weeks with those before."""
    late = chosen
    if late.before.last < bounds[0] or headline(reader, late.before).days == 0:
        days = min(_WEEKS, chosen.days // 2)
        late = replace(chosen, first=chosen.last - timedelta(days - 1)) if days else chosen
    latest, earlier = headline(reader, late), headline(reader, late.before)
    told = f"**{period(late.first, late.last)}**{_covered(latest, late)}"
    if earlier.days == 0:
        told += ". The lake holds no days before these to compare with."
    else:
        told += f" against {period(late.before.first, late.before.last)}{_covered(earlier, late.before)}."
    return Comparison(told, _figures(latest, earlier if earlier.days else None))


def _covered(found: Headline, asked: Filters) -> str:
    return "" if found.days == asked.days else f" ({found.days} of {asked.days} days covered)"


def _figures(latest: Headline, earlier: Headline | None) -> list[Figure]:
    def number(value: float | None) -> str:
        return "–" if value is None else f"{value:,.0f}"

    def minutes(value: float | None) -> str:
        return "–" if value is None else f"{value:.1f} min"

    def share(value: float | None) -> str:
        return "–" if value is None else f"{100 * value:.1f} %"

    shown: list[tuple[str, Callable[[Headline], float | None], Callable[[float | None], str], str]] = [
        ("Trips", lambda one: one.trips, number, "All trips that started on these days."),
        ("Trips a day", lambda one: one.a_day, number, "Mean over the days that the lake covers."),
        (
            "Casual riders",
            lambda one: one.casual_share,
            share,
            "Share of trips; change in percentage points.",
        ),
        (
            "Electric bikes",
            lambda one: one.electric_share,
            share,
            "Share of trips on bikes of known kind, which older files do not tell; change in percentage "
            "points.",
        ),
        ("Length of a trip", lambda one: one.minutes, minutes, "Mean minutes, trips of over a day left out."),
    ]
    return [
        Figure(
            label, form(get(latest)), _change(form, get(latest), get(earlier) if earlier else None), explained
        )
        for label, get, form, explained in shown
    ]


def _change(form: Callable[[float | None], str], now: float | None, then: float | None) -> str | None:
    if now is None or not then:
        return None
    if form(1.0).endswith("%"):
        return f"{100 * (now - then):+.1f} points"
    return f"{100 * (now / then - 1):+.1f} %"


def by_month(reader: Reader, chosen: Filters, kind: str) -> pl.DataFrame:
    """Return trips by month and `kind`: columns trip_month, kind, trips, share (0 to 1, of the month).

    `kind` is `member_type` or `bike_type`. Shares are of trips of known kind, so that files which do not tell
    it bend none; a month in which no kind is known is all `unknown`. On covered days: a handful of trips in
    another month's file are no month.
    """
    return reader.ask(
        f"""
        with {COVERED},
        counted as (
            select trip_month, {kind} as kind, sum(trips)::bigint as trips
            from gold.mart_demand_daily inner join covered using (city, trip_date)
            where {CHOSEN}
            group by trip_month, {kind}
            qualify {kind} <> 'unknown' or count(*) over (partition by trip_month) = 1
        )
        select *, trips / sum(trips) over (partition by trip_month) as share
        from counted
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
