with

judged as (

    select * from {{ ref("int_holidays_judged") }}

),

holidays as (

    select
        -- the day
        holiday_date,
        holiday_name,
        local_name,
        country_code,

        -- scope
        is_public,
        is_global,
        counties,
        types,
        is_ny,
        is_nj,

        -- origin
        batch,
        version,
        source_record
    from judged
    where outcome = 'holiday'

)

select * from holidays
order by holiday_date, holiday_name, batch, source_record
