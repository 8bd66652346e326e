{{ config(materialized="view") }}

with

months as (

    select * from {{ ref("station_months") }}

),

stations as (

    select
        trip_month,
        station_id,
        -- Of two names on the month's last day the commoner one, as in dim_stations.
        first(station_name order by last_seen_on desc, starts + ends desc, station_name asc)
        filter (where station_name is not null) as station_name,
        median(latitude) as latitude,
        median(longitude) as longitude
    from months
    group by trip_month, station_id

),

placed as (

    select
        *,
        coalesce({{ city_of("latitude", "longitude") }}, {{ city_of_station("station_id") }}) as city
    from stations

)

select * from placed
