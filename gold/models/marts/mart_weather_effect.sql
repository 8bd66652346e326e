{{ config(meta={"partition_by": "trip_month"}) }}

with

trips as (

    select * from {{ ref("fct_trips") }}
    where {{ is_built_month("trip_month") }}

),

dates as (

    select * from {{ ref("dim_dates") }}

),

-- One place's weather serves both cities; of several places a month has, the first by name.
-- In the autumn night with 25 hours two of them bear the same name: both are known, or the hour is not.
hourly as (

    select
        location,
        weather_date,
        weather_hour,
        {%- for measure, made in [
            ("temperature_c", "avg"),
            ("apparent_temperature_c", "avg"),
            ("precipitation_mm", "sum"),
            ("snowfall_cm", "sum"),
            ("wind_speed_kmh", "avg"),
            ("cloud_cover_pct", "avg"),
        ] %}
    case
        when
            count({{ measure }})
            = case when {{ is_doubled_hour("(weather_date + to_hours(weather_hour))") }} then 2 else 1 end
            then {{ made }}({{ measure }})
    end as {{ measure }}{{ "," if not loop.last }}
    {%- endfor %}
    from {{ ref("fct_weather_hourly") }}
    where {{ is_built_day("weather_date") }}
    group by location, weather_date, weather_hour

),

placed as (

    select
        *,
        min(location) over (partition by strftime(weather_date, '%Y-%m')) as first_location
    from hourly

),

weather as (

    select * from placed
    where location = first_location

),

counted as (

    select
        trip_month,
        trip_date,
        trip_hour,
        city,
        count(*) as trips,
        count(*) filter (where member_type = 'member') as member_trips,
        count(*) filter (where member_type = 'casual') as casual_trips
    from trips
    group by trip_month, trip_date, trip_hour, city

),

-- Hours in which nobody rode matter most when it rains: every hour of the days that are covered. On other
-- days there are strays only, and an hour without one means nothing.
covered as (

    select
        city,
        trip_date
    from {{ ref("mart_covered_days") }}
    where {{ is_built_month("trip_month") }}

),

clock as (

    select unnest([{{ range(24) | join(", ") }}]) as hour_of_day

),

calendar as (

    select
        covered.city,
        dates.trip_month,
        dates.date_day as trip_date,
        cast(clock.hour_of_day as integer) as trip_hour
    from covered
    inner join dates on covered.trip_date = dates.date_day
    cross join clock
    -- In the spring night with 23 hours one of them is never on the clock.
    where not (dates.hours_in_day = 23 and clock.hour_of_day = 2)

    union distinct

    select
        city,
        trip_month,
        trip_date,
        trip_hour
    from counted

),

observed as (

    select
        calendar.*,
        cast(coalesce(counted.trips, 0) as bigint) as trips,
        cast(coalesce(counted.member_trips, 0) as bigint) as member_trips,
        cast(coalesce(counted.casual_trips, 0) as bigint) as casual_trips,
        round(weather.temperature_c, 6) as temperature_c,
        round(weather.apparent_temperature_c, 6) as apparent_temperature_c,
        round(weather.precipitation_mm, 6) as precipitation_mm,
        round(weather.snowfall_cm, 6) as snowfall_cm,
        round(weather.wind_speed_kmh, 6) as wind_speed_kmh,
        round(weather.cloud_cover_pct, 6) as cloud_cover_pct
    from calendar
    left join counted
        on
            calendar.city = counted.city
            and calendar.trip_date = counted.trip_date
            and calendar.trip_hour = counted.trip_hour
    left join weather
        on
            calendar.trip_date = weather.weather_date
            and calendar.trip_hour = weather.weather_hour

),

banded as (

    select
        trip_month,
        trip_date,
        trip_hour,
        city,
        trips,
        member_trips,
        casual_trips,
        temperature_c,
        apparent_temperature_c,
        precipitation_mm,
        snowfall_cm,
        wind_speed_kmh,
        cloud_cover_pct,
        case
            when temperature_c is null then 'unknown'
            when temperature_c < 0 then '1: below 0 °C'
            when temperature_c < 5 then '2: 0 to 5 °C'
            when temperature_c < 10 then '3: 5 to 10 °C'
            when temperature_c < 15 then '4: 10 to 15 °C'
            when temperature_c < 20 then '5: 15 to 20 °C'
            when temperature_c < 25 then '6: 20 to 25 °C'
            when temperature_c < 30 then '7: 25 to 30 °C'
            else '8: 30 °C and more'
        end as temperature_band,
        case
            when precipitation_mm is null then 'unknown'
            when precipitation_mm < 0.1 then '1: dry'
            when precipitation_mm < 0.5 then '2: drizzle'
            when precipitation_mm < 4 then '3: rain'
            else '4: heavy rain'
        end as rain_band,
        case
            when wind_speed_kmh is null then 'unknown'
            when wind_speed_kmh < 10 then '1: below 10 km/h'
            when wind_speed_kmh < 20 then '2: 10 to 20 km/h'
            when wind_speed_kmh < 30 then '3: 20 to 30 km/h'
            else '4: 30 km/h and more'
        end as wind_band
    from observed

)

select * from banded
