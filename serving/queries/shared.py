"""Questions that more than one page asks: what is covered, what is missing, and the trend of days."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Sequence
from datetime import date

import polars as pl

from serving.filters import CHOSEN, CITIES, TRIPS, Calendar, Filters, Held, months
from serving.reader import Reader

#: Said by a page whose data does not know who rode on what, where somebody chooses that.
EVERYBODY = "Of riders and kinds of bike the source says nothing: shown is what there was for everybody."
#: For a `with` clause: the covered days of each chosen city (`covered`), those on which every chosen city is
#: (`whole`), and the latter as days, whatever the city (`days`). A day is off if it is in either city.
#: What is not covered has strays only, which came in another month's or city's file, and counts nowhere.
COVERED = """
covered as (
    select city, trip_date, trip_month, is_weekend or is_holiday as is_off, holiday_name, season
    from gold.mart_covered_days
    where ($city is null or city = $city)
),
whole as (
    select * from covered
    qualify count(*) over (partition by trip_date) = (select count(distinct city) from covered)
),
days as (
    select trip_date, any_value(trip_month) as trip_month, bool_or(is_off) as is_off,
        any_value(holiday_name order by city) as holiday_name, any_value(season) as season
    from whole
    group by trip_date
)
"""
#: What is said of such days.
_EDGE = " (a day without any at the edge of a month counts nowhere)"
#: A month has rides under 60 s if one in a thousand of its trips is; it has none if that many fail to come.
_SHORT_SHARE, _SHORT_EXPECTED = 0.001, 10


#: Why a page has nothing to tell, where that is so.
NOT_COVERED = "on none of these days every chosen city is covered"


def median(begins: str) -> str:
    """Return SQL of a median of what is kept by tenths, each of which `begins` there (SQL).

    It is asked of rows with their `trips`, all trips `so_far` and `every` trip of theirs, of which the half is reached. As far
    into the tenth in which the middle trip is as it is among the trips there; of an even number the lower of the two.
    """
    return f"min_by({begins} + 0.1 * (every / 2 - so_far + trips) / trips, {begins})"


def held(reader: Reader, calendar: Calendar = TRIPS) -> Held | None:
    """Return what the lake has of a calendar, or None if that is nothing."""
    cities = reader.ask(
        f"""
        select city, min({calendar.day}) as first_day, max({calendar.day}) as last_day
        from {calendar.table} group by city
        """
    )
    if cities.is_empty():
        return None
    known = tuple(city for city in CITIES if city in cities["city"].to_list() and city)
    return Held(cities["first_day"].min(), cities["last_day"].max(), known)  # type: ignore[arg-type]


def lacking(reader: Reader, chosen: Filters) -> pl.DataFrame:
    """Return the stretches of days that a chosen city is not covered: city, first, last, edge, in order.

    Stretches are told whole where a chosen day lies in them, to the ends of the months chosen from. `edge` says
    that the city's month is here, and these days before the first or after the last trip of its own file.
    """
    return reader.ask(
        f"""
        with {COVERED},
        asked as (
            select city, cast(day as date) as trip_date
            from (select distinct city from covered), generate_series(
                date_trunc('month', cast($first as timestamp)), cast(last_day($last) as timestamp),
                interval 1 day
            ) as days (day)
        ),
        gone as (
            select *, (city, strftime(trip_date, '%Y-%m')) in (select (city, trip_month) from covered) as edge
            from asked anti join covered using (city, trip_date)
        ),
        placed as (
            select *, trip_date
                - cast(row_number() over (partition by city, edge order by trip_date) as integer) as stretch
            from gone
        )
        select city, min(trip_date) as first, max(trip_date) as last, edge
        from placed
        group by city, edge, stretch
        having first <= $last and last >= $first
        order by first, city desc
        """,
        **chosen.parameters,
    )


def lacks(reader: Reader, chosen: Filters) -> str:
    """Say which chosen city lacks which of the chosen months or days, as `New York lacks March 2021`.

    A day without trips at the edge of a month that is here is told as what it is: service was closed, or had
    not begun, or the file ends there, and the month alone does not tell which.
    """
    stretches: dict[tuple[date, date, bool], list[str]] = {}
    for city, *stretch in lacking(reader, chosen).iter_rows():
        stretches.setdefault(tuple(stretch), []).append(CITIES[city])
    told: dict[tuple[str, bool], list[str]] = {}
    for (first, last, edge), names in stretches.items():
        are_many = len(names) > 1
        if edge:
            of = " and ".join(f"{name}'s" for name in names)
            who = f"{of} {'files of the month have' if are_many else 'file of the month has'} no trip on"
        else:
            who = f"{' and '.join(names)} {'lack' if are_many else 'lacks'}"
        told.setdefault((who, edge), []).append(months(first, last))
    return "; ".join(f"{who} {', '.join(when)}{_EDGE if edge else ''}" for (who, edge), when in told.items())


def days_here(reader: Reader, chosen: Filters) -> int:
    """Return on how many of the chosen days every chosen city is covered."""
    found = reader.ask(
        f"with {COVERED} select count(*) from days where trip_date between $first and $last",
        **chosen.parameters,
    )
    return int(found.item())


def months_here(reader: Reader, chosen: Filters) -> str:
    """Return in words the months of which a chosen day is covered by every chosen city."""
    found = reader.ask(
        f"""
        with {COVERED}
        select distinct trip_month from days where trip_date between $first and $last order by all
        """,
        **chosen.parameters,
    )
    return _runs(found["trip_month"].to_list())


def nothing(reader: Reader, chosen: Filters) -> str:
    """Say why there is nothing to show, and what to do about it."""
    if days_here(reader, chosen) == 0:
        is_one = len(known.cities) == 1 if (known := held(reader)) else False
        what = (
            "other dates"
            if is_one
            else "another city or other dates"
            if chosen.city
            else "one city, or other dates"
        )
        missing = lacks(reader, chosen)
        return f"No day of this choice is covered by every city in it: {missing}. Choose {what}."
    return "No trips match these filters. Choose other dates, or reset the filters in the sidebar."


def short_shares(reader: Reader, chosen: Filters) -> pl.DataFrame:
    """Return rides under 60 s by chosen month: trip_month, trips, share (0 to 1)."""
    return reader.ask(
        f"""
        with {COVERED}
        select trip_month, sum(trips)::bigint as trips, sum(false_starts) / sum(trips) as share
        from gold.mart_demand_daily inner join (select city, trip_date from whole) using (city, trip_date)
        where {CHOSEN}
        group by trip_month
        order by trip_month
        """,
        **chosen.parameters,
    )


def short_rides(reader: Reader, chosen: Filters) -> str:
    """Say where the chosen months cross from rides under 60 s to none, as upstream's filter changed; or ``."""
    shares = short_shares(reader, chosen).rows()
    some = {month: share for month, _, share in shares if share >= _SHORT_SHARE}
    least, most = min(some.values(), default=0.0), max(some.values(), default=0.0)
    none = [
        month
        for month, trips, share in shares
        if share < _SHORT_SHARE / 10 and trips * least > _SHORT_EXPECTED
    ]
    if not none:
        return ""
    low, high = f"{100 * least:.1f}", f"{100 * most:.1f}"
    share = f"{low} %" if low == high else f"{low} to {high} %"
    return f"Rides under 60 s: {share} of trips in {_runs(list(some))}, none in {_runs(none)}"


