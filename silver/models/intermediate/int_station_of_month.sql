{{ config(materialized="view") }}

with

-- Points elsewhere are one place, and none of the region's: 0, 0.
months as (

    select
        *,
        coalesce(latitude, case when points_elsewhere > 0 then 0 end) as at_latitude,
        coalesce(longitude, case when points_elsewhere > 0 then 0 end) as at_longitude
    from {{ ref("station_months") }}

),

-- Name and place are of one time: an id may be given to another station within a month.
latest as (

    select
        *,
        first_value(station_name) over latest_first as latest_name,
        first_value(at_latitude ignore nulls) over latest_first as latest_latitude,
        first_value(at_longitude ignore nulls) over latest_first as latest_longitude
    from months
    window latest_first as (
        partition by trip_month, station_id
        -- Of two names on the month's last day the commoner one, as in station_lives.
        order by station_name is null, last_seen_on desc, starts + ends desc, station_name asc
        rows between unbounded preceding and unbounded following
    )

),

compared as (

    select
        *,
        {{ is_one_place("at_latitude", "at_longitude", "latest_latitude", "latest_longitude") }} as is_near
    from latest

),

stations as (

    select
        trip_month,
        station_id,
        any_value(latest_name) as station_name,
        median(at_latitude) filter (where is_near) as at_latitude,
        median(at_longitude) filter (where is_near) as at_longitude
    from compared
    group by trip_month, station_id

),

placed as (

    select
        trip_month,
        station_id,
        station_name,
        nullif(at_latitude, 0) as latitude,
        nullif(at_longitude, 0) as longitude,
        coalesce(at_latitude = 0, false) as lies_elsewhere
    from stations

),

with_city as (

    select
        *,
        coalesce({{ city_of("latitude", "longitude") }}, {{ city_of_station("station_id") }}) as city
    from placed

)

select * from with_city
