"""Questions of the Stations page that are counted by month: a month counts if a chosen day lies in it.

Of a city whose month is not here its stations know arrivals from other cities and no departures, so covered
months count, of covered cities.
"""

from __future__ import annotations

import polars as pl

from serving.filters import Filters
from serving.queries.shared import COVERED
from serving.reader import Reader

_KIND = "($member is null or member_type = $member) and ($bike is null or bike_type = $bike)"
#: For a `with` clause: the months of each city (and of no city: a depot is in every file) that are counted,
#: and how many days of each are covered.
MONTHS = f"""{COVERED},
counted_days as (
    -- A city's own, for its stations' movements are those of its whole month.
    select city, trip_month, trip_date from covered where trip_month in (select whole.trip_month from whole)
    union
    select null, trip_month, trip_date from whole
),
months as (
    select city, trip_month, count(*) as days from counted_days
    where trip_month between strftime(cast($first as date), '%Y-%m') and strftime(cast($last as date), '%Y-%m')
    group by city, trip_month
),
movements as (
    select stats.*, days
    from gold.mart_station_stats as stats
    inner join months on stats.trip_month = months.trip_month and stats.city is not distinct from months.city
)"""


def stations(reader: Reader, chosen: Filters) -> pl.DataFrame:
    """Return every station's movements in the chosen months, the busiest first.

    Columns: station_id, station_name (its id without one), city, latitude, longitude (null without a place),
    lies_elsewhere (than around New York: it has no place then), departures, arrivals, net_flow (arrivals
    minus departures), days (covered ones of the months it was used in), net_a_day. Name and place are the
    latest month's.
    """
    return reader.ask(
        f"""
        with {MONTHS},
        totals as (
            select station_id,
                -- As one: of a null alone, arg_max would take an older month's value for it.
                arg_max(
                    struct_pack(
                        station_name := coalesce(station_name, station_id),
                        city := city, latitude := latitude, longitude := longitude,
                        lies_elsewhere := lies_elsewhere
                    ),
                    trip_month
                ) as latest,
                sum(departures)::bigint as departures,
                sum(arrivals)::bigint as arrivals,
                measure.net_flow(net_flow) as net_flow
            from movements
            where {_KIND}
            group by station_id
        ),
        used as (
            select station_id, sum(days)::bigint as days
            from (select distinct station_id, trip_month, days from movements)
            group by station_id
        )
        select station_id, unnest(latest), departures, arrivals, net_flow, days,
            round(net_flow / days, 2) as net_a_day
        from totals inner join used using (station_id)
        order by departures desc, station_id
        """,
        **chosen.parameters,
    )


def profile(reader: Reader, chosen: Filters, station: str) -> pl.DataFrame:
    """Return one station's months: trip_month, departures, arrivals."""
    return reader.ask(
        f"""
        with {MONTHS}
        select trip_month, sum(departures)::bigint as departures, sum(arrivals)::bigint as arrivals
        from movements
        where {_KIND} and station_id = $station
        group by trip_month
        order by trip_month
        """,
        **chosen.parameters,
        station=station,
    )


def routes(reader: Reader, chosen: Filters, station: str, *, count: int) -> pl.DataFrame:
    """Return where a station's trips go to and come from, the `count` busiest each way.

    Columns: direction (`to` or `from`), station_name, trips, minutes (mean of the months' medians).
    All riders and bikes, and any city at the other end.
    """
    return reader.ask(
        f"""
        with {MONTHS},
        chosen as (
            select * from gold.mart_routes
            where trip_month in (select trip_month from months)
                and (start_station_id = $station or end_station_id = $station)
        ),
        ends as (
            select 'to' as direction, end_station_id as station_id, end_station_name as name, trips,
                median_duration_minutes as minutes
            from chosen where start_station_id = $station
            union all
            select 'from', start_station_id, start_station_name, trips, median_duration_minutes
            from chosen where end_station_id = $station
        )
        select direction, coalesce(any_value(name), station_id) as station_name, sum(trips)::bigint as trips,
            round(sum(trips * minutes) / sum(trips) filter (where minutes is not null), 1) as minutes
        from ends
        group by direction, station_id
        qualify row_number() over (partition by direction order by sum(trips) desc, station_id) <= $count
        order by direction desc, trips desc, station_id
        """,
        **chosen.parameters,
        station=station,
        count=count,
    )


def flows(reader: Reader, chosen: Filters, *, count: int) -> pl.DataFrame:
    """Return the `count` busiest pairs of stations in the chosen months, both ways together, the busiest first.

    Columns: station_id, station_name, latitude, longitude and the same of the other end (other_id, other_name, …),
    trips, there (from the first to the other), back. Of trips that began in a chosen city, all riders and bikes;
    rides back to where they began, and ends without a place, are no pairs.
    """
    return reader.ask(
        f"""
        with {MONTHS},
        every as (
            select start_station_id, end_station_id, trips,
                xor(hash(start_station_id), hash(end_station_id)) as pair
            from gold.mart_routes as routes
            inner join months on routes.city = months.city and routes.trip_month = months.trip_month
            where start_station_id <> end_station_id
        ),
        -- A pair has so many rows at most: there and back, of two cities, each month. So of the busiest each has a
        -- row with that part of what the last of them has, and of a million routes few are added up.
        most as (select 4 * count(distinct trip_month) as row_count from months),
        high as (select trips from every order by trips desc limit (select $count * row_count from most)),
        busy as (
            select distinct pair from every
            where trips >= (select min(trips) from high) / (select row_count from most)
        ),
        ridden as (
            select least(start_station_id, end_station_id) as station_id,
                greatest(start_station_id, end_station_id) as other_id,
                sum(trips)::bigint as trips,
                coalesce(sum(trips) filter (where start_station_id < end_station_id), 0)::bigint as there
            from every where pair in (select busy.pair from busy)
            group by all
        ),
        places as (
            select station_id, arg_max(
                struct_pack(
                    name := coalesce(station_name, station_id), latitude := latitude, longitude := longitude
                ),
                trip_month
            ) as latest
            from gold.mart_station_stats
            where trip_month in (select trip_month from months) and latitude is not null
            group by station_id
        )
        select ridden.station_id, starts.latest.name as station_name, starts.latest.latitude as latitude,
            starts.latest.longitude as longitude, other_id, ends.latest.name as other_name,
            ends.latest.latitude as other_latitude, ends.latest.longitude as other_longitude,
            trips, there, trips - there as back
        from ridden
        inner join places as starts on ridden.station_id = starts.station_id
        inner join places as ends on ridden.other_id = ends.station_id
        order by trips desc, ridden.station_id, other_id
        limit $count
        """,
        **chosen.parameters,
        count=count,
    )
