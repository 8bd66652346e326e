{{ config(meta={"partition_by": "trip_month"}) }}

with

losers as (

    select * from {{ ref("int_trip_duplicates") }}

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
        winner_record,
        lost_by
    from losers

)

select * from duplicates
