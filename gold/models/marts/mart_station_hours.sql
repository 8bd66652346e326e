{{ config(meta={"partition_by": "trip_month"}) }}

with

trips as (

    select * from {{ ref("fct_trips") }}
    where {{ is_built_month("trip_month") }}

),

stations as (

    select * from {{ ref("int_station_of_month") }}
    where {{ is_built_month("trip_month") }}

),

-- A trip is two movements, each at its own hour: a bike leaves one station and later comes to another.
movements as (

    select
        trip_month,
        start_station_id as station_id,
        trip_date as moved_on,
        trip_hour as moved_hour,
        1 as departure,
        0 as arrival
    from trips
    where start_station_id is not null

    union all

    select
        trip_month,
        end_station_id as station_id,
        cast(ended_at_local as date) as moved_on,
        cast(hour(ended_at_local) as integer) as moved_hour,
        0 as departure,
        1 as arrival
    from trips
    where end_station_id is not null

),

counted as (

    select
        trip_month,
        station_id,
        moved_on,
        moved_hour,
        cast(sum(departure) as bigint) as departures,
        cast(sum(arrival) as bigint) as arrivals
    from movements
    group by trip_month, station_id, moved_on, moved_hour

),

described as (

    select
        counted.trip_month,
        counted.moved_on,
        counted.moved_hour,
        counted.station_id,
        stations.city,
        counted.departures,
        counted.arrivals
    from counted
    inner join stations
        on counted.trip_month = stations.trip_month and counted.station_id = stations.station_id

)

select * from described
