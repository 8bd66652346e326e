"""The gates on silver and gold, on a small hand-made snapshot and on broken ones."""

from __future__ import annotations

import shutil
from dataclasses import replace

import duckdb
import pytest

from orchestration.gate import judge as gate
from orchestration.gate.result import Check, GateResult

pytestmark = pytest.mark.slow

#: 240 trips on four days of 2024-05, among them one false start and one lost bike; one row rejected.
SILVER = {
    "fct_trips": """
        select 'R' || i as trip_id, 'R' || i as ride_id, 'jc-2024-05' as batch, 1 as version,
            'JC-202405.csv' as source_member, i as source_record, 'jc' as city,
            if(i % 3 = 0, 'casual', 'member') as member_type,
            if(i % 2 = 0, 'electric', 'classic') as bike_type,
            started_at_utc, started_at_utc + to_seconds(seconds) as ended_at_utc,
            started_at_utc - interval 4 hour as started_at_local,
            started_at_utc - interval 4 hour + to_seconds(seconds) as ended_at_local,
            strftime(started_at_local, '%Y-%m') as trip_month, cast(started_at_local as date) as trip_date,
            cast(hour(started_at_local) as integer) as trip_hour, cast(seconds as double) as duration_seconds,
            'JC115' as start_station_id, 'Grove St PATH' as start_station_name, 40.7196 as start_latitude,
            -74.0431 as start_longitude, if(i % 40 = 0, null, 'HB103') as end_station_id,
            if(i % 40 = 0, null, 'South Waterfront') as end_station_name, 40.737 as end_latitude,
            -74.028 as end_longitude, false as is_start_elsewhere, false as is_end_elsewhere,
            null::varchar as bike_id, null::integer as birth_year,
            'unknown' as gender, false as is_time_ambiguous,
            false as is_to_the_minute, seconds < 60 as is_false_start,
            seconds > 86400 as is_lost_bike
        from (
            select i, timestamp '2024-05-02 12:00:00' + to_hours(cast(i // 60 * 24 + i % 6 as integer))
                as started_at_utc, case i when 7 then 30 when 8 then 90000 else 300 + i end as seconds
            from range(240) as numbers(i)
        )
    """,
    "rejected_trips": """
        select 'jc-2024-05' as batch, 1 as version, 'JC-202405.zip' as source_key,
            'JC-202405.csv' as source_member, 1000 as source_record, 'ends before it starts' as reason,
            '' as detail, 'R1000' as ride_id, '2024-05-02 09:00:00' as started_at_text,
            '2024-05-02 08:00:00' as ended_at_text, 'JC115' as start_station_id, 'HB103' as end_station_id
    """,
    "duplicate_trips": """
        select 'jc-2024-05' as batch, 1 as version, 'JC-202405.zip' as source_key,
            'JC-202405.csv' as source_member, 2000 as source_record, trip_month, trip_id,
            batch as winner_batch, version as winner_version, source_member as winner_member,
            source_record as winner_record, 'nothing' as lost_by
        from silver.fct_trips where trip_id = 'R1'
    """,
    "station_months": """
        select trip_month, station_id, station_id || ' St' as station_name, sum(s) as starts, sum(e) as ends,
            min(trip_date) as first_seen_on, max(trip_date) as last_seen_on, count(*) as points,
            0 as points_elsewhere, 40.72 as latitude, -74.04 as longitude
        from (
            select trip_month, start_station_id as station_id, trip_date, 1 as s, 0 as e from silver.fct_trips
            union all
            select trip_month, end_station_id, trip_date, 0, 1 from silver.fct_trips
        )
        where station_id is not null group by trip_month, station_id
    """,
    "covered_months": """
        select 'jc' as city, '2024-05' as trip_month, 'jc-2024-05' as batch, 1 as version
    """,
    "dim_holidays": """
        select date '2024-05-03' as holiday_date, 'Some Day' as holiday_name, 'Some Day' as local_name,
            'US' as country_code, true as is_public, true as is_global, null::varchar[] as counties,
            ['Public'] as types, true as is_ny, true as is_nj, 'us-2024' as batch, 1 as version,
            1 as source_record
    """,
    "rejected_answers": """
        select 'nager' as source, 'holidays' as table_name, 'us-2024' as batch, 1 as version,
            2 as source_record, 'unreadable_date' as reason, 'some day' as detail
    """,
    "conservation": """
        select 'citibike' as source, 'trips' as table_name, 'jc-2024-05' as batch, 1 as version,
            242 as rows_counted, 242 as rows_bronze, 240 as rows_kept, 1 as rows_rejected,
            1 as rows_duplicate, 0 as rows_outside, true as is_conserved,
            'suite bronze.trips' as accepted_by, '17 checks' as accepted_because
    """,
    "dim_stations": """
        select station_id, station_name, [station_name] as station_names, []::varchar[] as other_ids,
            1 as lives, date '2024-05-02' as first_seen_on, date '2024-05-05' as last_seen_on,
            40.72 as latitude, -74.04 as longitude, 'jc' as city, false as is_depot, false as lies_elsewhere,
            0 as points_elsewhere, true as has_coordinates
        from (values ('JC115', 'Grove St PATH'), ('HB103', 'South Waterfront')) as s(station_id, station_name)
    """,
    "station_lives": """
        select station_id, 1 as life, station_name, first_seen_on, last_seen_on,
            (
                select sum(starts + ends) from silver.station_months as months
                where months.station_id = stations.station_id
            ) as sightings,
            latitude, longitude, false as lies_elsewhere, false as is_depot, true as is_latest
        from silver.dim_stations as stations
    """,
    "station_ids": """
        select '2024-05' as trip_month, '5379.1' as published_id, '5379.10' as station_id,
            'same_name' as reason, 1 as sightings
        limit 0
    """,
    "dim_dates": """
        select cast(d as date) as date_day, year(d) as year, quarter(d) as quarter, month(d) as month,
            strftime(d, '%Y-%m') as trip_month, week(d) as iso_week, isodow(d) as day_of_week,
            dayname(d) as day_name, isodow(d) > 5 as is_weekend, 'spring' as season, 24 as hours_in_day,
            d = date '2024-05-03' as is_holiday, if(is_holiday, 'Some Day', null) as holiday_name,
            is_holiday as is_holiday_ny, false as is_holiday_nj
        from (select unnest(generate_series(date '2024-05-01', date '2024-05-31', interval 1 day)) as d)
    """,
    "fct_weather_hourly": """
        select 'new-york' as location, h as hour_utc, h - interval 4 hour as hour_local,
            cast(hour_local as date) as weather_date, hour(hour_local) as weather_hour, 18.0 as temperature_c,
            17.0 as apparent_temperature_c, 60.0 as relative_humidity_pct, 0.1 as precipitation_mm,
            0.1 as rain_mm, 0.0 as snowfall_cm, 10.0 as wind_speed_kmh, 20.0 as wind_gusts_kmh,
            50.0 as cloud_cover_pct, 3 as weather_code, cast([] as varchar[]) as impossible_values,
            'new-york-2024-05' as batch, 1 as version
        from (select unnest(generate_series(
            timestamp '2024-05-01 04:00:00', timestamp '2024-06-01 03:00:00', interval 1 hour)) as h)
    """,
    "fct_weather_daily": """
        select location, weather_date, cast(count(*) as integer) as hours, true as is_complete,
            hours as temperature_hours, hours as precipitation_hours, hours as rain_hours,
            hours as snowfall_hours, hours as wind_speed_hours, hours as wind_gusts_hours,
            hours as cloud_cover_hours,
            avg(temperature_c) as temperature_mean_c, min(temperature_c) as temperature_min_c,
            max(temperature_c) as temperature_max_c, sum(precipitation_mm) as precipitation_mm,
            sum(rain_mm) as rain_mm, sum(snowfall_cm) as snowfall_cm,
            avg(wind_speed_kmh) as wind_speed_mean_kmh, max(wind_speed_kmh) as wind_speed_max_kmh,
            max(wind_gusts_kmh) as wind_gusts_max_kmh, avg(cloud_cover_pct) as cloud_cover_mean_pct,
            sum(precipitation_mm) >= 1 as is_wet
        from silver.fct_weather_hourly group by all
    """,
}
_DAY = "isodow(trip_date) as day_of_week, isodow(trip_date) > 5 as is_weekend, false as is_holiday"
GOLD = {
    "mart_demand_daily": f"""
        select trip_month, trip_date, city, member_type, bike_type, count(*) as trips,
            count(*) filter (is_false_start) as false_starts, count(*) filter (is_lost_bike) as lost_bikes,
            coalesce(sum(duration_seconds) filter (not is_lost_bike), 0) / 60 as duration_minutes_total,
            median(duration_seconds) filter (not is_lost_bike and not is_false_start) / 60
                as median_duration_minutes,
            {_DAY}, null::varchar as holiday_name, 'spring' as season, 18.0 as temperature_mean_c,
            2.4 as precipitation_mm
        from silver.fct_trips group by all
    """,
    "mart_demand_hourly": f"""
        select trip_month, trip_date, trip_hour, city, member_type, bike_type, count(*) as trips, {_DAY}
        from silver.fct_trips group by all
    """,
    "mart_station_stats": """
        select trip_month, station_id, station_id || ' St' as station_name, 'jc' as city, 40.72 as latitude,
            -74.04 as longitude, false as lies_elsewhere, member_type, bike_type, sum(d) as departures, sum(a) as arrivals,
            sum(a) - sum(d) as net_flow
        from (
            select trip_month, member_type, bike_type, start_station_id as station_id, 1 as d, 0 as a
            from silver.fct_trips
            union all
            select trip_month, member_type, bike_type, end_station_id, 0, 1 from silver.fct_trips
        )
        where station_id is not null group by all
    """,
    "mart_routes": """
        select trip_month, city, start_station_id, start_station_name, end_station_id, end_station_name,
            count(*) as trips, count(*) filter (member_type = 'member') as member_trips,
            count(*) filter (bike_type = 'electric') as electric_trips,
            median(duration_seconds) / 60 as median_duration_minutes
        from silver.fct_trips where end_station_id is not null group by all
    """,
    "mart_weather_effect": """
        select trip_month, trip_date, trip_hour, city, count(*) as trips,
            count(*) filter (member_type = 'member') as member_trips,
            count(*) filter (member_type = 'casual') as casual_trips, 18.0 as temperature_c,
            17.0 as apparent_temperature_c, 0.1 as precipitation_mm, 0.0 as snowfall_cm,
            10.0 as wind_speed_kmh, 50.0 as cloud_cover_pct, '15 to 20' as temperature_band,
            'light' as rain_band, 'calm' as wind_band, 8.0 as typical_trips, count(*) / 8.0 as relative_demand
        from silver.fct_trips group by all
    """,
    "mart_holiday_impact": """
        select date '2024-05-03' as holiday_date, 'Some Day' as holiday_name, 'jc' as city, member_type,
            60 as trips, 8 as comparable_days, 50.0 as comparable_mean, 5.0 as comparable_stddev,
            10.0 as difference, 20.0 as difference_pct, 5.0 as interval_low, 15.0 as interval_high
        from (values ('all'), ('member'), ('casual')) as kinds(member_type)
    """,
}
PARTITIONED = {"fct_trips", "mart_demand_hourly"}


