"""Small published lakes for the dashboard: marts made by SQL in the shape of their contracts."""

from __future__ import annotations

import functools
import os
import tempfile
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import yaml

from lake.layout import Lake
from lake.meaning import Measure, TableMeaning, write_meanings
from lake.snapshots import Snapshot, begin, current_id, prepare_layer, publish
from lake.versions import all_versions
from serving.filters import Filters
from tests.lake.rows import SCHEMAS, land

ROOT = Path(__file__).parents[2]
CONTRACTS = {
    **{path.stem: path for path in (ROOT / "gold" / "models" / "marts").glob("*.yml")},
    **{
        name: ROOT / "silver" / "models" / "core" / f"{name}.yml"
        for name in ("conservation", "rejected_trips")
    },
}
#: What the marts of a lake are called, as pages name them.
TABLES = [
    f"{'gold' if name.startswith('mart_') else 'silver'}.{name}"
    for name in sorted(CONTRACTS)
    if name in ("conservation", "rejected_trips") or name.startswith("mart_")
]
FIRST, LAST = "2020-12-01", "2021-02-21"
#: Choices of what such a lake holds.
ALL = Filters(date(2020, 12, 1), date(2021, 2, 21))
SOME = Filters(date(2020, 12, 20), date(2021, 1, 10), "jc", "casual", "electric")

_HOURS = """
create temp table hours as
select
    cast(day as date) as trip_date, strftime(day, '%Y-%m') as trip_month, hour::integer as trip_hour, city,
    isodow(day)::integer as day_of_week, isodow(day) >= 6 as is_weekend,
    cast(day as date) in (date '2020-12-25', date '2021-01-01') as is_holiday,
    round(6 + 5 * sin(hour / 4.0) + 4 * cos(dayofyear(day) / 9.0), 1) as temperature_c,
    case when dayofyear(day) % 5 = 0 and hour between 9 and 18 then 1.5 else 0.0 end as precipitation_mm,
    10.0 + dayofyear(day) % 7 as wind_speed_kmh
from generate_series(timestamp '{first}', timestamp '{last}', interval 1 day) as days (day),
    range(24) as hours (hour), (values ('nyc'), ('jc')) as cities (city);

create temp table kinds as
select hours.*, member_type, bike_type,
    -- More in the day than at night, in New York, of members; half when it is wet or a holiday.
    cast(ceil(
        {scale} * (1 + least(trip_hour, 24 - trip_hour)) * if(city = 'nyc', 4, 1)
        * if(member_type = 'member', 2, 1) * if(precipitation_mm > 0, 0.5, 1)
        * if(is_holiday, 0.5, 1) * (1 + temperature_c / 40)
    ) as bigint) as trips
from hours, (values ('member'), ('casual')) as members (member_type),
    (values ('classic'), ('electric')) as bikes (bike_type);
"""

