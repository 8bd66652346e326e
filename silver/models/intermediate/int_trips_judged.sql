{{ config(materialized="view") }}

with

typed as (

    select * from {{ ref("int_trips_typed") }}

),

duplicates as (

    select * from {{ ref("int_trip_duplicates") }}

),

judged as (

    select
        typed.*,
        case
            when typed.reason is not null then 'rejected'
            when duplicates.source_record is not null then 'duplicate'
            else 'trip'
        end as outcome,
        duplicates.winner_batch,
        duplicates.winner_version,
        duplicates.winner_member,
        duplicates.winner_record
    from typed
    left join duplicates
        on
            typed.batch = duplicates.batch
            and typed.version = duplicates.version
            and typed.source_member = duplicates.source_member
            and typed.source_record = duplicates.source_record

)

select * from judged
