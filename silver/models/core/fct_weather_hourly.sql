with

judged as (

    select * from {{ ref("int_weather_judged") }}

),

hours as (

    select
        location,

        -- times
        hour_utc,
        hour_local,
        cast(hour_local as date) as weather_date,
        cast(hour(hour_local) as integer) as weather_hour,

        -- measures
        temperature_c,
        apparent_temperature_c,
        relative_humidity_pct,
        precipitation_mm,
        rain_mm,
        snowfall_cm,
        wind_speed_kmh,
        wind_gusts_kmh,
        cloud_cover_pct,
        weather_code,

        -- origin
        batch,
        version
    from judged
    where outcome = 'hour'

)

select * from hours
order by location, hour_utc