def write(connection, folder, name):
    """Write a table as it lies in a snapshot."""
    folder.mkdir(parents=True)
    file = "trip_month-2024-05.0" if name.partition(".")[2] in PARTITIONED else "data"
    connection.execute(f"copy {name} to '{folder}/{file}.parquet'")


@pytest.fixture(scope="module")
def good(tmp_path_factory):
    """Return a snapshot folder that every gate passes."""
    snapshot = tmp_path_factory.mktemp("snapshot")
    with duckdb.connect() as connection:
        for layer, tables in (("silver", SILVER), ("gold", GOLD)):
            connection.execute(f"create schema {layer}")
            for table, query in tables.items():
                connection.execute(f"create table {layer}.{table} as {query}")
                # As published; and every offending DECIMAL would take Great Expectations long to report.
                for column, kind, *_ in connection.execute(f"describe {layer}.{table}").fetchall():
                    if kind.startswith("DECIMAL"):
                        connection.execute(f"alter table {layer}.{table} alter {column} type double")
                write(connection, snapshot / layer / table, f"{layer}.{table}")
    return snapshot


@pytest.mark.parametrize("layer", ["silver", "gold"])
def test_a_good_layer_passes_without_warnings(good, layer):
    results = gate.judge_layer(good, layer)
    lines = [line for result in results for line in result.lines()]
    assert [line for line in lines if not line.startswith("passed")] == []
    assert all(result.passed for result in results)
    # Each of its own tables once, and none of those of silver that gold is compared with.
    assert [result.table for result in results] == gate.suites(layer)


