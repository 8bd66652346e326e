-- A day with an hour in which nobody rode has all the hours its clock shows: 23 in the spring night, else 24.
with

days as (

    select
        city,
        trip_date,
        count(*) as hours_found
    from {{ ref("mart_weather_effect") }}
    where {{ is_built_month("trip_month") }}
    group by city, trip_date
    having min(trips) = 0

),

dates as (

    select * from {{ ref("dim_dates") }}

)

select
    days.*,
    dates.hours_in_day
from days
inner join dates on days.trip_date = dates.date_day
where days.hours_found <> least(dates.hours_in_day, 24)
