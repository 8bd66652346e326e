with

-- Column by column and by the table's name: SQLMesh does not look into files, and its lineage would end here.
published as (

    select
        weather.batch,
        weather.version,
        weather.source_record,
        weather.location,
        weather.time,
        weather.utc_offset_seconds,
        weather.temperature_2m,
        weather.temperature_2m_unit,
        weather.apparent_temperature,
        weather.apparent_temperature_unit,
        weather.relative_humidity_2m,
        weather.relative_humidity_2m_unit,
        weather.precipitation,
        weather.precipitation_unit,
        weather.rain,
        weather.rain_unit,
        weather.snowfall,
        weather.snowfall_unit,
        weather.wind_speed_10m,
        weather.wind_speed_10m_unit,
        weather.wind_gusts_10m,
        weather.wind_gusts_10m_unit,
        weather.cloud_cover,
        weather.cloud_cover_unit,
        weather.weather_code,
        weather.weather_code_unit
    from {{ source("open_meteo", "weather") }} as weather

),

converted as (

    select
        -- origin
        batch,
        cast(version as integer) as version,
        source_record,
        location,

        -- times
        time as time_text,
        try_strptime(time, '%Y-%m-%dT%H:%M') - to_seconds(coalesce(utc_offset_seconds, 0)) as hour_utc,

        -- measures
        {{ to_celsius("temperature_2m") }} as temperature_c,
        {{ to_celsius("apparent_temperature") }} as apparent_temperature_c,
        {{ to_percent("relative_humidity_2m") }} as relative_humidity_pct,
        {{ to_mm("precipitation") }} as precipitation_mm,
        {{ to_mm("rain") }} as rain_mm,
        {{ to_cm("snowfall") }} as snowfall_cm,
        {{ to_kmh("wind_speed_10m") }} as wind_speed_kmh,
        {{ to_kmh("wind_gusts_10m") }} as wind_gusts_kmh,
        {{ to_percent("cloud_cover") }} as cloud_cover_pct,
        {{ to_weather_code("weather_code") }} as weather_code,

        -- Variables whose value is there and whose unit is not known: their value cannot be told.
        list_filter(
            [
                {{ unknown_unit("temperature_2m", to_celsius("temperature_2m")) }},
                {{ unknown_unit("apparent_temperature", to_celsius("apparent_temperature")) }},
                {{ unknown_unit("relative_humidity_2m", to_percent("relative_humidity_2m")) }},
                {{ unknown_unit("precipitation", to_mm("precipitation")) }},
                {{ unknown_unit("rain", to_mm("rain")) }},
                {{ unknown_unit("snowfall", to_cm("snowfall")) }},
                {{ unknown_unit("wind_speed_10m", to_kmh("wind_speed_10m")) }},
                {{ unknown_unit("wind_gusts_10m", to_kmh("wind_gusts_10m")) }},
                {{ unknown_unit("cloud_cover", to_percent("cloud_cover")) }},
                {{ unknown_unit("weather_code", to_weather_code("weather_code")) }}
            ],
            lambda fault: fault is not null
        ) as unknown_units
    from published

)

select * from converted
