{{ config(meta={"partition_by": "batch"}) }}

with

keys as (

    select * from {{ ref("int_trip_keys") }}
    where reason is not null and {{ is_built_batch("batch") }}

),

published as (

    select * from {{ ref("stg_bike_trips") }}

),

rejected as (

    select
        keys.batch,
        keys.version,
        published.source_key,
        keys.source_member,
        keys.source_record,
        keys.reason,
        keys.detail,
        published.ride_id,
        published.started_at_text,
        published.ended_at_text,
        published.start_station_id,
        published.end_station_id
    from published
    inner join keys
        on
            published.batch = keys.batch
            and published.version = keys.version
            and published.source_member = keys.source_member
            and published.source_record = keys.source_record

)

select * from rejected
