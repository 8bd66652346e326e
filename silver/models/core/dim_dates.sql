with

months_seen as (

    select distinct cast(cast(trip_month || '-01' as timestamp) as date) as first_day
    from {{ ref("fct_trips") }}

    union all

    select cast(date_trunc('month', weather_date) as date) as first_day
    from {{ ref("fct_weather_hourly") }}

),

bounds as (

    select
        cast(min(first_day) as timestamp) as first_day,
        cast(last_day(max(first_day)) as timestamp) as last_day
    from months_seen

),

midnights as (

    select unnest(generate_series(first_day, last_day, interval 1 day)) as midnight
    from bounds

),

days as (

    select cast(midnight as date) as date_day
    from midnights

),

-- Several entries fall on one day: a day is a holiday where any of them is public in the state.
holidays as (

    select
        holiday_date,
        array_to_string(list(distinct holiday_name order by holiday_name), ' / ') as holiday_name,
        bool_or(is_ny) as is_holiday_ny,
        bool_or(is_nj) as is_holiday_nj
    from {{ ref("dim_holidays") }}
    where is_ny or is_nj
    group by holiday_date

),

dates as (

    select
        days.date_day,

        -- calendar
        cast(year(days.date_day) as integer) as year,
        cast(quarter(days.date_day) as integer) as quarter,
        cast(month(days.date_day) as integer) as month,
        strftime(days.date_day, '%Y-%m') as trip_month,
        cast(weekofyear(days.date_day) as integer) as iso_week,
        cast(isodow(days.date_day) as integer) as day_of_week,
        dayname(days.date_day) as day_name,
        isodow(days.date_day) >= 6 as is_weekend,
        case
            when month(days.date_day) in (12, 1, 2) then 'winter'
            when month(days.date_day) in (3, 4, 5) then 'spring'
            when month(days.date_day) in (6, 7, 8) then 'summer'
            else 'autumn'
        end as season,
        {{ hours_in_day("days.date_day") }} as hours_in_day,

        -- holidays
        holidays.holiday_date is not null as is_holiday,
        holidays.holiday_name,
        coalesce(holidays.is_holiday_ny, false) as is_holiday_ny,
        coalesce(holidays.is_holiday_nj, false) as is_holiday_nj
    from days
    left join holidays on days.date_day = holidays.holiday_date

)

select * from dates
order by date_day
