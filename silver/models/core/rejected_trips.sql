{{ config(meta={"partition_by": "batch"}) }}

with

rides as (

    select * from {{ ref("int_trips_typed") }}
    where reason is not null and {{ is_built_batch("batch") }}

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
        {{ known_text("started_at_text") }} as started_at_text,
        {{ known_text("ended_at_text") }} as ended_at_text,
        start_station_id_text as start_station_id,
        end_station_id_text as end_station_id
    from rides

)

select * from rejected
