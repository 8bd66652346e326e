{{ config(meta={"partition_by": "status_month"}) }}

with

statuses as (

    select * from {{ ref("fct_station_status") }}
    where {{ is_built_month("status_month") }}

),

polls as (

    select
        status_month,
        system,
        asked_at_utc,
        asked_at_local,
        held_seconds,
        count(*) as stations,
        count(*) filter (where state = 'out_of_service') as stations_out_of_service,
        count(*) filter (where state in ('empty', 'empty_and_full')) as stations_empty,
        count(*) filter (where state in ('full', 'empty_and_full')) as stations_full,
        cast(sum(bikes) as bigint) as bikes
    from statuses
    group by status_month, system, asked_at_utc, asked_at_local, held_seconds

)

select * from polls
order by system, asked_at_utc
