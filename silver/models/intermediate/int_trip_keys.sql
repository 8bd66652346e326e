with

rides as (

    select * from {{ ref("stg_bike_trips") }}

),

repeated as (

    select {{ trip_key() }} as trip_key
    from rides
    group by trip_key
    having count(*) > 1

)

select * from repeated
