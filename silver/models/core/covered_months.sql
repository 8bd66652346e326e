{{ config(meta={"partition_by": "trip_month"}) }}

-- A stray trip of another month or city comes with many a file, and a file may be accepted of which no row
-- can be read: a month is covered where trips of its own file were kept, from the first to the last day of these.
-- One that a later file repeats is kept as that file has it, and is the own file's all the same.
with

trips as (

    select
        city,
        trip_month,
        trip_id,
        batch,
        version,
        trip_date
    from {{ ref("fct_trips") }}
    where {{ is_built_month("trip_month") }}

),

repeated as (

    select
        trips.city,
        trips.trip_month,
        duplicates.batch,
        duplicates.version,
        trips.trip_date
    from {{ ref("duplicate_trips") }} as duplicates
    inner join trips on duplicates.trip_month = trips.trip_month and duplicates.trip_id = trips.trip_id
    where {{ is_built_month("duplicates.trip_month") }} and duplicates.batch <> trips.batch

),

own as (

    select
        city,
        trip_month,
        batch,
        version,
        trip_date
    from trips

    union all

    select * from repeated

),

covered as (

    select
        city,
        trip_month,
        batch,
        version,
        min(trip_date) as first_day,
        max(trip_date) as last_day
    from own
    where batch = city || '-' || trip_month
    group by city, trip_month, batch, version

)

select * from covered
