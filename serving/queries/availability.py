"""Questions of the Availability page: how long stations had no bike or no dock, and whether trips tell when.

Minutes are those that were observed: time is shared out among minutes in service, so that neither a station that rests nor a
recorder that sleeps looks empty. Empty and full are no measures of riders or of kinds of bikes.
"""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import polars as pl

from analysis.slopes import Share, Slope, share, slope
from analysis.stats import TooLittleDataError
from lake.words import many
from serving.filters import Filters
from serving.queries.shared import EVERYBODY
from serving.reader import Reader

_NEW_YORK = ZoneInfo("America/New_York")
_SEEN = "status_date between $first and $last and ($city is null or city = $city)"
_SERVED = "(minutes_observed - minutes_out_of_service)"
_IN_SERVICE = "measure.minutes_in_service(minutes_observed, minutes_out_of_service)"
#: Null where nothing was in service.
_SHARES = """
    round(100 * measure.empty_share(minutes_empty, minutes_observed, minutes_out_of_service), 2) as empty_pct,
    round(100 * measure.full_share(minutes_full, minutes_observed, minutes_out_of_service), 2) as full_pct
"""
#: Up to which number of bikes each bar of `by_flow` goes, and what it is called.
_BARS = (
    (-10, "10 and more came"), (-5, "5 to 9 came"), (-2, "2 to 4 came"), (-1, "1 came"), (0, "as many"),
    (1, "1 left"), (4, "2 to 4 left"), (9, "5 to 9 left"), (None, "10 and more left"),
)  # fmt: skip


def observed(reader: Reader, chosen: Filters) -> pl.DataFrame:
    """Return the hours in which somebody asked: status_date, status_hour, minutes (with an answer), polls, stations."""
    return reader.ask(
        f"""
        select status_date, status_hour, max(minutes_observed) as minutes, max(polls) as polls,
            count(*) as stations
        from gold.mart_station_availability
        where {_SEEN}
        group by all
        order by all
        """,
        **chosen.parameters,
    )


def seen(hours: pl.DataFrame, chosen: Filters) -> str:
    """Say how much of the choice `observed` has, and what the feed does not tell."""
    days = hours["status_date"].n_unique()
    watched = float((hours["minutes"] / 60).sum())
    # The clock of New York leaves an hour out in spring, and has one twice in autumn.
    first, end = (
        datetime.combine(day, time(), _NEW_YORK) for day in (chosen.first, chosen.last + timedelta(1))
    )
    whole = (end.astimezone(UTC) - first.astimezone(UTC)) / timedelta(hours=1)
    told = (
        f"{watched:,.0f} of {whole:,.0f} hours were observed, on {days:,} of {many(chosen.days, 'day')}: what was "
        "not counts nowhere."
    )
    if chosen.member or chosen.bike:
        told += f" {EVERYBODY}"
    return told


def told(reader: Reader, chosen: Filters) -> str:
    """Return how long stations had no bike and no dock: the sentence that the page opens with.

    Raises:
        TooLittleDataError: fewer than two days were observed.
    """
    days = reader.ask(
        f"""
        select status_date, {_IN_SERVICE} as served, measure.minutes_empty(minutes_empty) as empty,
            measure.minutes_full(minutes_full) as full
        from gold.mart_station_availability
        where {_SEEN}
        group by status_date
        having served > 0
        order by status_date
        """,
        **chosen.parameters,
    )
    if days.height < 2:
        raise TooLittleDataError(
            f"stations in service were seen on {many(days.height, 'day')}; an interval takes two"
        )
    empty, full = (_lasted(days, name, thing) for name, thing in (("empty", "bike"), ("full", "dock")))
    return f"On {days.height:,} days that were observed, stations in service were {empty}, and {full}."


def _lasted(days: pl.DataFrame, name: str, thing: str) -> str:
    if not days[name].sum():
        return f"never without a {thing}"
    lasted: Share = share(name, days[name], days["served"])
    return f"without a {thing} {lasted}"


def stations(reader: Reader, chosen: Filters) -> pl.DataFrame:
    """Return each station with its part of the time, the emptiest first.

    Columns: station_id (the feed's), short_name (the trips'), station_name (its id without one), city, latitude,
    longitude (null without a place), lies_elsewhere, capacity (docks), hours_in_service (observed), empty_pct, full_pct
    (percent of those; null where it was never in service), is_typical (it was seen for half as long as most).
    Name and place are the latest.
    """
    return reader.ask(
        f"""
        with counted as (
            select system, station_id,
                arg_max(
                    struct_pack(
                        short_name := short_name, station_name := coalesce(station_name, station_id), city := city,
                        latitude := latitude, longitude := longitude, lies_elsewhere := lies_elsewhere,
                        capacity := capacity
                    ),
                    -- Of hours before it was told what it is, nothing is known.
                    (station_name is not null, status_date)
                ) as latest,
                {_IN_SERVICE} / 60 as hours_in_service, {_SHARES}
            from gold.mart_station_availability
            where {_SEEN}
            group by system, station_id
        )
        select station_id, unnest(latest), round(hours_in_service, 2) as hours_in_service, empty_pct, full_pct,
            hours_in_service > 0 and hours_in_service >= 0.5 * median(hours_in_service) over () as is_typical
        from counted
        order by empty_pct desc nulls last, station_id
        """,
        **chosen.parameters,
    )


