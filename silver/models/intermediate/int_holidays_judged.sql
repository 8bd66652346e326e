{{ config(materialized="view") }}

with

entries as (

    select * from {{ ref("stg_holidays") }}

),

checked as (

    select
        *,
        case
            when holiday_date is null then 'unreadable_date'
            when holiday_name is null then 'missing_name'
            when types is null then 'unreadable_types'
            when counties is null then 'unreadable_counties'
        end as reason
    from entries

),

-- The answer of one year can hold a day of another: 31 December as New Year's Day observed. What is rejected
-- does not compete with what is sound.
ranked as (

    select
        *,
        row_number() over (
            partition by reason is null, holiday_date, country_code, holiday_name, is_global, counties, types
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
        case reason
            when 'unreadable_date' then 'date: ' || coalesce(date_text, 'null')
            when 'missing_name' then 'no name on ' || date_text
            when 'unreadable_types' then 'types: ' || coalesce(types_text, 'null')
            when 'unreadable_counties' then 'counties: ' || counties_text
        end as detail
    from ranked

)

select * from judged
