"""Raw versions of a batch as queries, sound by every rule (`GOOD`), and what breaks each critical one (`BAD`)."""

from __future__ import annotations

MODERN = """
    select
        'R' || i as ride_id, if(i % 2 = 0, 'electric_bike', 'classic_bike') as rideable_type,
        strftime(timestamp '2024-05-02 08:00:00' + interval (i) minute, '%Y-%m-%d %H:%M:%S.%g') as started_at,
        strftime(timestamp '2024-05-02 08:09:30' + interval (i) minute, '%Y-%m-%d %H:%M:%S') as ended_at,
        'Grove St PATH' as start_station_name, 'JC115' as start_station_id, '' as end_station_name,
        case when i % 50 = 0 then '' else '5470.10' end as end_station_id, '40.7196' as start_lat,
        '-74.0431' as start_lng, case when i % 60 = 0 then '' else '40.7' end as end_lat,
        case when i % 60 = 0 then '' else '-74.0' end as end_lng, 'member' as member_casual,
        null::varchar as tripduration, null::varchar as starttime, null::varchar as stoptime,
        null::varchar as start_station_latitude, null::varchar as start_station_longitude,
        null::varchar as end_station_latitude, null::varchar as end_station_longitude,
        null::varchar as bikeid, null::varchar as usertype, null::varchar as birth_year,
        null::varchar as gender, null::varchar as name_localizedvalue0,
        'JC-202405.zip' as source_key, 'JC-202405.csv' as source_member, i as source_record,
        null::varchar as other_fields,
        'jc-2024-05' as batch, 1 as version
    from range(1, 201) as numbers(i)
"""
LEGACY = f"""
    select * replace (
        null::varchar as ride_id, null::varchar as rideable_type, null::varchar as started_at,
        null::varchar as ended_at, null::varchar as start_lat, null::varchar as start_lng,
        null::varchar as end_lat, null::varchar as end_lng, null::varchar as member_casual,
        '570' as tripduration, left(started_at, 19) as starttime, ended_at as stoptime,
        '40.7196' as start_station_latitude, '-74.0431' as start_station_longitude,
        '40.7' as end_station_latitude, '-74.0' as end_station_longitude, '24722' as bikeid,
        case when source_record % 90 = 0 then '' else 'Subscriber' end as usertype,
        'NULL' as birth_year, '1' as gender
    ) from ({MODERN})
"""
WEATHER = """
    select
        'new-york' as location, 40.71 as latitude, -74.0 as longitude, 0::bigint as utc_offset_seconds,
        'GMT' as timezone, strftime(hour, '%Y-%m-%dT%H:%M') as time,
        18.5 as temperature_2m, '°C' as temperature_2m_unit, 18.0 as apparent_temperature,
        '°C' as apparent_temperature_unit, 60.0 as relative_humidity_2m, '%' as relative_humidity_2m_unit,
        0.1 as precipitation, 'mm' as precipitation_unit, 0.1 as rain, 'mm' as rain_unit, 0.0 as snowfall,
        'cm' as snowfall_unit, 12.0 as wind_speed_10m, 'km/h' as wind_speed_10m_unit, 20.0 as wind_gusts_10m,
        'km/h' as wind_gusts_10m_unit, 50.0 as cloud_cover, '%' as cloud_cover_unit, 3.0 as weather_code,
        'wmo code' as weather_code_unit, row_number() over (order by hour) as source_record,
        51.0 as elevation, 'GMT' as timezone_abbreviation, null::varchar as other_fields,
        'new-york-2024-05' as batch, 1 as version
    from (select unnest(generate_series(
        timestamp '2024-04-30 00:00:00', timestamp '2024-06-01 23:00:00', interval 1 hour)) as hour)
"""
HOLIDAYS = """
    select date, name as local_name, name, 'US' as country_code, false as fixed, counties is null as global,
        counties, null::bigint as launch_year, types, row_number() over () as source_record,
        null::varchar as other_fields,
        'us-2021' as batch, 1 as version
    from (values
        ('2021-01-01', 'New Year''s Day', null, '["Public"]'),
        ('2021-04-02', 'Good Friday', '["US-TX"]', '["Optional"]'),
        ('2021-04-02', 'Good Friday', '["US-NY","US-NJ"]', '["Public"]'),
        ('2021-05-31', 'Memorial Day', null, '["Public"]'),
        ('2021-07-05', 'Independence Day', null, '["Public"]'),
        ('2021-11-25', 'Thanksgiving Day', null, '["Public"]'),
        ('2021-12-24', 'Christmas Day', null, '["Public"]'),
        ('2021-12-31', 'New Year''s Day', null, '["Public"]')
    ) as entries(date, name, counties, types)
"""
#: Ten stations in two answers of a day, and whatever else columns hold as text.
_POLLED = """
    select
        strftime(timestamp '2024-05-02 12:00:00' + to_minutes(15 * (i // 10)), '%Y-%m-%dT%H:%M:%SZ') as asked_at,
        cast(epoch(timestamp '2024-05-02 12:00:00') as bigint)::varchar as last_updated, '60' as ttl,
        null::varchar as published_version, 'S' || i % 10 as station_id, null::varchar as legacy_id,
        {fields}, i + 1 as source_record, null::varchar as other_fields,
        'citibike-2024-05-02' as batch, 1 as version
    from range(20) as numbers(i)
"""
STATUS = _POLLED.format(
    fields="""
        '3' as num_bikes_available, '1' as num_ebikes_available, '0' as num_bikes_disabled,
        '12' as num_docks_available, '0' as num_docks_disabled, null::varchar as num_scooters_available,
        null::varchar as num_scooters_unavailable, '1' as is_installed, '1' as is_renting, '1' as is_returning,
        '1714651000' as last_reported"""
)
INFORMATION = _POLLED.format(
    fields="""
        'S' || i % 10 as external_id, 'Grove St' as name, 'JC0' || 10 + i % 10 as short_name, '40.72' as lat,
        '-74.04' as lon, '15' as capacity, '71' as region_id, 'classic' as station_type, 'true' as has_kiosk"""
)
GOOD = {"trips": MODERN, "weather": WEATHER, "holidays": HOLIDAYS}
GOOD |= {"station_status": STATUS, "station_information": INFORMATION}


