"""Frames that several notebooks need, as Polars, from a connection of `lake.connect()`."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import lake
from lake.errors import GoneError, NothingPublishedError
from lake.pin import published_by
from lake.status import SnapshotStatus
from lake.words import many

if TYPE_CHECKING:
    import duckdb
    import polars as pl

#: Names the snapshot that notebooks read, so that those rendered together all read the same.
SNAPSHOT = "LAKE_SNAPSHOT"
#: What a person calls the cities of the lake.
CITY_NAMES = {"nyc": "New York", "jc": "Jersey City"}
#: What is said in the place of findings where no city has days.
NO_TRIPS = "No month of trips is in the lake."


def published() -> SnapshotStatus:
    """Return the facts of the published snapshot, or of the one that LAKE_SNAPSHOT names.

    Raises:
        NothingPublishedError: nothing is published yet.
        GoneError: the one named is gone.
    """
    asked = os.environ.get(SNAPSHOT)
    for snapshot in lake.status().snapshots:
        if snapshot.id == asked if asked else snapshot.is_current:
            return snapshot
    if asked:
        raise GoneError(f"there is no snapshot {asked}")
    raise NothingPublishedError(f"nothing is published yet: {published_by(lake.locate())}")


def provenance(snapshot: SnapshotStatus, connection: duckdb.DuckDBPyConnection) -> str:
    """Say which data a notebook ran on, and whether it can say anything about New York."""
    query = """
        select (select cast(sum(trips) as bigint) from gold.mart_covered_days) as trips,
            (select cast(sum(trips) as bigint) from gold.mart_demand_daily) as every
    """
    trips, every = (count or 0 for count in connection.sql(query).fetchall()[0])
    told = f"Snapshot {snapshot.id}, {many(trips, 'trip')} on covered days."
    if every > trips:
        are = "is a stray" if every - trips == 1 else "are strays"
        told += f" {every - trips:,} more {are} from other months' or cities' files, which no figure counts."
    if snapshot.origin == "sample":
        return (
            f"{told} SAMPLE DATA, generated: what it shows is how the method works, not how New York rides."
        )
    return f"{told} Real data of the upstreams."


def cities(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """Return the cities that have months of trips, in order of name."""
    query = "select distinct city from gold.mart_covered_days order by city"
    return [city for (city,) in connection.sql(query).fetchall()]


def days(connection: duckdb.DuckDBPyConnection, city: str) -> pl.DataFrame:
    """Return a city's covered days in order, one row each, as `gold.mart_covered_days` has them.

    Days without a trip are there with zero. Columns: `trip_date`, `trip_month`, `day_of_week` (1 is Monday),
    `is_weekend`, `is_holiday` (public in the city's state), `trips`, `member_trips`, `casual_trips`,
    `temperature_mean_c` (°C), `precipitation_mm` (mm), `wind_speed_mean_kmh` (km/h), `is_wet`; each is null
    where an hour of it is unknown. `stretch` numbers the runs of days without a gap, from 0: the days of one are neighbours in time.
    """
    return connection.execute(
        """
        with demand as (
            select trip_date,
                coalesce(sum(trips) filter (member_type = 'member'), 0) as member_trips,
                coalesce(sum(trips) filter (member_type = 'casual'), 0) as casual_trips
            from gold.mart_demand_daily
            where city = $city
            group by trip_date
        ),
        covered as (
            select *, row_number() over (order by trip_date) as position
            from gold.mart_covered_days
            where city = $city
        )
        select trip_date, trip_month, day_of_week, is_weekend, is_holiday, trips,
            cast(coalesce(member_trips, 0) as bigint) as member_trips,
            cast(coalesce(casual_trips, 0) as bigint) as casual_trips,
            temperature_mean_c, precipitation_mm, wind_speed_mean_kmh, is_wet,
            dense_rank() over (order by trip_date - cast(position as integer)) - 1 as stretch
        from covered
        left join demand using (trip_date)
        order by trip_date
        """,
        {"city": city},
    ).pl()


def hours(connection: duckdb.DuckDBPyConnection, city: str) -> pl.DataFrame:
    """Return mean trips by hour, kind of day and kind of rider.

    Columns: `trip_hour`, `kind_of_day` (working day, weekend or holiday), `member_type`, `trips`.
    `trips` is the mean over all covered days of that kind, in trips an hour.
    """
    return connection.execute(
        """
        with covered as (
            select trip_date, if(is_weekend or is_holiday, 'weekend or holiday', 'working day') as kind_of_day
            from gold.mart_covered_days
            where city = $city
        ),
        numbers as (select kind_of_day, count(*) as days from covered group by kind_of_day)
        select trip_hour, kind_of_day, member_type, sum(trips) / any_value(days) as trips
        from gold.mart_demand_hourly
        inner join covered using (trip_date)
        inner join numbers using (kind_of_day)
        where city = $city and member_type in ('member', 'casual')
        group by trip_hour, kind_of_day, member_type
        order by kind_of_day, member_type, trip_hour
        """,
        {"city": city},
    ).pl()


def peaks(days: pl.DataFrame, hours: pl.DataFrame) -> str:
    """Say in which hour of working days each kind of rider rides most, from frames of `days` and `hours`."""
    if (days["is_weekend"] | days["is_holiday"]).all():
        return "It has no working day."
    told: list[str] = []
    none: list[str] = []
    for member_type, who in (("member", "members"), ("casual", "casual riders")):
        asked = hours.filter(kind_of_day="working day", member_type=member_type)
        # Who did not ride has no hours; of two that are as busy the first is told.
        busiest = asked.sort(["trips", "trip_hour"], descending=[True, False])["trip_hour"].head(1).to_list()
        if busiest:
            told.append(f"{who}{'' if told else ' ride most'} at {busiest[0]}:00")
        else:
            none.append(f" There is no trip of {who} on working days.")
    return (f"On working days {', '.join(told)}." if told else "") + "".join(none)


def monthly(connection: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    """Return trips a day by city and covered month.

    Columns: `city`, `trip_month`, `days` (covered), `trips`, `trips_a_day`, `casual_pct` (percent of
    trips of riders of known kind), `electric_pct` (percent of trips on bikes of known type); null where none is known.
    """
    return connection.sql(
        """
        with kinds as (
            select city, trip_month, 100 * measure.casual_share(trips, member_type) as casual_pct,
                100 * measure.electric_share(trips, bike_type) as electric_pct
            from gold.mart_demand_daily
            semi join gold.mart_covered_days using (city, trip_date)
            group by city, trip_month
        )
        select city, trip_month, measure.covered_days(trip_date) as days, measure.trips(trips) as trips,
            measure.trips_a_day(trips, trip_date) as trips_a_day,
            any_value(casual_pct) as casual_pct, any_value(electric_pct) as electric_pct
        from gold.mart_covered_days
        left join kinds using (city, trip_month)
        group by city, trip_month
        order by city, trip_month
        """
    ).pl()


def busiest_stations(connection: duckdb.DuckDBPyConnection, city: str, count: int = 10) -> pl.DataFrame:
    """Return the stations of a city with the most departures, those with most first.

    Columns: `station_id`, `station_name` (the newest one), `departures`, `arrivals`, `net_flow` (arrivals
    minus departures), `share_pct` (of the city's departures, percent). Covered months count.
    """
    return connection.execute(
        """
        select station_id, arg_max(station_name, trip_month) as station_name,
            cast(sum(departures) as bigint) as departures, cast(sum(arrivals) as bigint) as arrivals,
            measure.net_flow(net_flow) as net_flow,
            100 * sum(departures) / sum(sum(departures)) over () as share_pct
        from gold.mart_station_stats
        semi join gold.mart_covered_days using (city, trip_month)
        where city = $city
        group by station_id
        order by departures desc, station_id
        limit $count
        """,
        {"city": city, "count": count},
    ).pl()


def holidays(connection: duckdb.DuckDBPyConnection, city: str) -> pl.DataFrame:
    """Return a city's public holidays and their comparable days, everybody's trips, by date.

    Columns as in `gold.mart_holiday_impact`; there are at least two comparable days.
    """
    return connection.execute(
        """
        select * exclude (city, member_type)
        from gold.mart_holiday_impact
        where city = $city and member_type = 'all' and comparable_days >= 2
        order by holiday_date
        """,
        {"city": city},
    ).pl()


def availability_days(connection: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    """Return the days on which stations' live feeds were asked, of all systems, in order.

    Columns: `status_month`, `status_date`, `hours` (of the clock, in which somebody asked), `stations`; `served`, `empty`
    and `full`: minutes in service that were observed, and those of them without a bike and without a dock, over all
    stations; `station_hours`, and `known_hours`, those of them of which trips are known.
    """
    return connection.sql(
        """
        select status_month, status_date, count(distinct status_hour) as hours,
            count(distinct (system, station_id)) as stations,
            measure.minutes_in_service(minutes_observed, minutes_out_of_service) as served,
            measure.minutes_empty(minutes_empty) as empty, measure.minutes_full(minutes_full) as "full", count(*) as station_hours, count(net_flow) as known_hours
        from gold.mart_station_availability
        group by status_month, status_date
        order by status_date
        """
    ).pl()


def flow_cells(
    connection: duckdb.DuckDBPyConnection, lacking: str = "empty", *, hours_before: int = 1
) -> pl.DataFrame:
    """Return, added up by station and day as `analysis.slopes.slope` takes it, how stations lack bikes and how bikes flow.

    `y` are minutes of an hour in service without a bike (`lacking="full"`: without a dock), of hours of which half or
    more was; `x` is how many more bikes left than came at the station in the hour so many hours before, all
    riders and bikes (0: the same hour; -1: the one after).
    """
    # One side of the window only: the row of that hour, if there is one.
    beside = f"{abs(hours_before)} {'preceding' if hours_before >= 0 else 'following'}"
    return connection.sql(
        f"""
        with hours as (
            select *, minutes_observed - minutes_out_of_service as served,
                cast(date_diff('day', date '2000-01-01', status_date) * 24 + status_hour as integer) as number
            from gold.mart_station_availability
        ),
        paired as (
            select system || ' ' || station_id as place, status_date as day,
                60 * minutes_{lacking} / nullif(served, 0) as y, -any_value(net_flow) over beside as x
            from hours
            window beside as (
                partition by system, station_id order by number range between {beside} and {beside}
            )
            qualify x is not null and served >= 30
        )
        select place, day, count(*) as rows, sum(x)::double as x, sum(y) as y, sum(x * x)::double as xx,
            sum(x * y) as xy
        from paired
        group by place, day
        order by place, day
        """
    ).pl()
