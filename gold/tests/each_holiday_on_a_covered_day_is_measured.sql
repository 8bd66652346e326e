-- A holiday of the city's state that falls on a covered day is measured once for each of the three kinds, and
-- no other day is.
with

holidays as (

    select distinct
        days.city,
        days.trip_date as holiday_date,
        3 as kinds
    from {{ ref("dim_holidays") }} as holidays
    inner join {{ ref("mart_covered_days") }} as days on holidays.holiday_date = days.trip_date
    where case days.city when 'nyc' then holidays.is_ny else holidays.is_nj end

),

measured as (

    select
        city,
        holiday_date,
        cast(count(*) as integer) as kinds
    from {{ ref("mart_holiday_impact") }}
    group by city, holiday_date

)

{{ rows_of_one_only("holidays", "measured") }}
