{{ config(meta={"partition_by": "trip_month"}) }}

with

judged as (

    select * from {{ ref("int_trips_judged") }}

),

trips as (

    select
        -- ids and origin
        trip_id,
        ride_id,
        batch,
        version,
        source_member,
        source_record,

        -- kinds
        city,
        member_type,
        bike_type,

        -- times
        started_at_utc,
        ended_at_utc,
        started_at_local,
        ended_at_local,
        trip_month,
        cast(started_at_local as date) as trip_date,
        cast(hour(started_at_local) as integer) as trip_hour,
        duration_seconds,

        -- places
        start_station_id,
        start_station_name,
        start_latitude,
        start_longitude,
        end_station_id,
        end_station_name,
        end_latitude,
        end_longitude,

        -- bike and rider
        bike_id,
        birth_year,
        gender,

        -- flags: such trips are kept, and marts choose
        is_time_ambiguous,
        duration_seconds < 60 as is_false_start,
        duration_seconds > 24 * 3600 as is_lost_bike
    from judged
    where outcome = 'trip' and {{ is_built_month("trip_month") }}

)

select * from trips
