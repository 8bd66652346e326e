{{ config(materialized="view") }}

with

entries as (

    select * from {{ ref("stg_station_status") }}

),

judged as (

    select
        entries.*,
        case
            when reason is not null then 'rejected'
            when not is_on_day then 'outside'
            when repeats.batch is not null then 'duplicate'
            else 'status'
        end as outcome,
        case reason
            when 'unreadable_time' then 'asked at: ' || coalesce(asked_at_text, 'null')
            when 'missing_station' then 'no station_id in the answer of ' || asked_at_text
            when 'unreadable_count'
                then 'bikes: ' || coalesce(bikes_text, 'null') || ', docks: ' || coalesce(docks_text, 'null')
            when 'unreadable_flag' then 'installed, renting, returning: ' || flags_text
        end as detail,
        -- Of what is of no time, or of another day than its batch, the month of the batch's day.
        case
            when is_on_day and asked_at_utc is not null then {{ month_in_new_york("asked_at_utc") }}
            else left(right(entries.batch, 10), 7)
        end as status_month
    from entries
    left join {{ ref("int_station_status_repeats") }} as repeats
        on
            entries.batch = repeats.batch
            and entries.version = repeats.version
            and entries.source_record = repeats.source_record

)

select * from judged
