with

judged as (

    select * from {{ ref("int_weather_judged") }}

),

-- Sums and gusts are published with the hour after the one they fell in: they go back to the hour they are
-- about. The day's margin of each batch holds what its last hour needs.
fallen as (

    select
        batch,
        version,
        location,
        hour_utc - interval 1 hour as hour_utc,
        max(precipitation_mm) as precipitation_mm,
        max(rain_mm) as rain_mm,
        max(snowfall_cm) as snowfall_cm,
        max(wind_gusts_kmh) as wind_gusts_kmh
    from judged
    where reason is null
    group by batch, version, location, hour_utc

),

hours as (

    select
        judged.location,

        -- times
        judged.hour_utc,
        judged.hour_local,
        cast(judged.hour_local as date) as weather_date,
        cast(hour(judged.hour_local) as integer) as weather_hour,

        -- measures
        judged.temperature_c,
        judged.apparent_temperature_c,
        judged.relative_humidity_pct,
        fallen.precipitation_mm,
        fallen.rain_mm,
        fallen.snowfall_cm,
        judged.wind_speed_kmh,
        fallen.wind_gusts_kmh,
        judged.cloud_cover_pct,
        judged.weather_code,
        judged.impossible_values,

        -- origin
        judged.batch,
        judged.version
    from judged
    left join fallen
        on
            judged.batch = fallen.batch
            and judged.version = fallen.version
            and judged.location = fallen.location
            and judged.hour_utc = fallen.hour_utc
    where judged.outcome = 'hour'

)

select * from hours
order by location, hour_utc
