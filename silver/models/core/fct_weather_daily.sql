with

hours as (

    select * from {{ ref("fct_weather_hourly") }}

),

days as (

    select
        location,
        weather_date,

        -- completeness
        cast(count(*) as integer) as hours,
        count(*) = {{ hours_in_day("weather_date") }} as is_complete,

        -- measures
        round(avg(temperature_c), 6) as temperature_mean_c,
        min(temperature_c) as temperature_min_c,
        max(temperature_c) as temperature_max_c,
        round(sum(precipitation_mm), 6) as precipitation_mm,
        round(sum(rain_mm), 6) as rain_mm,
        round(sum(snowfall_cm), 6) as snowfall_cm,
        round(avg(wind_speed_kmh), 6) as wind_speed_mean_kmh,
        max(wind_speed_kmh) as wind_speed_max_kmh,
        max(wind_gusts_kmh) as wind_gusts_max_kmh,
        round(avg(cloud_cover_pct), 6) as cloud_cover_mean_pct
    from hours
    group by location, weather_date

),

judged as (

    select
        *,
        precipitation_mm >= 1 as is_wet
    from days

)

select * from judged
order by location, weather_date
