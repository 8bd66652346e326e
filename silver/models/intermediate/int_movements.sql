{{ config(materialized="view") }}

with

-- Trips are named twice and have no step of their own: DuckDB would keep every row of it for both.
movements as (

    select
        trip_month,
        start_station_id as station_id,
        trip_date as moved_on,
        trip_hour as moved_hour,
        member_type,
        bike_type,
        1 as departure,
        0 as arrival
    from {{ ref("fct_trips") }}
    where start_station_id is not null

    union all

    select
        trip_month,
        end_station_id as station_id,
        cast(ended_at_local as date) as moved_on,
        cast(hour(ended_at_local) as integer) as moved_hour,
        member_type,
        bike_type,
        0 as departure,
        1 as arrival
    from {{ ref("fct_trips") }}
    where end_station_id is not null

)

select * from movements
