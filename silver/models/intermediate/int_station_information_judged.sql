{{ config(materialized="view") }}

with

stations as (

    select * from {{ ref("stg_station_information") }}

),

repeats as (

    select (batch, version, source_record) as entry
    from {{ ref("int_station_information_repeats") }}

),

judged as (

    select
        *,
        case
            when reason is not null then 'rejected'
            when not is_on_day then 'outside'
            when (batch, version, source_record) in (select entry from repeats) then 'duplicate'
            else 'station'
        end as outcome,
        case reason
            when 'unreadable_time' then 'asked at: ' || coalesce(asked_at_text, 'null')
            when 'missing_station' then 'no station_id in the answer of ' || asked_at_text
        end as detail,
        -- A UTC day lies in New York's month of that name, but for the evening before the month's first.
        left(right(batch, 10), 7) as station_month
    from stations

)

select * from judged
