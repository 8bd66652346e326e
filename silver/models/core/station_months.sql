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

placed as (

    select
        *,
        {{ is_around_new_york("latitude", "longitude") }} as is_around
    from sightings

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
        count(*) filter (where is_around) as points,
        count(*) filter (where not is_around) as points_elsewhere,
        median(latitude) filter (where is_around) as latitude,
        median(longitude) filter (where is_around) as longitude
    from placed
    group by trip_month, station_id, station_name

),

-- A few points around New York make no place of a station whose bikes are elsewhere.
months as (

    select
        * replace (
            case when points >= points_elsewhere then latitude end as latitude,
            case when points >= points_elsewhere then longitude end as longitude
        )
    from by_name

)

select * from months
