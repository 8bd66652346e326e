{%- set celsius = ["temperature_2m", "apparent_temperature"] -%}
{%- set percent = ["relative_humidity_2m", "cloud_cover"] -%}
{%- set millimetres = ["precipitation", "rain"] -%}
{%- set kilometres = ["wind_speed_10m", "wind_gusts_10m"] -%}

with

published as (

    select * from {{ source("open_meteo", "weather") }}

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
                {%- for variable in celsius %}
                case when {{ variable }} is not null and {{ to_celsius(variable) }} is null
                    then '{{ variable }} in ' || coalesce({{ variable }}_unit, 'no unit') end,
                {%- endfor %}
                {%- for variable in percent %}
                case when {{ variable }} is not null and {{ to_percent(variable) }} is null
                    then '{{ variable }} in ' || coalesce({{ variable }}_unit, 'no unit') end,
                {%- endfor %}
                {%- for variable in millimetres %}
                case when {{ variable }} is not null and {{ to_mm(variable) }} is null
                    then '{{ variable }} in ' || coalesce({{ variable }}_unit, 'no unit') end,
                {%- endfor %}
                {%- for variable in kilometres %}
                case when {{ variable }} is not null and {{ to_kmh(variable) }} is null
                    then '{{ variable }} in ' || coalesce({{ variable }}_unit, 'no unit') end,
                {%- endfor %}
                case when snowfall is not null and {{ to_cm("snowfall") }} is null
                    then 'snowfall in ' || coalesce(snowfall_unit, 'no unit') end,
                case when weather_code is not null and {{ to_weather_code("weather_code") }} is null
                    then 'weather_code in ' || coalesce(weather_code_unit, 'no unit') end
            ],
            lambda unit : unit is not null
        ) as unknown_units
    from published

)

select * from converted
