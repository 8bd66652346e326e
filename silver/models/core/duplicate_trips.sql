{{ config(meta={"partition_by": "trip_month"}) }}

with

judged as (

    select * from {{ ref("int_trips_judged") }}

),

duplicates as (

    select
        batch,
        version,
        source_key,
        source_member,
        source_record,
        trip_month,
        trip_id,
        winner_batch,
        winner_version,
        winner_member,
        winner_record
    from judged
    where outcome = 'duplicate' and {{ is_built_month("trip_month") }}

)

select * from duplicates
