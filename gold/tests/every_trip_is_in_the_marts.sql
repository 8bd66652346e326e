-- Each mart has every trip of each month it is about, neither fewer nor more. Returns what is told of months where
-- the trips say something else.
with

trips as (

    select * from {{ ref("fct_trips") }}
    where {{ is_built_month("trip_month") }}

),

expected as (

    select
        trip_month,
        count(*) as daily,
        count(*) as hourly,
        count(*) as by_weather,
        count(start_station_id) as departures,
        count(end_station_id) as arrivals,
        count(*) filter (where start_station_id is not null and end_station_id is not null) as on_routes
    from trips
    group by trip_month

),

parts as (

    select
        trip_month,
        'daily' as mart,
        sum(trips) as trips
    from {{ ref("mart_demand_daily") }}
    where {{ is_built_month("trip_month") }}
    group by trip_month
    union all
    select
        trip_month,
        'hourly' as mart,
        sum(trips) as trips
    from {{ ref("mart_demand_hourly") }}
    where {{ is_built_month("trip_month") }}
    group by trip_month
    union all
    select
        trip_month,
        'by_weather' as mart,
        sum(trips) as trips
    from {{ ref("mart_weather_effect") }}
    where {{ is_built_month("trip_month") }}
    group by trip_month
    union all
    select
        trip_month,
        'departures' as mart,
        sum(departures) as trips
    from {{ ref("mart_station_stats") }}
    where {{ is_built_month("trip_month") }}
    group by trip_month
    union all
    select
        trip_month,
        'arrivals' as mart,
        sum(arrivals) as trips
    from {{ ref("mart_station_stats") }}
    where {{ is_built_month("trip_month") }}
    group by trip_month
    union all
    select
        trip_month,
        'on_routes' as mart,
        sum(trips) as trips
    from {{ ref("mart_routes") }}
    where {{ is_built_month("trip_month") }}
    group by trip_month

),

marts as (

    select
        trip_month,
        mart,
        trips
    from expected
    unpivot (trips for mart in (daily, hourly, by_weather, departures, arrivals, on_routes))

),

compared as (

    select
        coalesce(marts.trip_month, parts.trip_month) as trip_month,
        coalesce(marts.mart, parts.mart) as mart,
        coalesce(marts.trips, 0) as expected,
        coalesce(parts.trips, 0) as found
    from marts
    full outer join parts on marts.trip_month = parts.trip_month and marts.mart = parts.mart

)

select * from compared
where expected <> found
