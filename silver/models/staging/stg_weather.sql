{#- Variable, our name and type of it, its value in our unit, and from where to where such a value can be. -#}
{%- set measures = [
    ("temperature_2m", "temperature_c", "double", to_celsius("temperature_2m"), -40, 50),
    ("apparent_temperature", "apparent_temperature_c", "double", to_celsius("apparent_temperature"), -70, 70),
    ("relative_humidity_2m", "relative_humidity_pct", "double", to_percent("relative_humidity_2m"), 0, 100),
    ("precipitation", "precipitation_mm", "double", to_mm("precipitation"), 0, 200),
    ("rain", "rain_mm", "double", to_mm("rain"), 0, 200),
    ("snowfall", "snowfall_cm", "double", to_cm("snowfall"), 0, 200),
    ("wind_speed_10m", "wind_speed_kmh", "double", to_kmh("wind_speed_10m"), 0, 250),
    ("wind_gusts_10m", "wind_gusts_kmh", "double", to_kmh("wind_gusts_10m"), 0, 250),
    ("cloud_cover", "cloud_cover_pct", "double", to_percent("cloud_cover"), 0, 100),
    ("weather_code", "weather_code", "integer", to_weather_code("weather_code"), 0, 99),
] -%}
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
        time || coalesce(' at an offset of ' || nullif(utc_offset_seconds, 0) || ' s', '') as time_text,
        -- No place is a day off; seconds beyond what an interval holds would stop the query.
        try_strptime(time, '%Y-%m-%dT%H:%M') - to_seconds(
            case
                when coalesce(utc_offset_seconds, 0) between -86400 and 86400
                    then coalesce(utc_offset_seconds, 0)
            end
        ) as hour_utc,

        -- measures
        {%- for variable, measure, type, converted, low, high in measures %}
        cast({{ possible(converted, low, high) }} as {{ type }}) as {{ measure }},
        {%- endfor %}

        -- Variables whose value is there and whose unit is not known: their value cannot be told.
        list_filter(
            [
                {%- for variable, measure, type, converted, low, high in measures %}
                {{ unknown_unit(variable, converted) }}{{ "," if not loop.last }}
                {%- endfor %}
            ],
            lambda fault: fault is not null
        ) as unknown_units,
        -- Variables whose value cannot be: they count as unknown, and the hour's others stay.
        list_filter(
            [
                {%- for variable, measure, type, converted, low, high in measures %}
                {{ impossible(variable, converted, low, high) }}{{ "," if not loop.last }}
                {%- endfor %}
            ],
            lambda fault: fault is not null
        ) as impossible_values
    from published

)

select * from converted
