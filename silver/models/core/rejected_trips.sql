{{ config(meta={"partition_by": "batch"}) }}

with

judged as (

    select * from {{ ref("int_trips_judged") }}

),

rejected as (

    select
        batch,
        version,
        source_key,
        source_member,
        source_record,
        reason,
        detail,
        ride_id,
        started_at_text,
        ended_at_text,
        start_station_id,
        end_station_id
    from judged
    where outcome = 'rejected' and {{ is_built_batch("batch") }}

)

select * from rejected
