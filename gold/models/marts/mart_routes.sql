{{ config(meta={"partition_by": "trip_month"}) }}

with

trips as (

    select * from {{ ref("fct_trips") }}
    where
        {{ is_built_month("trip_month") }}
        and start_station_id is not null
        and end_station_id is not null

),

stations as (

    select
        trip_month,
        station_id,
        station_name
    from {{ ref("int_station_of_month") }}
    where {{ is_built_month("trip_month") }}

),

counted as (

    select
        trip_month,
        city,
        start_station_id,
        end_station_id,
        cast(count(*) as bigint) as trips,
        cast(count(*) filter (where member_type = 'member') as bigint) as member_trips,
        -- Where no bike's kind is known, neither is how many were electric.
        case
            when bool_or(bike_type <> 'unknown')
                then cast(count(*) filter (where bike_type = 'electric') as bigint)
        end as electric_trips,
        -- The aggregate of that name keeps a state for each of a million routes, dearer than the few durations.
        round(
            list_aggregate(
                list(duration_seconds) filter (where not is_lost_bike and not is_false_start), 'median'
            ) / 60,
            3
        ) as median_duration_minutes
    from trips
    group by trip_month, city, start_station_id, end_station_id

),

-- Every end has its station of the month, so nothing is lost or added here. Of inner joins DuckDB would make all
-- pairs of the month's stations first, and then look for routes among millions of them.
named as (

    select
        counted.trip_month,
        counted.city,
        counted.start_station_id,
        starts.station_name as start_station_name,
        counted.end_station_id,
        ends.station_name as end_station_name,
        counted.trips,
        counted.member_trips,
        counted.electric_trips,
        counted.median_duration_minutes
    from counted
    left join stations as starts
        on counted.trip_month = starts.trip_month and counted.start_station_id = starts.station_id
    left join stations as ends
        on counted.trip_month = ends.trip_month and counted.end_station_id = ends.station_id

)

select * from named
