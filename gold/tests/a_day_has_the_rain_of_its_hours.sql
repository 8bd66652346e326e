-- What fell on a city's covered day, hour by hour beside its trips, is what the hours of that day and place say in
-- silver. Of a day of which silver lacks an hour nothing is said.
with

measured as (

    select
        mart.city,
        mart.trip_date,
        sum(mart.precipitation_mm order by mart.trip_hour) as precipitation_mm
    from {{ ref("mart_weather_effect") }} as mart
    inner join {{ ref("mart_covered_days") }} as covered
        on mart.city = covered.city and mart.trip_date = covered.trip_date
    where {{ is_built_month("mart.trip_month") }}
    group by mart.city, mart.trip_date

),

days as (

    select
        location,
        weather_date,
        sum(precipitation_mm order by hour_utc) as precipitation_mm
    from {{ ref("fct_weather_hourly") }}
    where {{ is_built_day("weather_date") }}
    group by location, weather_date
    having count(precipitation_mm) = {{ hours_in_day("weather_date") }}

),

-- Of several places a month has, the first by name serves.
places as (

    select
        strftime(weather_date, '%Y-%m') as trip_month,
        min(location) as location
    from {{ ref("fct_weather_hourly") }}
    where {{ is_built_day("weather_date") }}
    group by strftime(weather_date, '%Y-%m')

)

select
    measured.city,
    measured.trip_date,
    measured.precipitation_mm,
    days.precipitation_mm as precipitation_mm_of_hours
from measured
inner join days on measured.trip_date = days.weather_date
inner join places
    on days.location = places.location and strftime(days.weather_date, '%Y-%m') = places.trip_month
where coalesce(abs(measured.precipitation_mm - days.precipitation_mm), 1) > 0.001
