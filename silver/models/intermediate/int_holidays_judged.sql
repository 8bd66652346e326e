{{ config(materialized="view") }}

with

entries as (

    select * from {{ ref("stg_holidays") }}

),

checked as (

    select
        *,
        case when holiday_date is null then 'unreadable_date' end as reason
    from entries

),

-- The answer of one year can hold a day of another: 31 December as New Year's Day observed.
ranked as (

    select
        *,
        row_number() over (
            partition by holiday_date, country_code, holiday_name, is_global, counties, types
            order by local_name, batch, version, source_record
        ) as place
    from checked

),

judged as (

    select
        *,
        case
            when reason is not null then 'rejected'
            when place > 1 then 'duplicate'
            else 'holiday'
        end as outcome,
        case when reason is not null then 'date: ' || coalesce(date_text, 'null') end as detail
    from ranked

)

select * from judged
