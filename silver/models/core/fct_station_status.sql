{{ config(meta={"partition_by": "status_month"}) }}

with

judged as (

    select * from {{ ref("int_station_status_judged") }}
    where outcome = 'status' and {{ is_built_month("status_month") }}

),

polls as (

    select * from {{ ref("int_station_polls") }}

),

statuses as (

    select
        -- when and where
        judged.status_month,
        judged.asked_at_utc,
        polls.asked_at_local,
        polls.held_seconds,
        judged.system,
        judged.station_id,

        -- what is there
        cast(judged.bikes as smallint) as bikes,
        cast(judged.ebikes as smallint) as ebikes,
        cast(judged.bikes_disabled as smallint) as bikes_disabled,
        cast(judged.docks as smallint) as docks,
        cast(judged.docks_disabled as smallint) as docks_disabled,

        -- what works
        judged.is_installed,
        judged.is_renting,
        judged.is_returning,
        -- Stations that are not in service are listed with no bikes and many docks, and are not empty.
        case
            when not (judged.is_installed and judged.is_renting and judged.is_returning) then 'out_of_service'
            when judged.bikes = 0 and judged.docks = 0 then 'empty_and_full'
            when judged.bikes = 0 then 'empty'
            when judged.docks = 0 then 'full'
            else 'available'
        end as state,
        judged.reported_at_utc,

        -- origin
        judged.batch,
        judged.version,
        judged.source_record
    from judged
    inner join polls on judged.system = polls.system and judged.asked_at_utc = polls.asked_at_utc

)

select * from statuses