def test_a_table_without_a_suite_is_listed(good, tmp_path):
    shutil.copytree(good / "silver", tmp_path / "silver")
    shutil.copytree(good / "silver" / "dim_dates", tmp_path / "silver" / "extra")
    [result] = [r for r in gate.judge_layer(tmp_path, "silver") if r.table == "extra"]
    assert result.passed
    assert result.suite is result.suite_hash is None
    assert result.note == "there is no suite for this table"


def test_a_missing_table_is_refused(good, tmp_path):
    shutil.copytree(good / "silver", tmp_path / "silver")
    shutil.rmtree(tmp_path / "silver" / "dim_dates")
    refused = {r.table: r for r in gate.judge_layer(tmp_path, "silver") if not r.passed}
    assert "the table is missing" in refused["dim_dates"].why
    # what is compared with the missing table cannot be checked, and that blocks as well
    assert set(refused) == {"dim_dates", "fct_weather_daily"}


FAULTS = [
    ("silver", "covered_months", "select * replace ('May' as trip_month) from good", "month"),
    ("silver", "duplicate_trips", "select * replace (77 as winner_record) from good", "winner_kept"),
    ("silver", "duplicate_trips", "select * replace (winner_record as source_record) from good", "other_row"),
    ("silver", "duplicate_trips", "select * replace ('chance' as lost_by) from good", "known_lost_by"),
    ("silver", "station_ids", "select '2024-05' as trip_month, '5379.1' as published_id, "
     "'5379.1' as station_id, 'same_name' as reason, 1 as sightings", "decision"),
    ("silver", "station_lives", "select * replace (false as is_latest) from good", "one_latest"),
    ("silver", "station_lives", "select * replace (sightings + 1 as sightings) from good", "all_sightings"),
    ("silver", "dim_stations", "select * replace ('Elm Row' as station_name) from good", "lives"),
    ("silver", "fct_trips", "select * replace (null::boolean as is_end_elsewhere) from good",
     "elsewhere_flags"),
    ("silver", "station_months", "select * replace (starts + 1 as starts) from good", "all_ends"),
    ("silver", "station_months", "select * replace (0.0::double as latitude) from good", "coordinates"),
    ("silver", "dim_holidays", "select * replace (false as is_public) from good", "states"),
    ("silver", "rejected_answers", "select * replace ('' as reason) from good", "reason"),
    (
        "silver",
        "fct_trips",
        "from good union all from good where trip_id = 'R1'",
        "unique_trip_month_trip_id",
    ),
    ("silver", "fct_trips", "select * replace ('2024-04' as trip_month) from good", "partition"),
    (
        "silver",
        "fct_trips",
        "select * replace (started_at_local - interval 1 hour as started_at_local, "
        "trip_hour - 1 as trip_hour) from good",
        "local_time",
    ),
    ("silver", "fct_trips", "select * replace (-1.0::double as duration_seconds, true as is_false_start, "
     "false as is_lost_bike) from good", "order"),
    ("silver", "fct_trips", "select * replace ('JC999' as start_station_id) from good", "stations_known"),
    ("silver", "fct_trips", "select * replace ('bike' as bike_type) from good", "known_bike_type"),
    ("silver", "rejected_trips", "select * replace ('' as reason) from good", "reason"),
    ("silver", "rejected_trips", "select * replace (17 as source_record) from good", "not_kept"),
    ("silver", "conservation", "select * replace (false as is_conserved) from good", "conserved"),
    ("silver", "conservation", "select * replace (240 as rows_bronze) from good", "sums"),
    ("silver", "dim_stations", "select * replace (0.0::double as latitude) from good", "coordinates"),
    ("silver", "dim_dates", "from good where day(date_day) <> 20", "no_gaps"),
    ("silver", "dim_dates", "from good where day(date_day) > 4", "covers_trips"),
    ("silver", "dim_dates", "select * replace (day_of_week - 1 as day_of_week) from good", "calendar"),
    ("silver", "fct_weather_hourly", "from good union all from good", "unique_location_hour_utc"),
    ("silver", "fct_weather_hourly", "select * replace (64.4::double as temperature_c) from good",
     "range_temperature_c"),
    ("silver", "fct_weather_hourly", "select * replace (hour_utc - interval 5 hour as hour_local) from good",
     "times"),
    ("silver", "fct_weather_daily", "select * replace (23 as hours) from good", "complete"),
    ("silver", "fct_weather_daily", "select * replace (23 as precipitation_hours) from good", "whole"),
    ("silver", "fct_weather_daily", "select * replace (null::double as temperature_min_c) from good", "whole"),
    ("silver", "fct_weather_daily", "select * replace (precipitation_mm + 1 as precipitation_mm) from good",
     "same_rain"),
    ("gold", "mart_demand_daily", "from good where trip_date <> date '2024-05-03'", "all_trips"),
    ("gold", "mart_demand_hourly", "from good where trip_hour <> 9", "same_as_daily"),
    ("gold", "mart_station_stats", "select * replace (-net_flow as net_flow) from good", "net_flow"),
    ("gold", "mart_routes", "select * replace (trips + 1 as member_trips) from good", "parts"),
    ("gold", "mart_weather_effect", "select * replace (relative_demand * 100 as relative_demand) from good",
     "relative_demand"),
    ("gold", "mart_holiday_impact", "select * replace (-difference as difference, "
     "-difference_pct as difference_pct) from good", "difference"),
    ("gold", "mart_holiday_impact", "select * replace (date '2024-05-04' as holiday_date) from good",
     "is_holiday"),
]  # fmt: skip


