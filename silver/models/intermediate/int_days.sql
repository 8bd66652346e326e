{{ config(materialized="view") }}

with

dates as (

    select * from {{ ref("dim_dates") }}

),

-- One place's weather serves both cities, which lie side by side; of several places a day has, the first by
-- name.
weather as (

    select * from {{ ref("fct_weather_daily") }}
    qualify row_number() over (partition by weather_date order by location) = 1

),

days as (

    select
        dates.*,
        weather.temperature_mean_c,
        weather.precipitation_mm,
        weather.wind_speed_mean_kmh,
        weather.is_wet
    from dates
    left join weather on dates.date_day = weather.weather_date

)

select * from days
