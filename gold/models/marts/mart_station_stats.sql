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
        member_type,
        bike_type,
        cast(sum(departure) as bigint) as departures,
        cast(sum(arrival) as bigint) as arrivals
    from movements
    group by trip_month, station_id, member_type, bike_type

),

described as (

    select
        counted.trip_month,
        counted.station_id,
        stations.station_name,
        stations.city,
        stations.latitude,
        stations.longitude,
        stations.lies_elsewhere,
        counted.member_type,
        counted.bike_type,
        counted.departures,
        counted.arrivals,
        counted.arrivals - counted.departures as net_flow
    from counted
    inner join stations
        on counted.trip_month = stations.trip_month and counted.station_id = stations.station_id

)

select * from described
