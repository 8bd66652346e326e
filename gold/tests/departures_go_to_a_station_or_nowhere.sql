-- What leaves a station in a month goes by a route or is never seen at a station again, and what comes to it comes by
-- a route or from nowhere. Returns the stations where the two marts and the trips without an end disagree.
with

movements as (

    select
        trip_month,
        station_id,
        departures,
        arrivals
    from {{ ref("mart_station_stats") }}
    where {{ is_built_month("trip_month") }}

    union all

    select
        trip_month,
        start_station_id as station_id,
        -trips as departures,
        0 as arrivals
    from {{ ref("mart_routes") }}
    where {{ is_built_month("trip_month") }}

    union all

    select
        trip_month,
        end_station_id as station_id,
        0 as departures,
        -trips as arrivals
    from {{ ref("mart_routes") }}
    where {{ is_built_month("trip_month") }}

    union all

    select
        trip_month,
        start_station_id as station_id,
        -1 as departures,
        0 as arrivals
    from {{ ref("fct_trips") }}
    where start_station_id is not null and end_station_id is null and {{ is_built_month("trip_month") }}

    union all

    select
        trip_month,
        end_station_id as station_id,
        0 as departures,
        -1 as arrivals
    from {{ ref("fct_trips") }}
    where start_station_id is null and end_station_id is not null and {{ is_built_month("trip_month") }}

),

left_over as (

    select
        trip_month,
        station_id,
        sum(departures) as departures,
        sum(arrivals) as arrivals
    from movements
    group by trip_month, station_id

)

select * from left_over
where departures <> 0 or arrivals <> 0