_MARTS = {
    "mart_demand_hourly": "select * exclude (temperature_c, precipitation_mm, wind_speed_kmh) from kinds",
    "mart_demand_daily": """
        select trip_date, trip_month, city, member_type, bike_type, day_of_week, is_weekend, is_holiday,
            sum(trips)::bigint as trips, 0 as false_starts, 0 as lost_bikes,
            10.0 * sum(trips) as duration_minutes_total,
            case when trip_date = '2020-12-25' then 'Christmas Day' when is_holiday then 'New Year''s Day' end
                as holiday_name,
            'winter' as season, avg(temperature_c) as temperature_mean_c
        from kinds group by all
    """,
    "mart_covered_days": """
        select trip_month, trip_date, city, sum(trips)::bigint as trips, day_of_week, is_weekend, is_holiday,
            case when trip_date = '2020-12-25' then 'Christmas Day' when is_holiday then 'New Year''s Day' end
                as holiday_name,
            'winter' as season{day_weather}
        from kinds group by all
    """,
    "mart_durations": """
        select trip_month, trip_date, city, member_type, bike_type, unnest([5.0, 10.0, 30.0]) as minutes,
            sum(trips)::bigint as trips
        from kinds group by all
    """,
    "mart_distances": """
        select trip_month, trip_date, city, member_type, bike_type, unnest([0.0, 0.8, 2.4, null]) as kilometres,
            sum(trips)::bigint as trips
        from kinds group by all
    """,
    "mart_station_hours": """
        select trip_month, trip_date as moved_on, trip_hour as moved_hour, station_id, city,
            {scale} * departures as departures, {scale} * arrivals as arrivals
        from hours inner join (
            values ('5470.10', 'nyc', 8, 5, 1), ('5470.09', 'nyc', 8, 1, 4), ('5470.09', 'nyc', 17, 3, 1),
                ('JC012', 'jc', 9, 0, 2)
        ) as moved (station_id, city, trip_hour, departures, arrivals) using (city, trip_hour)
    """,
    "mart_weather_effect": """
        select trip_month, trip_date, trip_hour, city, sum(trips)::bigint as trips,
            sum(trips) filter (where member_type = 'member')::bigint as member_trips,
            sum(trips) filter (where member_type = 'casual')::bigint as casual_trips,
            {weather},
            '3: 5 to 10 °C' as temperature_band, if(precipitation_mm > 0, '3: rain', '1: dry') as rain_band,
            '2: 10 to 20 km/h' as wind_band
        from kinds
        group by trip_month, trip_date, trip_hour, city, temperature_c, precipitation_mm, wind_speed_kmh
    """,
    "mart_station_stats": """
        select trip_month, station_id, station_name, city, latitude, longitude,
            false as lies_elsewhere, member_type, bike_type, {scale} * departures as departures,
            {scale} * arrivals as arrivals, {scale} * (arrivals - departures) as net_flow
        from (select distinct trip_month from hours),
            (values ('member'), ('casual')) as members (member_type),
            (values ('classic'), ('electric')) as bikes (bike_type),
            (
                values ('5470.10', 'Larch St & Lantern Ave', 'nyc', 40.75, -73.99, 500, 300),
                    ('5470.09', 'Larch St & Lantern Ave', 'nyc', 40.76, -73.98, 300, 450),
                    ('JC012', 'Library Steps', 'jc', 40.72, -74.04, 40, 90),
                    ('DEPOT', null, 'jc', null, null, 1, 1)
            ) as stations (station_id, station_name, city, latitude, longitude, departures, arrivals)
    """,
    "mart_routes": """
        select trip_month, routes.city, start_station_id, start_station_name, end_station_id,
            'Larch St & Lantern Ave' as end_station_name, {scale} * routes.trips as trips, 0 as member_trips,
            0 as electric_trips, 12.5 as median_duration_minutes
        from (select distinct trip_month from hours), (
            values ('nyc', '5470.10', 'Larch St & Lantern Ave', '5470.09', 250),
                ('jc', 'JC012', 'Library Steps', '5470.10', 20)
        ) as routes (city, start_station_id, start_station_name, end_station_id, trips)
    """,
    "mart_holiday_impact": """
        select holiday_date, holiday_name, city, member_type, {scale} * 100 as trips, 4 as comparable_days,
            {scale} * 200.0 as comparable_mean, 0.1 as comparable_spread, {scale} * -100.0 as difference,
            -50.0 as difference_pct, {scale} * -150.0 as interval_low, {scale} * -50.0 as interval_high
        from (
                values (date '2020-12-25', 'Christmas Day'), (date '2021-01-01', 'New Year''s Day')
            ) as holidays (holiday_date, holiday_name),
            (values ('nyc'), ('jc')) as cities (city),
            (values ('all'), ('member'), ('casual')) as members (member_type)
        where holiday_date between date '{first}' and date '{last}'
    """,
    # Seven stations, asked from six in the morning to two at night. The more bikes left in the hour before, the longer one is
    # empty. One rests at ten; two have one name, and one lies elsewhere: of those no trips are known.
    "mart_station_availability": """
        with stations (station_id, short_name, station_name, city, latitude, longitude, is_short_name_shared) as (
            values ('1001', '5470.10', 'Larch St & Lantern Ave', 'nyc', 40.75, -73.99, false),
                ('1002', '5470.09', 'Larch St & Lantern Ave', 'nyc', 40.76, -73.98, false),
                ('1003', '5772.05', 'Quay Rd', 'nyc', 40.77, -73.97, false),
                ('1004', 'JC012', 'Library Steps', 'jc', 40.72, -74.04, false),
                ('1005', 'JC014', 'Old Mill', 'jc', 40.73, -74.05, false),
                ('1006', 'JC013', 'Ferry', 'jc', 40.71, -74.03, true), ('1007', 'JC013', 'Ferry', 'jc', 40.71, -74.03, true),
                ('1008', '3185', 'Sand St', null, null, null, false)
        ), ridden as (
            select seen.*, stations.*, city is not null and not is_short_name_shared as is_known,
                (hash(station_id, status_date, status_hour) % 7)::bigint as departures,
                (hash(status_hour, station_id, status_date) % 7)::bigint as arrivals
            from seen, stations
            where list_contains({feeds}, coalesce(city, {feeds}[1]))
        ), moved as (
            select *, arrivals - departures as net_flow, if(status_hour = 12, 30.0, 60.0) as minutes_observed,
                if(station_id = '1005' and status_hour = 10, 60.0, 0.0) as minutes_out_of_service,
                coalesce(lag(net_flow) over (partition by station_id order by status_date, status_hour), 0) as before
            from ridden
        ), counted as (
            select *, if(station_id = '1003' and status_hour = 20, 2.0, 0.0) as minutes_empty_and_full,
                if(minutes_out_of_service > 0, 0, greatest(10.0 - before + station_id::integer % 3, 2)) as minutes_empty,
                if(minutes_out_of_service > 0, 0, greatest(6.0 + before, 2)) as minutes_full
            from moved
            where status_hour not between 3 and 5
        )
        select * exclude (is_known, before) replace (
                if(is_known, departures, null) as departures, if(is_known, arrivals, null) as arrivals,
                if(is_known, net_flow, null) as net_flow
            ),
            minutes_observed - minutes_out_of_service - minutes_empty - minutes_full + minutes_empty_and_full as minutes_available,
            'citibike' as system, city is null as lies_elsewhere, 20 as capacity, 4 as polls
        from counted
    """,
    "conservation": """
        select 'citibike' as source, 'trips' as table_name, 'jc-2020-12' as batch, 1 as version,
            100 as rows_counted, 100 as rows_bronze, 97 as rows_kept,
            2 as rows_rejected, 1 as rows_duplicate, 0 as rows_outside,
            true as is_conserved, 'suite' as accepted_by, '16 checks' as accepted_because
    """,
    "rejected_trips": """
        select 'jc-2020-12' as batch, 1 as version, 'missing_start' as reason, 'no time' as detail
        from range(2)
    """,
}
_WEATHER = "temperature_c, precipitation_mm, wind_speed_kmh"
#: Every hour has a row for each of four kinds.
_DAY_WEATHER = """,
    avg(temperature_c) as temperature_mean_c, sum(precipitation_mm) / 4 as precipitation_mm,
    avg(wind_speed_kmh) as wind_speed_mean_kmh, sum(precipitation_mm) >= 4 as is_wet
"""


