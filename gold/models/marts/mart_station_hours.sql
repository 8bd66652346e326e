{{ config(meta={"partition_by": "trip_month"}) }}

with

movements as (

    select * from {{ ref("int_movements") }}
    where {{ is_built_month("trip_month") }}

),

stations as (

    select * from {{ ref("int_station_of_month") }}
    where {{ is_built_month("trip_month") }}

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

-- Pages add up a day's hours by station: what belongs together lies together, in less than half of the space.
select * from described
order by moved_on, station_id, moved_hour
