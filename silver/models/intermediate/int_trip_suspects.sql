with

rides as (

    select * from {{ ref("stg_bike_trips") }}

),

suspects as (

    select *
    from rides
    where {{ trip_key() }} in (select keys.trip_key from {{ ref("int_trip_keys") }} as keys)

)

select * from suspects
