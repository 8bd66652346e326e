"""Silver and gold of a few days as queries, sound by every rule: what the tests of the gate break."""

from __future__ import annotations

#: 240 trips on four days of 2024-05, among them one false start and one lost bike; one row rejected.
SILVER = {
    "fct_trips": """
        select 'R' || i as trip_id, 'jc-2024-05' as batch, 1 as version,
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
        select city, trip_month, batch, version, min(trip_date) as first_day, max(trip_date) as last_day
        from silver.fct_trips group by all
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
    "unkept_answers": """
        select 'nager' as source, 'holidays' as table_name, 'us-2024' as batch, 1 as version,
            2 as source_record, 'rejected' as outcome, 'unreadable_date' as reason, 'some day' as detail,
            '2024-05' as answer_month
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
    "fct_station_status": """
        select strftime(asked_at_local, '%Y-%m') as status_month, asked_at_utc, asked_at_local,
            900::smallint as held_seconds, 'citibike' as system, station_id,
            if(station_id = 'b' and i < 4, 0, 5)::smallint as bikes, 1::smallint as ebikes,
            0::smallint as bikes_disabled, 9::smallint as docks, 0::smallint as docks_disabled,
            true as is_installed, true as is_renting, true as is_returning,
            if(station_id = 'b' and i < 4, 'empty', 'available') as state, asked_at_utc as reported_at_utc,
            'citibike-2024-05-02' as batch, 1 as version, i * 2 + if(station_id = 'b', 2, 1) as source_record
        from (
            select i, timestamp '2024-05-02 12:00:00' + to_minutes(i * 15) as asked_at_utc,
                timestamp '2024-05-02 08:00:00' + to_minutes(i * 15) as asked_at_local, station_id
            from range(8) as numbers(i), (values ('a'), ('b')) as stations(station_id)
        )
    """,
    "station_polls": """
        select status_month, system, asked_at_utc, asked_at_local, held_seconds, count(*) as stations,
            0 as stations_out_of_service, count(*) filter (where state = 'empty') as stations_empty,
            0 as stations_full, sum(bikes)::bigint as bikes
        from silver.fct_station_status group by all
    """,
    "bike_station_days": """
        select '2024-05' as station_month, 'citibike' as system, station_id,
            timestamp '2024-05-02 12:00:00' as first_asked_at_utc, timestamp '2024-05-02 18:00:00' as
            last_asked_at_utc, 2 as answers, null::varchar as legacy_id, short_name, 'Elm Row' as station_name,
            40.72 as latitude, -74.04 as longitude, 15 as capacity, '71' as region_id,
            'classic' as station_type, 'citibike-2024-05-02' as batch, 1 as version
        from (values ('a', 'JC115'), ('b', 'HB103')) as stations(station_id, short_name)
    """,
    "dim_bike_stations": """
        select system, station_id, legacy_id, short_name, station_name, latitude, longitude, capacity, region_id,
            station_type, 'jc' as city, false as lies_elsewhere, first_asked_at_utc as valid_from_utc,
            null::timestamp as valid_to_utc, last_asked_at_utc as last_told_at_utc, true as is_latest
        from silver.bike_station_days
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
    "mart_covered_days": f"""
        select trip_month, trip_date, city, count(*) as trips, {_DAY}, null::varchar as holiday_name,
            'spring' as season, 12.0 as temperature_mean_c, 2.0 as precipitation_mm,
            9.0 as wind_speed_mean_kmh, true as is_wet
        from silver.fct_trips group by all
    """,
    "mart_durations": """
        select trip_month, trip_date, city, member_type, bike_type, floor(duration_seconds / 6) / 10 as minutes,
            count(*) as trips
        from silver.fct_trips where not is_false_start and not is_lost_bike group by all
    """,
    "mart_distances": """
        select trip_month, trip_date, city, member_type, bike_type,
            if(start_station_id = end_station_id, 0.0, 1.2) as kilometres, count(*) as trips
        from silver.fct_trips where not is_false_start and not is_lost_bike group by all
    """,
    "mart_station_hours": """
        select trip_month, moved_on, hour(moved_at)::integer as moved_hour, station_id, 'jc' as city,
            sum(d) as departures, sum(a) as arrivals
        from (
            select trip_month, started_at_local as moved_at, start_station_id as station_id, 1 as d, 0 as a
            from silver.fct_trips
            union all
            select trip_month, ended_at_local, end_station_id, 0, 1 from silver.fct_trips
        ), lateral (select moved_at::date as moved_on)
        where station_id is not null group by all
    """,
    "mart_station_availability": """
        select status_month, asked_at_local::date as status_date, hour(asked_at_local)::integer as status_hour,
            system, station_id, if(station_id = 'a', 'JC115', 'HB103') as short_name,
            'Elm Row' as station_name, 'jc' as city, 40.72 as latitude, -74.04 as longitude,
            false as lies_elsewhere, 15 as capacity, count(*) as polls,
            sum(held_seconds) / 60 as minutes_observed, 0.0 as minutes_out_of_service,
            coalesce(sum(held_seconds) filter (state = 'empty'), 0) / 60 as minutes_empty, 0.0 as minutes_full,
            0.0 as minutes_empty_and_full,
            coalesce(sum(held_seconds) filter (state = 'available'), 0) / 60 as minutes_available,
            false as is_short_name_shared, 3 as departures, 2 as arrivals, -1 as net_flow
        from silver.fct_station_status group by all
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
            'light' as rain_band, 'calm' as wind_band
        from silver.fct_trips group by all
    """,
    "mart_holiday_impact": """
        select date '2024-05-03' as holiday_date, 'Some Day' as holiday_name, 'jc' as city, member_type,
            60 as trips, 8 as comparable_days, 50.0 as comparable_mean, 5.0 as comparable_spread,
            10.0 as difference, 20.0 as difference_pct, 5.0 as interval_low, 15.0 as interval_high
        from (values ('all'), ('member'), ('casual')) as kinds(member_type)
    """,
}