def relations_of(snapshot):
    return {
        f"{side}.{path.name}": f"from read_parquet('{path}/**/*.parquet', hive_partitioning = false)"
        for side in ("silver", "gold")
        for path in (snapshot / side).iterdir()
    }


@pytest.mark.parametrize(("layer", "table", "fault", "name"), FAULTS, ids=[f"{f[1]}-{f[3]}" for f in FAULTS])
def test_a_broken_table_is_refused_by_its_expectation(good, tmp_path, layer, table, fault, name):
    others = relations_of(good)
    before = others[f"{layer}.{table}"]
    result = gate.judge(
        layer=layer,
        table=table,
        relation_sql=f"with good as ({before}) {fault}",
        subject=f"{layer}.{table}",
        others=others,
        quarantine=tmp_path / "q",
    )
    assert name in [check.name for check in result.refusals]
    assert all(check.exception is None for check in result.checks)
    assert (tmp_path / "q" / "rows" / f"{name}.parquet").exists()
    assert "The snapshot was not published" in (tmp_path / "q" / "report.md").read_text()


@pytest.mark.parametrize(
    ("layer", "table", "fault", "name"),
    [
        ("silver", "fct_trips", "select * replace ('bike' as bike_type) from good", "known_bike_type"),
        ("silver", "dim_stations", "select * replace (0.0::double as latitude) from good", "coordinates"),
        ("silver", "rejected_trips", "select * replace ('' as reason) from good", "reason"),
        ("silver", "station_months", "select * replace (0.0::double as latitude) from good", "coordinates"),
        ("gold", "mart_station_stats", "select * replace (-net_flow as net_flow) from good", "net_flow"),
        ("gold", "mart_demand_daily", "select * replace ('mars' as city) from good", "known_city"),
    ],
    ids=lambda value: value if " " not in value else "",
)
def test_a_refusal_of_a_layer_names_the_batches_of_its_rows(good, layer, table, fault, name):
    others = relations_of(good)
    result = gate.judge(
        layer=layer,
        table=table,
        relation_sql=f"with good as ({others[f'{layer}.{table}']}) {fault}",
        subject=f"{layer}.{table}",
        others=others,
    )
    (check,) = (check for check in result.refusals if check.name == name)
    assert check.batches == ("jc-2024-05 version 1",)
    assert any(line.endswith(", from jc-2024-05 version 1") for line in result.lines())
    assert GateResult.of(result.as_dict()).checks == result.checks


def test_a_line_names_a_few_of_many_batches():
    many = tuple(f"jc-2024-{month:02} version 1" for month in range(1, 8))
    found = Check("x", "t", "e", None, "critical", "r", False, unexpected_count=7, element_count=9)
    assert replace(found, batches=many).extent == (
        "7 of 9 rows, from jc-2024-01 version 1, jc-2024-02 version 1, jc-2024-03 version 1, "
        "jc-2024-04 version 1 and 3 more"
    )


def test_refusals_of_a_layer_are_written_by_table(good, tmp_path):
    shutil.copytree(good / "silver", tmp_path / "silver")
    with duckdb.connect() as connection:
        station = tmp_path / "silver" / "dim_stations" / "data.parquet"
        connection.execute(f"create table s as from '{station}'")
        connection.execute(f"copy (select * replace ('' as station_id) from s) to '{station}'")
    results = gate.judge_layer(tmp_path, "silver", quarantine=tmp_path / "q")
    refused = {result.table: result for result in results if not result.passed}
    assert set(refused) == {"dim_stations", "fct_trips"}
    assert refused["dim_stations"].report == tmp_path / "q" / "silver" / "dim_stations" / "report.md"
