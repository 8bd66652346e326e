"""How many bikes have to be carried, by day, hour and station: of all riders and bikes, for a bike is one.

A station's level is its arrivals minus its departures since midnight. What it has above zero at the end of
the day are bikes to be taken away, if the next day is to begin as this one did: the need of a day is the sum
of that over stations, and what lies below zero is what others lack. The swing of a station is the way from
its lowest to its highest level: so many bikes and docks it takes to get through the day. Counted are chosen
days on which every chosen city is covered, each end of a trip in its own hour.
"""

from __future__ import annotations

import polars as pl

from analysis.stats import TooLittleDataError
from lake.words import many
from serving.filters import CITIES, Filters
from serving.queries.shared import COVERED, NOT_COVERED
from serving.queries.stations import MONTHS
from serving.reader import Reader

_MOVED = f"""{COVERED},
moved as (
    select station_id, moved_on as trip_date, is_off, moved_hour, arrivals, departures,
        arrivals - departures as net
    from gold.mart_station_hours as hours
    inner join (select city, trip_date from whole) as whole
        on hours.city = whole.city and hours.moved_on = whole.trip_date
    inner join (select trip_date, is_off from days) as days on hours.moved_on = days.trip_date
    where moved_on between $first and $last
)"""
_HOURS = range(24)
# Twenty-four sums in one pass: a running sum in a window would sort every hour of every station.
_LEVELS = ", ".join(
    f"coalesce(sum(net) filter (where moved_hour <= {hour}), 0)::bigint as level_{hour}" for hour in _HOURS
)
_ALL = ", ".join(f"level_{hour}" for hour in _HOURS)


def by_day(reader: Reader, chosen: Filters) -> pl.DataFrame:
    """Return what each day needs: trip_date, need (bikes to be carried), swing (bikes and docks), and more.

    Also is_off (weekend or holiday), and need_0 to need_23: bikes above zero by the end of each hour, of
    which the last is the need of the day.
    """
    above = ", ".join(f"sum(greatest(level_{hour}, 0))::bigint as need_{hour}" for hour in _HOURS)
    filled = ", ".join(f"coalesce(need_{hour}, 0) as need_{hour}" for hour in _HOURS)
    return reader.ask(
        f"""
        with {_MOVED},
        levels as (select station_id, trip_date, {_LEVELS} from moved group by all),
        summed as (
            select trip_date, sum(greatest(level_23, 0))::bigint as need,
                sum(greatest({_ALL}, 0) - least({_ALL}, 0))::bigint as swing, {above}
            from levels
            group by trip_date
        )
        -- On a day on which nobody rode nothing had to be carried.
        select trip_date, coalesce(need, 0) as need, coalesce(swing, 0) as swing, is_off, {filled}
        from days left join summed using (trip_date)
        where trip_date between $first and $last
        order by trip_date
        """,
        **chosen.parameters,
    )


def told(days: pl.DataFrame) -> str:
    """Return what `by_day` comes to, in medians and the middle half of the days: the sentence of the page.

    Raises:
        TooLittleDataError: there are no days.
    """
    if days.is_empty():
        raise TooLittleDataError(NOT_COVERED)
    low, high = (f"{days['need'].quantile(one, 'linear') or 0:,.0f}" for one in (0.25, 0.75))
    need = days["need"].quantile(0.5, "linear") or 0.0
    swing = f"{days['swing'].quantile(0.5, 'linear') or 0:,.0f}"
    swung = f"within the day stations swung by {swing} bikes and docks, of all riders and bikes."
    if days.height == 1:
        return f"On this day {many(round(need), 'bike')} had to be carried; {swung}"
    return (
        f"{many(round(need), 'bike')} had to be carried on the median of {days.height:,} days (middle half of the days: "
        f"{low} to {high}); {swung}"
    )


