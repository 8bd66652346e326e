{{ config(meta={"partition_by": "trip_month"}) }}

-- A stray trip of another month or city comes with many a file, and a file may be accepted of which no row
-- can be read: a month is covered where trips of its own file were kept, from the first to the last day of these.
with

trips as (

    select
        city,
        trip_month,
        batch,
        version,
        trip_date
    from {{ ref("fct_trips") }}
    where {{ is_built_month("trip_month") }}

),

covered as (

    select
        city,
        trip_month,
        batch,
        version,
        min(trip_date) as first_day,
        max(trip_date) as last_day
    from trips
    where batch = city || '-' || trip_month
    group by city, trip_month, batch, version

)

select * from covered