@functools.cache
def _contract(name: str) -> dict[str, Any]:
    """Return what the YAML of a table says of it; to read one takes longer than to write the table."""
    told: dict[str, Any] = yaml.load(CONTRACTS[name].read_text(), yaml.CSafeLoader)["models"][0]
    return told


def _declared(name: str) -> str:
    """Return the columns of a table with their types, as its contract has them."""
    return ", ".join(f"{column['name']} {column['data_type']}" for column in _contract(name)["columns"])


@functools.cache
def meanings(without: str | None = None) -> dict[str, TableMeaning]:
    """Return the measures of the marts, as their YAML defines them."""
    found = {}
    for name in CONTRACTS:
        meta = _contract(name).get("config", {}).get("meta", {})
        measures = {
            key: Measure(**told)
            for key, told in meta.get("measures", {}).items()
            if f"measure.{key}" != without
        }
        found[f"gold.{name}"] = TableMeaning(measures=measures)
    return found


# Removed when the tests end.
_SCRATCH = tempfile.TemporaryDirectory(prefix="marts-")


@functools.cache
def marts(
    scale: int = 1,
    first: str = FIRST,
    last: str = LAST,
    *,
    weather: bool = True,
    cities: tuple[str, ...] = ("nyc", "jc"),
    without_month: str = "",
    closed: str | None = None,
    observed: tuple[str, str] | None = None,
    feeds: tuple[str, ...] | None = None,
) -> Path:
    """Write every table of such a lake once and return their folder: `<layer>/<table>/data.parquet`.

    `closed` is a day at the edge of a month on which nobody rode in Jersey City; `observed` the first and the last day on
    which the stations' feed was asked, where they are not those of trips, `feeds` its cities, likewise.
    """
    folder = Path(_SCRATCH.name) / str(len(list(Path(_SCRATCH.name).iterdir())))
    words = {"scale": scale, "first": first, "last": last, "feeds": list(cities if feeds is None else feeds)}
    words["weather"] = (
        _WEATHER if weather else "null::double as temperature_c, null::double as precipitation_mm"
    )
    words["day_weather"] = _DAY_WEATHER if weather else ""
    with duckdb.connect() as connection:
        connection.execute(_HOURS.format(**words))
        for table in ("hours", "kinds"):
            connection.execute(
                f"""delete from {table} where trip_month = $gone or city not in (select unnest($cities))
                or (city = 'jc' and trip_date = $closed)""",
                {"gone": without_month, "cities": list(cities), "closed": closed},
            )
        days = (
            f"generate_series(date '{observed[0]}', date '{observed[1]}', interval 1 day)"
            if observed
            else "(select distinct trip_date from hours)"
        )
        connection.execute(
            f"""create table seen as select day::date as status_date, strftime(day, '%Y-%m') as status_month,
                hour::integer as status_hour from {days} as days (day), range(24) as hours (hour)"""
        )
        for name, sql in _MARTS.items():
            connection.execute(f"create table {name} ({_declared(name)})")
            connection.execute(f"insert into {name} by name ({sql.format(**words)})")
            place = folder / ("gold" if name.startswith("mart_") else "silver") / name
            place.mkdir(parents=True)
            connection.execute(f"copy {name} to '{place}/data.parquet'")
    return folder


