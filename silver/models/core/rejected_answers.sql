with

weather as (

    select * from {{ ref("int_weather_judged") }}

),

holidays as (

    select * from {{ ref("int_holidays_judged") }}

),

rejected as (

    select
        'open_meteo' as source,
        'weather' as table_name,
        batch,
        version,
        source_record,
        reason,
        detail
    from weather
    where outcome = 'rejected'

    union all

    select
        'nager' as source,
        'holidays' as table_name,
        batch,
        version,
        source_record,
        reason,
        detail
    from holidays
    where outcome = 'rejected'

)

select * from rejected