def by_hour(days: pl.DataFrame) -> pl.DataFrame:
    """Return bikes out of place by the end of each hour, of `by_day`: kind, trip_hour, need (mean), days.

    `kind` is `working day` or `day off`.
    """
    return (
        days.unpivot([f"need_{hour}" for hour in _HOURS], index=["trip_date", "is_off"])
        .with_columns(
            kind=pl.when("is_off").then(pl.lit("day off")).otherwise(pl.lit("working day")),
            trip_hour=pl.col("variable").str.strip_prefix("need_").cast(pl.Int32),
        )
        .group_by("kind", "trip_hour")
        .agg(need=pl.col("value").mean().round(1), days=pl.len().cast(pl.Int64))
        .sort("kind", "trip_hour", descending=[True, False])
    )


def by_station(reader: Reader, chosen: Filters) -> pl.DataFrame:
    """Return each station's net flow on the chosen days, the one that loses most first.

    Columns: station_id, station_name (its latest; its id without one), departures, arrivals, net_a_day.
    """
    return reader.ask(
        f"""
        with {_MOVED},
        names as (
            select station_id, arg_max(station_name, trip_month) as station_name
            from gold.mart_station_stats group by station_id
        )
        select station_id, coalesce(any_value(station_name), station_id) as station_name,
            sum(departures)::bigint as departures, sum(arrivals)::bigint as arrivals,
            round(sum(net) / (select count(*) from days where trip_date between $first and $last), 2)
                as net_a_day
        from moved left join names using (station_id)
        group by station_id
        order by net_a_day, station_id
        """,
        **chosen.parameters,
    )


def by_weekday(reader: Reader, chosen: Filters, station: str) -> pl.DataFrame:
    """Return one station's hours of the week: day_of_week (1 is Monday), trip_hour, net (mean bikes), days.

    `net` is arrivals minus departures; an hour without either counts as zero.
    """
    return reader.ask(
        f"""
        with {_MOVED},
        weekdays as (
            select isodow(trip_date)::integer as day_of_week, count(*) as days
            from days where trip_date between $first and $last
            group by all
        ),
        counted as (
            select isodow(trip_date)::integer as day_of_week, moved_hour, sum(net) as net
            from moved where station_id = $station
            group by all
        )
        select day_of_week, hours.moved_hour::integer as trip_hour, round(coalesce(net, 0) / days, 3) as net, days
        from weekdays cross join range(24) as hours (moved_hour)
        left join counted using (day_of_week, moved_hour)
        where exists (from counted)
        order by all
        """,
        **chosen.parameters,
        station=station,
    )


def one_way(reader: Reader, chosen: Filters) -> str:
    """Say how many rides went into a city whose month is not here, so that those back are not known; or ``.

    Of the chosen cities, in the counted months.
    """
    found = reader.ask(
        f"""
        with {MONTHS},
        here as (select distinct city, trip_month from gold.mart_covered_days),
        ends as (
            select trip_month, station_id, any_value(city) as city
            from gold.mart_station_stats group by trip_month, station_id
        )
        -- Both cities are the stations', as those of levels are: a start's point may lie elsewhere.
        select starts.city, ends.city as other, sum(routes.trips)::bigint as trips
        from gold.mart_routes as routes
        inner join ends as starts
            on routes.start_station_id = starts.station_id and routes.trip_month = starts.trip_month
        inner join months on starts.city = months.city and routes.trip_month = months.trip_month
        inner join ends on routes.end_station_id = ends.station_id and routes.trip_month = ends.trip_month
        where ends.city <> starts.city
            and (ends.city, routes.trip_month) not in (select (city, trip_month) from here)
        group by all
        order by all
        """,
        **chosen.parameters,
    )
    return " ".join(
        f"{many(trips, 'ride')} went from {CITIES[city]} to {CITIES[other]}, counted by whole months, in months of which "
        f"{CITIES[other]}'s files, and with them the rides back, are not here: bikes seem to leave that do come back."
        for city, other, trips in found.iter_rows()
    )
