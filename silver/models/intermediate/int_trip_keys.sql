with

rides as not materialized (

    select * from {{ ref("stg_bike_trips") }}

),

-- As `trip_key` has it, in two parts: times and stations are read of rides without an id only.
keys as (

    select hash(ride_id) as trip_key
    from rides
    where ride_id is not null

    union all

    select hash({{ id_of_nameless() }}) as trip_key
    from rides
    where ride_id is null

),

repeated as (

    select trip_key
    from keys
    group by trip_key
    having count(*) > 1

)

select * from repeated