def some(column, value, rows="source_record <= 4"):
    """Return a fault: `column` is `value` in some rows."""
    return f"select * replace (case when {rows} then {value} else {column} end as {column}) from good"


NOTHING, EXTRA = "select * from good where false", "select *, 1 as surprise from good"
BAD = {
    "trips": {
        "not_empty": NOTHING,
        "columns": EXTRA,
        "unique_source_member_source_record": some("source_record", "2", "source_record = 1"),
        "origin": some("source_key", "null", "source_record = 7"),
        "one_schema": "select * replace (if(source_record > 100, null, ride_id) as ride_id, "
        "if(source_record > 100, null, started_at) as started_at, "
        "if(source_record > 100, started_at, null) as starttime) from good",
        "time_format": some("started_at", "'5/2/24 8:01'"),
        "month": "select * replace ('jc-2024-06' as batch) from good",
        "period": some("started_at", "'1970-01-01 00:00:00'"),
        "end_after_start": some("ended_at", "'2024-05-01 08:00:00'"),
        "ride_id": some("ride_id", "''"),
        "unique_source_member_ride_id": some("ride_id", "'R1'"),
        "tripduration": some("tripduration", "'a while'"),
        "station_ids": some("start_station_id", "'5.77E+03'"),
    },
    "weather": {
        "not_empty": NOTHING,
        "columns": EXTRA,
        "coordinates": "select * replace (longitude as latitude, latitude as longitude) from good",
        "gmt": "select * replace (-14400::bigint as utc_offset_seconds) from good",
        "time_format": some("time", "'2024-04-30 00:00'", "source_record = 1"),
        "unique_time": some("time", "'2024-04-30T00:00'", "source_record = 2"),
        "hours_complete": "select * from good where time not like '2024-05-12T0%'",
        "units": some("temperature_2m_unit", "'K'"),
        "temperature_range": some("temperature_2m", "99.9", "source_record = 99"),
        "temperature_mean": "select * replace (41.0 as temperature_2m) from good",
        "precipitation_range": some("precipitation", "-0.1", "source_record = 99"),
        "filled_temperature_2m": "select * replace (null::double as temperature_2m) from good",
        "filled_precipitation": some("precipitation", "null", "source_record > 600"),
    },
    "holidays": {
        "not_empty": NOTHING,
        "columns": EXTRA,
        "date_format": some("date", "'04/02/2021'", "source_record = 2"),
        "year": some("date", "'2012-04-02'", "source_record = 2"),
        "enough_public": "select * from good where source_record in (1, 5, 7)",
        "country": some("country_code", "'UK'", "source_record = 2"),
        "name": some("name", "' '", "source_record = 2"),
        "types_readable": some("types", "'[]'", "source_record = 2"),
        "counties_readable": some("counties", "'US-NY'", "source_record = 3"),
    },
    "station_status": {
        "not_empty": NOTHING,
        "columns": EXTRA,
        "asked_at": some("asked_at", "'2024-05-03T12:00:00Z'"),
        "unique_asked_at_station_id": some("station_id", "'S0'"),
        "station_id": some("station_id", "null"),
        "counts": some("num_docks_available", "'many'"),
        "flags": some("is_renting", "'sometimes'"),
    },
    "station_information": {
        "not_empty": NOTHING,
        "columns": EXTRA,
        "asked_at": some("asked_at", "'02.05.2024 12:00'"),
        "unique_asked_at_station_id": some("station_id", "'S0'"),
        "station_id": some("station_id", "' '"),
        "short_name": some("short_name", "null", "source_record <= 11"),
    },
}
