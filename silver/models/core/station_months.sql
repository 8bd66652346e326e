{{ config(meta={"partition_by": "trip_month"}) }}

with

trips as (

    select * from {{ ref("fct_trips") }}
    where {{ is_built_month("trip_month") }}

),

sightings as (

    select
        trip_month,
        start_station_id as station_id,
        start_station_name as station_name,
        trip_date as seen_on,
        start_latitude as latitude,
        start_longitude as longitude,
        1 as starts,
        0 as ends
    from trips
    where start_station_id is not null

    union all

    select
        trip_month,
        end_station_id as station_id,
        end_station_name as station_name,
        cast(ended_at_local as date) as seen_on,
        end_latitude as latitude,
        end_longitude as longitude,
        0 as starts,
        1 as ends
    from trips
    where end_station_id is not null

),

by_name as (

    select
        trip_month,
        station_id,
        station_name,
        cast(sum(starts) as bigint) as starts,
        cast(sum(ends) as bigint) as ends,
        min(seen_on) as first_seen_on,
        max(seen_on) as last_seen_on,
        count(latitude) as points,
        median(latitude) as latitude,
        median(longitude) as longitude
    from sightings
    group by trip_month, station_id, station_name

)

select * from by_name