def mart(name: str) -> pl.DataFrame:
    """Return a mart of such a lake, for what a query counts to be counted another way."""
    return pl.read_parquet(marts() / "gold" / name / "data.parquet")


def kept(frame: pl.DataFrame, chosen: Filters) -> pl.DataFrame:
    """Return the rows of a mart by day that a choice keeps."""
    frame = frame.filter(pl.col("trip_date").is_between(chosen.first, chosen.last))
    for column, value in (("city", chosen.city), ("member_type", chosen.member), ("bike_type", chosen.bike)):
        if value:
            frame = frame.filter(pl.col(column) == value)
    return frame


def publish_lake(
    lake: Lake,
    scale: int = 1,
    *,
    without: str | None = None,
    instead: Mapping[str, pl.DataFrame] | None = None,
    origin: str = "sample",
    **shape: object,
) -> Snapshot:
    """Publish a snapshot with such tables but one (or all but a measure), and others `instead` of those of their names; trips grow with `scale`."""
    source = marts(scale, **shape)
    if not all_versions(lake):
        land(lake, "b-1", [1])
    snapshot = begin(lake, all_versions(lake), SCHEMAS, parent=current_id(lake))
    for layer in ("silver", "gold"):
        prepare_layer(lake, snapshot, layer, None)
        for table in (source / layer).iterdir():
            if f"{layer}.{table.name}" != without:
                (snapshot.path / layer / table.name).mkdir()
                file = snapshot.path / layer / table.name / "data.parquet"
                if instead and table.name in instead:
                    instead[table.name].write_parquet(file)
                else:
                    os.link(table / "data.parquet", file)
    write_meanings(snapshot.path, meanings(without))
    gates = [{"subject": "gold.mart_routes", "passed": True, "checks": [{"success": False, "title": "odd"}]}]
    return publish(lake, snapshot, {"origin": origin, "rows": {"silver.fct_trips": 7}, "gates": gates})
