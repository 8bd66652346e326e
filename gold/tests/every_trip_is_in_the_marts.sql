-- Each mart has every trip it is about, neither fewer nor more.
with

trips as (

    select
        count(*) as all_trips,
        count(start_station_id) as from_stations,
        count(end_station_id) as to_stations,
        count(*) filter (where start_station_id is not null and end_station_id is not null) as between_stations
    from {{ ref("fct_trips") }}

),

marts as (

    select
        (select coalesce(sum(trips), 0) from {{ ref("mart_demand_daily") }}) as daily,
        (select coalesce(sum(trips), 0) from {{ ref("mart_weather_effect") }}) as by_weather,
        (select coalesce(sum(departures), 0) from {{ ref("mart_station_stats") }}) as departures,
        (select coalesce(sum(arrivals), 0) from {{ ref("mart_station_stats") }}) as arrivals,
        (select coalesce(sum(trips), 0) from {{ ref("mart_routes") }}) as on_routes

)

select *
from trips, marts
where
    daily <> all_trips
    or by_weather <> all_trips
    or departures <> from_stations
    or arrivals <> to_stations
    or on_routes <> between_stations
