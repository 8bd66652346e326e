"""Questions of the Demand page."""

from __future__ import annotations

import polars as pl

from analysis import stats
from serving.filters import CHOSEN, Filters
from serving.findings import changed
from serving.queries.shared import COVERED, NOT_COVERED, median
from serving.reader import Reader

#: What is chosen, but on every day of its months.
_WHOLE_MONTHS = CHOSEN.replace("$first", "date_trunc('month', cast($first as date))").replace(
    "$last", "last_day(cast($last as date))"
)


def told(reader: Reader, chosen: Filters) -> str:
    """Say what days off do to trips, beside working days of their month: the sentence of the page.

    A day off is one beside a mean of many: both sides are sums, for single days scatter more than means do.

    Raises:
        TooLittleDataError: there are no two days off with working days to compare.
    """
    days = reader.ask(
        f"""
        with {COVERED},
        counted as (
            select trip_date, sum(trips)::bigint as trips
            from gold.mart_demand_daily inner join (select city, trip_date from whole) using (city, trip_date)
            where {_WHOLE_MONTHS}
            group by trip_date
        ),
        compared as (
            select days.trip_date, is_off, coalesce(trips, 0) as trips,
                avg(coalesce(trips, 0)) filter (where not is_off) over (partition by trip_month) as working
            from days left join counted using (trip_date)
        )
        select trip_date, is_off, trips, working from compared
        where trip_date between $first and $last
        order by trip_date
        """,
        **chosen.parameters,
    )
    if days.is_empty():
        raise stats.TooLittleDataError(NOT_COVERED)
    days = days.filter("is_off")
    if days.is_empty():
        raise stats.TooLittleDataError("none of the days that are covered is a weekend or a holiday")
    days = days.filter(pl.col("working") > 0)
    if days.is_empty():
        raise stats.TooLittleDataError(
            "on no working day of their months did anybody ride whom to compare with"
        )
    effect = stats.ratio_of_sums("weekends and holidays", days["trips"], days["working"])
    return changed(
        "A weekend or holiday", effect, f"{days.height:,} of them beside the working days of their months"
    )


def week_hours(reader: Reader, chosen: Filters) -> pl.DataFrame:
    """Return mean trips in each hour of the week: day_of_week (1 is Monday), trip_hour, trips (mean), days.

    The mean is over the days on which every chosen city is covered; hours in which nobody rode count as zero.
    """
    return reader.ask(
        f"""
        with {COVERED},
        weekdays as (
            select isodow(trip_date)::integer as day_of_week, count(*) as days
            from days where trip_date between $first and $last
            group by all
        ),
        counted as (
            select day_of_week, trip_hour, sum(trips) as trips
            from gold.mart_demand_hourly inner join (select city, trip_date from whole) using (city, trip_date)
            where {CHOSEN}
            group by all
        )
        select weekdays.day_of_week, hours.trip_hour::integer as trip_hour,
            round(coalesce(trips, 0) / days, 2) as trips, days
        from weekdays cross join range(24) as hours (trip_hour)
        left join counted
            on weekdays.day_of_week = counted.day_of_week and hours.trip_hour = counted.trip_hour
        where exists (from counted)
        order by all
        """,
        **chosen.parameters,
    )


def day_hours(reader: Reader, chosen: Filters) -> pl.DataFrame:
    """Return mean trips an hour by season and kind of day: season, kind, trip_hour, trips (mean), days."""
    return reader.ask(
        f"""
        with {COVERED},
        kinds as (
            select season, is_off, count(*) as days from days where trip_date between $first and $last
            group by all
        ),
        counted as (
            select season, is_off, trip_hour, sum(trips) as trips
            from gold.mart_demand_hourly inner join (select city, trip_date from whole) using (city, trip_date)
            inner join (select trip_date, season, is_off from days) using (trip_date)
            where {CHOSEN}
            group by all
        )
        select season, if(is_off, 'day off', 'working day') as kind, hours.trip_hour::integer as trip_hour,
            round(coalesce(trips, 0) / days, 2) as trips, days
        from kinds cross join range(24) as hours (trip_hour)
        left join counted using (season, is_off, trip_hour)
        where exists (from counted)
        order by list_position(['winter', 'spring', 'summer', 'autumn'], season), kind desc, trip_hour
        """,
        **chosen.parameters,
    )