def notes(reader: Reader, chosen: Filters) -> str:
    """Return the line that stands above every figure of a choice that is not whole or not alike; or ``."""
    missing, short = lacks(reader, chosen), short_rides(reader, chosen)
    return " ".join(f"{told}." for told in (missing, short) if told)


def _runs(names: Sequence[str]) -> str:
    """Return months such as `2024-02` in words, those that follow each other as one."""
    runs: list[list[date]] = []
    for name in names:
        first = date.fromisoformat(f"{name}-01")
        if runs and (first - runs[-1][-1]).days <= 31:
            runs[-1].append(first)
        else:
            runs.append([first])
    ends = [(run[0], run[-1].replace(day=monthrange(run[-1].year, run[-1].month)[1])) for run in runs]
    return ", ".join(months(first, last) for first, last in ends)


def trend(reader: Reader, chosen: Filters) -> pl.DataFrame:
    """Return trips a day on the chosen days on which every chosen city is covered, in order.

    Columns: trip_date; trips (0 on a covered day without any); week, the mean of the seven days up to it
    (null until there are seven in a row); stretch, a number that is the same for days without a gap between
    them; holiday_name.
    """
    return reader.ask(
        f"""
        with {COVERED},
        counted as (
            select trip_date, sum(trips)::bigint as trips
            from gold.mart_demand_daily inner join (select city, trip_date from whole) using (city, trip_date)
            where {CHOSEN.replace("$first", "cast($first as date) - 6")}
            group by trip_date
        ),
        rolled as (
            select trip_date, holiday_name, coalesce(trips, 0) as trips,
                if(count(*) over week = 7, avg(coalesce(trips, 0)) over week, null) as week,
                dense_rank() over (order by trip_date) as place
            from days left join counted using (trip_date)
            -- Six days more, for the first rolling means.
            where trip_date between cast($first as date) - 6 and $last
            window week as (order by trip_date range between interval 6 days preceding and current row)
        )
        select trip_date, trips, round(week, 1) as week,
            dense_rank() over (order by date_diff('day', date '2000-01-01', trip_date) - place) as stretch,
            holiday_name
        from rolled
        where trip_date >= $first
        order by trip_date
        """,
        **chosen.parameters,
    )


def weather_days(reader: Reader, chosen: Filters) -> pl.DataFrame:
    """Return the chosen days on which every chosen city is covered, with their weather: cities added up, in order.

    Columns as `analysis.frames.days` has them: trip_month, trip_date, day_of_week, is_holiday, trips (of the
    chosen riders), temperature_mean_c, precipitation_mm, wind_speed_mean_kmh, is_wet; and is_off.
    """
    return reader.ask(
        f"""
        with {COVERED},
        counted as (
            select city, trip_date, sum(trips) as trips
            from gold.mart_demand_daily
            where ($member is null or member_type = $member)
            group by all
        )
        select trip_month, trip_date, day_of_week, bool_or(is_holiday) as is_holiday,
            cast(sum(coalesce(counted.trips, 0)) as bigint) as trips,
            any_value(temperature_mean_c) as temperature_mean_c, any_value(precipitation_mm) as precipitation_mm,
            any_value(wind_speed_mean_kmh) as wind_speed_mean_kmh, any_value(is_wet) as is_wet,
            bool_or(whole.is_off) as is_off
        from gold.mart_covered_days
        inner join (select city, trip_date, is_off from whole) as whole using (city, trip_date)
        left join counted using (city, trip_date)
        where trip_date between $first and $last
        group by trip_month, trip_date, day_of_week
        order by trip_date
        """,
        **chosen.parameters,
    )
