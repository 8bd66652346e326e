"""The queries of the bare script. Tables of one layer may be read by the next ones under their names."""

from __future__ import annotations

#: Types of the trips' CSV, by column. Station ids are text: `5470.10` is no number.
KINDS = {
    "ride_id": "varchar",
    "rideable_type": "varchar",
    "started_at": "timestamp",
    "ended_at": "timestamp",
    "start_station_name": "varchar",
    "start_station_id": "varchar",
    "end_station_name": "varchar",
    "end_station_id": "varchar",
    "start_lat": "double",
    "start_lng": "double",
    "end_lat": "double",
    "end_lng": "double",
    "member_casual": "varchar",
}
HOLIDAYS = {
    "date": "date",
    "name": "varchar",
    "global": "boolean",
    "counties": "varchar[]",
    "types": "varchar[]",
}

#: One month of trips from its `{bronze}`. A window over whole rows takes a tenth more CPU than picking the
#: few repeated ids first, and half the memory.
TRIPS = """
select
    ride_id,
    if(rideable_type = 'electric_bike', 'electric', 'classic') as bike_type,
    member_casual as member_type,
    started_at,
    ended_at,
    strftime(started_at, '%Y-%m') as trip_month,
    cast(started_at as date) as trip_date,
    hour(started_at) as trip_hour,
    date_diff('millisecond', started_at, ended_at) / 1000 as duration_seconds,
    start_station_id, start_station_name, start_lat, start_lng,
    end_station_id, end_station_name, end_lat, end_lng
from {bronze}
where ended_at >= started_at
qualify row_number() over (partition by ride_id order by started_at, ended_at) = 1
"""

SILVER = {
    # What fell in an hour is published with the hour after it.
    "weather": """
        with hours as (
            select
                timezone('America/New_York', timezone('UTC', time)) as hour_local,
                temperature_2m as temperature_c,
                lead(precipitation) over (order by time) as precipitation_mm,
                wind_speed_10m as wind_speed_kmh
            from raw_weather
        )
        select
            cast(hour_local as date) as weather_date,
            hour(hour_local) as weather_hour,
            avg(temperature_c) as temperature_c,
            sum(precipitation_mm) as precipitation_mm,
            avg(wind_speed_kmh) as wind_speed_kmh
        from hours group by all
    """,
    "holidays": """
        select date as holiday_date, string_agg(distinct name, ' / ' order by name) as holiday_name
        from raw_holidays
        where list_contains(types, 'Public') and ("global" or list_contains(counties, 'US-NY'))
        group by all
    """,
    "stations": """
        with seen as (
            select
                start_station_id as station_id, start_station_name as station_name, started_at as seen_at,
                start_lat as latitude, start_lng as longitude
            from trips where start_station_id is not null
            union all
            select end_station_id, end_station_name, ended_at, end_lat, end_lng
            from trips where end_station_id is not null
        )
        select
            station_id,
            arg_max(station_name, seen_at) as station_name,
            median(latitude) as latitude,
            median(longitude) as longitude,
            cast(min(seen_at) as date) as first_seen_on,
            cast(max(seen_at) as date) as last_seen_on
        from seen group by all
    """,
}

GOLD = {
    "demand_daily": """
        with counted as (
            select
                trip_month, trip_date, member_type, bike_type,
                count(*) as trips,
                count(*) filter (duration_seconds < 60) as false_starts,
                count(*) filter (duration_seconds > 86400) as lost_bikes,
                median(duration_seconds) filter (duration_seconds between 60 and 86400) / 60
                    as median_duration_minutes
            from trips group by all
        ),
        weather_daily as (
            select
                weather_date, avg(temperature_c) as temperature_mean_c,
                sum(precipitation_mm) as precipitation_mm
            from weather group by all
        )
        select
            counted.*, isodow(trip_date) as day_of_week, isodow(trip_date) >= 6 as is_weekend, holiday_name,
            temperature_mean_c, precipitation_mm
        from counted
        left join holidays on trip_date = holiday_date
        left join weather_daily on trip_date = weather_date
    """,
    "demand_hourly": """
        select
            trip_month, trip_date, trip_hour, member_type, bike_type,
            isodow(trip_date) >= 6 or holiday_date is not null as is_day_off,
            count(*) as trips
        from trips left join holidays on trip_date = holiday_date
        group by all
    """,
    "station_stats": """
        with moves as (
            select trip_month, start_station_id as station_id, member_type, bike_type, true as departs
            from trips where start_station_id is not null
            union all
            select trip_month, end_station_id, member_type, bike_type, false
            from trips where end_station_id is not null
        ),
        counted as (
            select
                trip_month, station_id, member_type, bike_type,
                count(*) filter (departs) as departures, count(*) filter (not departs) as arrivals
            from moves group by all
        )
        select counted.*, arrivals - departures as net_flow, station_name, latitude, longitude
        from counted join stations using (station_id)
    """,
    # Hours without a trip count as well: every hour from the first to the last day.
    "weather_effect": """
        with days as (
            select unnest(generate_series(min(trip_date), max(trip_date), interval 1 day)) as day
            from demand_daily
        ),
        hours as (select cast(day as date) as trip_date, unnest(range(24)) as trip_hour from days),
        counted as (
            select trip_date, trip_hour, cast(sum(trips) as bigint) as trips from demand_hourly group by all
        )
        select
            hours.*, strftime(hours.trip_date, '%Y-%m') as trip_month,
            coalesce(trips, 0) as trips, temperature_c, precipitation_mm, wind_speed_kmh
        from hours
        left join counted using (trip_date, trip_hour)
        left join weather on trip_date = weather_date and trip_hour = weather_hour
    """,
    "holiday_impact": """
        with counted as (
            select trip_date, coalesce(member_type, 'all') as member_type, cast(sum(trips) as bigint) as trips
            from demand_daily group by grouping sets ((trip_date, member_type), (trip_date))
        )
        select
            holiday_date, holiday_name, ours.member_type, ours.trips,
            count(others.trips) as comparable_days,
            exp(avg(ln(others.trips))) as comparable_mean,
            stddev_samp(ln(others.trips)) as comparable_spread,
            ours.trips - exp(avg(ln(others.trips))) as difference
        from holidays
        join counted as ours on holiday_date = ours.trip_date
        left join counted as others
            on ours.member_type = others.member_type
            and isodow(ours.trip_date) = isodow(others.trip_date)
            and abs(ours.trip_date - others.trip_date) <= 28
            and others.trip_date not in (select holiday_date from holidays)
        group by holiday_date, holiday_name, ours.member_type, ours.trips
    """,
}
