with

hours as (

    select * from {{ ref("fct_weather_hourly") }}

),

-- What is known of each day, be it of all its hours or of one.
known as (

    select
        location,
        weather_date,

        -- hours
        {{ hours_in_day("weather_date") }} as hours_in_day,
        cast(count(temperature_c + precipitation_mm + rain_mm + snowfall_cm) as integer) as hours,
        cast(count(temperature_c) as integer) as temperature_hours,
        cast(count(precipitation_mm) as integer) as precipitation_hours,
        cast(count(rain_mm) as integer) as rain_hours,
        cast(count(snowfall_cm) as integer) as snowfall_hours,
        cast(count(wind_speed_kmh) as integer) as wind_speed_hours,
        cast(count(wind_gusts_kmh) as integer) as wind_gusts_hours,
        cast(count(cloud_cover_pct) as integer) as cloud_cover_hours,

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

-- A sum of some hours is too small, and a mean of some is that of the night or of the afternoon: a figure of
-- a day is made of all its hours, or not known.
days as (

    select
        location,
        weather_date,

        -- completeness
        hours,
        hours = hours_in_day as is_complete,
        temperature_hours,
        precipitation_hours,
        rain_hours,
        snowfall_hours,
        wind_speed_hours,
        wind_gusts_hours,
        cloud_cover_hours,

        -- measures
        {%- for measure, hours_known in [
            ("temperature_mean_c", "temperature_hours"),
            ("temperature_min_c", "temperature_hours"),
            ("temperature_max_c", "temperature_hours"),
            ("precipitation_mm", "precipitation_hours"),
            ("rain_mm", "rain_hours"),
            ("snowfall_cm", "snowfall_hours"),
            ("wind_speed_mean_kmh", "wind_speed_hours"),
            ("wind_speed_max_kmh", "wind_speed_hours"),
            ("wind_gusts_max_kmh", "wind_gusts_hours"),
            ("cloud_cover_mean_pct", "cloud_cover_hours"),
        ] %}
    case when {{ hours_known }} = hours_in_day then {{ measure }} end
        as {{ measure }}{{ "," if not loop.last }}
    {%- endfor %}
    from known

),

judged as (

    select
        *,
        precipitation_mm >= 1 as is_wet
    from days

)

select * from judged
order by location, weather_date