def cities(reader: Reader, chosen: Filters) -> pl.DataFrame:
    """Return each city's mean trips on its covered days by month: city, trip_month, trips (mean), days."""
    return reader.ask(
        f"""
        with {COVERED},
        months as (
            select city, trip_month, count(*) as days
            from covered where trip_date between $first and $last
            group by all
        ),
        counted as (
            select city, trip_month, sum(trips) as trips
            from gold.mart_demand_daily inner join (select city, trip_date from covered) using (city, trip_date)
            where {CHOSEN}
            group by all
        )
        select city, trip_month, round(coalesce(trips, 0) / days, 1) as trips, days
        from months left join counted using (city, trip_month)
        where ($city is null or city = $city) and exists (from counted)
            -- Of a month whose file does not tell kinds apart nobody knows that there were none.
            and (trips is not null or (city, trip_month) not in (
                select (city, trip_month) from gold.mart_demand_daily
                where ($bike is not null and bike_type = 'unknown') or ($member is not null and member_type = 'unknown')
            ))
        order by city, trip_month
        """,
        **chosen.parameters,
    )


def durations(reader: Reader, chosen: Filters) -> pl.DataFrame:
    """Return how long trips take, by kind of rider: member_type, minutes, trips, share, median.

    `minutes` are whole ones from 1 on, 60 for an hour and more; those that no trip took have none; `share` is of the
    kind's trips, 0 to 1; `median` is the kind's, in minutes. Trips under 60 s and over a day are left out.
    """
    step = "least(floor(minutes), 60)::integer"
    return _spread(reader, chosen, "durations", "minutes", "minutes", step, "range(1, 61)")


def distances(reader: Reader, chosen: Filters) -> pl.DataFrame:
    """Return how far trips go, as `durations`: kilometres in a straight line, by halves, 8 for that and more.

    Left out besides are rides back to where they began, and those with an end that has no place.
    """
    begins = "kilometres - 0.1"
    step = "least(ceil(2 * kilometres) / 2 - 0.5, 8)"
    steps = "[half / 2 for half in range(17)]"
    return _spread(reader, chosen, "distances", "kilometres", begins, step, steps, "kilometres > 0")


def _spread(
    reader: Reader,
    chosen: Filters,
    mart: str,
    measure: str,
    begins: str,
    step: str,
    steps: str,
    which: str = "true",
) -> pl.DataFrame:
    """Return the kinds' trips by each of the `steps` of a measure that is kept by tenths, each of which `begins` there (SQL).

    Of a step without trips a line would go on as high as before.
    """
    return reader.ask(
        f"""
        with {COVERED},
        counted as (
            select member_type, {measure}, sum(trips) as trips
            from gold.mart_{mart} inner join (select city, trip_date from whole) using (city, trip_date)
            where {CHOSEN} and {which}
            group by all
        ),
        summed as (
            select *, sum(trips) over (partition by member_type order by {measure}) as so_far,
                sum(trips) over (partition by member_type) as every
            from counted
        ),
        medians as (
            select member_type, any_value(every) as every, {median(begins)} as median
            from summed where so_far >= every / 2 group by member_type
        ),
        stepped as (select member_type, {step} as {measure}, sum(trips) as trips from counted group by all)
        select member_type, {measure}, coalesce(trips, 0)::bigint as trips, coalesce(trips, 0) / every as share, median
        from medians cross join (select unnest({steps}) as {measure})
        left join stepped using (member_type, {measure})
        order by every desc, member_type, {measure}
        """,
        **chosen.parameters,
    )
