"""Questions of the Overview page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta

import polars as pl

from analysis.stats import TooLittleDataError
from lake.words import many
from serving.filters import CHOSEN, Filters, Held, period
from serving.queries.shared import COVERED, NOT_COVERED, lacks, median, short_rides
from serving.reader import Reader

#: Days compared where the whole lake is chosen: whole weeks, so that weekends do not bend the figures.
_WEEKS = 28


@dataclass(frozen=True)
class Headline:
    """Figures of the days of a period on which every chosen city is covered; `days` is how many these are.

    Shares are of trips of riders and on bikes of known kind, 0 to 1: older files do not tell every one. `short` are the trips of less than 60 s among `trips`. `minutes` is the median of the others but lost
    bikes.
    """

    trips: int
    short: int
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
    """Return the figures of the chosen days; None where there is nothing to divide by."""
    row = reader.ask(
        f"""
        with {COVERED},
        here as (select city, trip_date from whole),
        counted as (select measure.covered_days(trip_date) as days from days where trip_date between $first and $last),
        totals as (
            select
                measure.trips(trips) as trips,
                coalesce(sum(false_starts), 0)::bigint as short,
                measure.casual_share(trips, member_type) as casual_share,
                measure.electric_share(trips, bike_type) as electric_share
            from gold.mart_demand_daily inner join here using (city, trip_date)
            where {CHOSEN}
        ),
        lengths as (
            select minutes, sum(trips) as trips, sum(sum(trips)) over (order by minutes) as so_far,
                sum(sum(trips)) over () as every
            from gold.mart_durations inner join here using (city, trip_date)
            where {CHOSEN}
            group by minutes
        )
        select totals.trips, short, days, totals.trips / nullif(days, 0) as a_day,
            casual_share, electric_share,
            (select {median("minutes")} from lengths where so_far >= every / 2) as minutes
        from totals cross join counted
        """,
        **chosen.parameters,
    ).row(0, named=True)
    return Headline(**row)


def told(reader: Reader, chosen: Filters) -> str:
    """Say how many trips the whole choice has, over how many days: the sentence of the page.

    Raises:
        TooLittleDataError: on none of these days every chosen city is covered.
    """
    found = headline(reader, chosen)
    if found.a_day is None:
        raise TooLittleDataError(NOT_COVERED)
    days = f"{found.days:,} of {chosen.days:,} days" if found.days != chosen.days else many(found.days, "day")
    return f"{many(found.trips, 'trip')} on {days}, {found.a_day:,.0f} a day."


def compare(reader: Reader, chosen: Filters, held: Held) -> Comparison:
    """Compare the chosen days with as many before; if there are none, their last weeks with those before.

    A change is given between periods of which every day is covered by every chosen city, and of no others.
    """
    late = chosen
    if late.before.last < held.first:
        # Whole weeks, where there are two: a Sunday is no Saturday.
        days = min(_WEEKS, chosen.days // 2)
        days = days // 7 * 7 or days
        late = replace(chosen, first=chosen.last - timedelta(days - 1)) if days else chosen
    latest, earlier = headline(reader, late), headline(reader, late.before)
    told = f"**{period(late.first, late.last)}**{_covered(latest, late)}"
    if late.before.last < held.first:
        told += ". The lake holds no days before these to compare with."
    elif latest.days < late.days or earlier.days < late.days:
        reason = lacks(reader, replace(late, first=late.before.first))
        told += (
            f". No change against {period(late.before.first, late.before.last)}"
            f"{_covered(earlier, late.before)} is shown: {reason}."
        )
    else:
        told += (
            f" against {period(late.before.first, late.before.last)}.{_across(reader, latest, earlier, late)}"
        )
        return Comparison(told, _figures(latest, earlier))
    return Comparison(told, _figures(latest, None))


def _across(reader: Reader, latest: Headline, earlier: Headline, late: Filters) -> str:
    """Say what rides under 60 s do to a comparison of months that have them with months that do not."""
    told = short_rides(reader, replace(late, first=late.before.first))
    if not told or earlier.trips == earlier.short:
        return ""
    change = _change("{:.0f}".format, latest.trips - latest.short, earlier.trips - earlier.short)
    return f" {told}; without them trips changed by {change}."


def _covered(found: Headline, asked: Filters) -> str:
    return "" if found.days == asked.days else f" ({found.days:,} of {asked.days:,} days covered)"


def _figures(latest: Headline, earlier: Headline | None) -> list[Figure]:
    def number(value: float | None) -> str:
        return "–" if value is None else f"{value:,.0f}"

    def minutes(value: float | None) -> str:
        return "–" if value is None else f"{value:.1f} min"

    def share(value: float | None) -> str:
        return "–" if value is None else f"{100 * value:.1f} %"

    shown: list[tuple[str, Callable[[Headline], float | None], Callable[[float | None], str], str]] = [
        (
            "Trips",
            lambda one: one.trips if one.days else None,
            number,
            "Trips that started on the covered ones of these days.",
        ),
        (
            "Trips a day",
            lambda one: one.a_day,
            number,
            "Mean over the days on which every chosen city is covered.",
        ),
        (
            "Casual riders",
            lambda one: one.casual_share,
            share,
            "Share of trips of riders of known kind; change in percentage points.",
        ),
        (
            "Electric bikes",
            lambda one: one.electric_share,
            share,
            "Share of trips on bikes of known kind, which older files do not tell; change in percentage "
            "points.",
        ),
        (
            "Length of a trip",
            lambda one: one.minutes,
            minutes,
            "Median: half of the trips are shorter. Those under 60 s and over a day are left out.",
        ),
    ]
    return [
        Figure(
            label, form(get(latest)), _change(form, get(latest), get(earlier) if earlier else None), explained
        )
        for label, get, form, explained in shown
    ]


def _change(form: Callable[[float], str], now: float | None, then: float | None) -> str | None:
    if now is None or then is None:
        return None
    if form(1.0).endswith("%"):
        return f"{100 * (now - then):+z.1f} points"
    return f"{100 * (now / then - 1):+z.1f} %" if then else None


def by_month(reader: Reader, chosen: Filters, kind: str) -> pl.DataFrame:
    """Return trips by month and `kind`: columns trip_month, kind, trips, share (0 to 1, of the month).

    `kind` is `member_type` or `bike_type`. Shares are of trips of known kind, so that files which do not tell
    it bend none; a month in which no kind is known is all `unknown`. On days on which every chosen city is
    covered.
    """
    return reader.ask(
        f"""
        with {COVERED},
        counted as (
            select trip_month, {kind} as kind, sum(trips)::bigint as trips
            from gold.mart_demand_daily inner join (select city, trip_date from whole) using (city, trip_date)
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

    Columns: city, first_day and last_day (covered), days, months, trips (on covered days), strays (on others:
    they came in another month's or city's file, and count in no figure).
    """
    return reader.ask(
        """
        with counted as (
            select city, sum(trips)::bigint as every from gold.mart_demand_daily group by city
        ),
        here as (
            select city, min(trip_date) as first_day, max(trip_date) as last_day, count(*) as days,
                count(distinct trip_month) as months, sum(trips)::bigint as trips
            from gold.mart_covered_days group by city
        )
        select city, first_day, last_day, coalesce(days, 0) as days, coalesce(months, 0) as months,
            coalesce(trips, 0) as trips, every - coalesce(trips, 0) as strays
        from counted left join here using (city)
        order by trips desc
        """
    )
