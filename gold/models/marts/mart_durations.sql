{{ config(meta={"partition_by": "trip_month"}) }}

with

-- What is no ride has no length: a bike put back at once, and one that was lost.
trips as (

    select * from {{ ref("fct_trips") }}
    where {{ is_built_month("trip_month") }} and not is_false_start and not is_lost_bike

),

counted as (

    select
        trip_month,
        trip_date,
        city,
        member_type,
        bike_type,
        -- Down, or a length of 59.9 would stand among those of a whole minute more.
        floor(duration_seconds / 6) / 10 as minutes,
        cast(count(*) as bigint) as trips
    from trips
    group by trip_month, trip_date, city, member_type, bike_type, floor(duration_seconds / 6) / 10

)

select * from counted
