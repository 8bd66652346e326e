{{ config(materialized="view") }}

with

entries as (

    select * from {{ ref("stg_station_information") }}

),

judged as (

    select
        entries.*,
        case
            when reason is not null then 'rejected'
            when not is_on_day then 'outside'
            when repeats.batch is not null then 'duplicate'
            else 'station'
        end as outcome,
        case reason
            when 'unreadable_time' then 'asked at: ' || coalesce(asked_at_text, 'null')
            when 'missing_station' then 'no station_id in the answer of ' || asked_at_text
        end as detail,
        -- A UTC day lies in New York's month of that name, but for the evening before the month's first.
        left(right(entries.batch, 10), 7) as station_month
    from entries
    left join {{ ref("int_station_information_repeats") }} as repeats
        on
            entries.batch = repeats.batch
            and entries.version = repeats.version
            and entries.source_record = repeats.source_record

)

select * from judged
