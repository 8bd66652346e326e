with

typed as (

    select * from {{ ref("int_trips_typed") }}

),

-- What is needed of every row to judge it, and no more: the wide rows go straight from bronze into fct_trips.
keys as (

    select
        batch,
        version,
        source_member,
        source_record,
        trip_month,
        case when trip_id is not null then hash(trip_id) end as trip_key,
        reason,
        detail
    from typed

)

select * from keys