def by_hour(reader: Reader, chosen: Filters) -> pl.DataFrame:
    """Return the part of the time by hour of the day: kind, status_hour, empty_pct, full_pct, days (observed).

    `kind` is `Monday to Friday` or `weekend`: of days without trips nobody has said which are holidays.
    """
    return reader.ask(
        f"""
        select if(isodow(status_date) > 5, 'weekend', 'Monday to Friday') as kind, status_hour,
            {_SHARES},
            count(distinct status_date) as days
        from gold.mart_station_availability
        where {_SEEN} and {_SERVED} > 0
        group by all
        order by all
        """,
        **chosen.parameters,
    )


def flow(reader: Reader, chosen: Filters) -> Slope:
    """Return how many minutes more of an hour a station is empty for each bike that left it in the hour before.

    Bikes that left less those that came, at the same station, all riders and bikes.

    Raises:
        TooLittleDataError: too few days or stations of which trips are known.
    """
    return slope(_flows(reader, chosen).filter(pl.col("day").is_not_null()))


def by_flow(reader: Reader, chosen: Filters) -> pl.DataFrame:
    """Return how much longer than usual stations are empty after hours in which bikes left or came.

    Columns: bar (bikes that left less those that came, in words, in order), minutes (of an hour without a bike, less the
    mean of the station's hours), hours.
    """
    mean = pl.col("y").sum().over("place") / pl.col("rows").sum().over("place")
    names = {place: name for place, (_, name) in enumerate(_BARS)}
    return (
        _flows(reader, chosen)
        .filter(pl.col("bar").is_not_null())
        .with_columns(off=pl.col("y") - pl.col("rows") * mean)
        .group_by("bar")
        .agg(minutes=(pl.col("off").sum() / pl.col("rows").sum()).round(3), hours=pl.col("rows").sum())
        .sort("bar")
        .with_columns(pl.col("bar").replace_strict(names, return_dtype=pl.String))
    )


def _flows(reader: Reader, chosen: Filters) -> pl.DataFrame:
    """Return hours of which at least half was in service beside the flow of the hour before, added up.

    `y` is minutes an hour without a bike, `x` how many more bikes left than came in the hour before: in the same hour an empty
    station would lose none, for nobody can take a bike there. Sums are by station (`place`) and day, as
    `analysis.slopes.slope` takes them, and by station and `bar`; the other of the two is null. Both at once: over
    months it takes seconds to find each hour's neighbour.
    """
    cases = " ".join(
        f"when x <= {most} then {place}" if most is not None else f"else {place}"
        for place, (most, _) in enumerate(_BARS)
    )
    return reader.ask(
        f"""
        with hours as (
            select *, {_SERVED} as served,
                (date_diff('day', date '2000-01-01', status_date) * 24 + status_hour)::integer as number
            from gold.mart_station_availability
            where status_date between cast($first as date) - 1 and $last and ($city is null or city = $city)
        ),
        paired as (
            select system || ' ' || station_id as place, status_date as day,
                60 * minutes_empty / nullif(served, 0) as y, -any_value(net_flow) over before as x
            from hours
            window before as (
                partition by system, station_id order by number range between 1 preceding and 1 preceding
            )
            qualify x is not null and served >= 30 and status_date >= $first
        ),
        placed as (select *, case {cases} end as bar from paired)
        select place, day, bar, count(*) as rows, sum(x)::double as x, sum(y) as y, sum(x * x)::double as xx,
            sum(x * y) as xy
        from placed
        group by grouping sets ((place, day), (place, bar))
        order by all
        """,
        **chosen.parameters,
    )


def without_trips(reader: Reader, chosen: Filters) -> pl.DataFrame:
    """Return stations some of whose hours stand beside no trips: short_name, station_name, reason, hours.

    The feed tells a station by another id than trips do: they meet by its short name.
    """
    return reader.ask(
        f"""
        select short_name, coalesce(any_value(station_name), station_id) as station_name,
            case
                when short_name is null then 'the feed told no short name'
                when is_short_name_shared then 'two stations with this short name were there at once'
                when lies_elsewhere then 'it lies elsewhere than around New York'
                else 'no trips of the day are here, or none names it'
            end as reason,
            count(*) as hours
        from gold.mart_station_availability
        where {_SEEN} and net_flow is null
        group by system, station_id, short_name, reason
        -- Two of a name first.
        order by reason desc, short_name, station_id
        """,
        **chosen.parameters,
    )
