{{ config(materialized="view") }}

with

statuses as (

    select * from {{ ref("stg_station_status") }}

),

repeats as (

    select (batch, version, source_record) as entry
    from {{ ref("int_station_status_repeats") }}

),

judged as (

    select
        *,
        case
            when reason is not null then 'rejected'
            when not is_on_day then 'outside'
            when (batch, version, source_record) in (select entry from repeats) then 'duplicate'
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
            else left(right(batch, 10), 7)
        end as status_month
    from statuses

)

select * from judged
