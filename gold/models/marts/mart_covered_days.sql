{{ config(meta={"partition_by": "trip_month"}) }}

with

demand as (

    select * from {{ ref("mart_demand_daily") }}
    where {{ is_built_month("trip_month") }}

),

dates as (

    select * from {{ ref("dim_dates") }}

),

-- One place's weather serves both cities; of several places a day has, the first by name.
weather as (

    select * from {{ ref("fct_weather_daily") }}
    qualify row_number() over (partition by weather_date order by location) = 1

),

counted as (

    select
        trip_month,
        trip_date,
        city,
        cast(sum(trips) as bigint) as trips
    from demand
    group by trip_month, trip_date, city

),

-- From a city's first to its last day with a trip: before the first one service had not begun.
months as (

    select
        counted.city,
        counted.trip_month,
        min(counted.trip_date) as first_day,
        max(counted.trip_date) as last_day
    from counted
    inner join {{ ref("covered_months") }} as covered_months
        on counted.city = covered_months.city and counted.trip_month = covered_months.trip_month
    group by counted.city, counted.trip_month

),

days as (

    select
        months.trip_month,
        dates.date_day as trip_date,
        months.city,
        cast(coalesce(counted.trips, 0) as bigint) as trips,
        dates.day_of_week,
        dates.is_weekend,
        {{ is_holiday_in("months.city") }} as is_holiday,
        case
            when {{ is_holiday_in("months.city") }}
                then dates.holiday_name
        end as holiday_name,
        dates.season,
        weather.temperature_mean_c,
        weather.precipitation_mm,
        weather.wind_speed_mean_kmh,
        weather.is_wet
    from months
    inner join dates
        on
            months.trip_month = dates.trip_month
            and dates.date_day between months.first_day and months.last_day
    left join counted on months.city = counted.city and dates.date_day = counted.trip_date
    left join weather on dates.date_day = weather.weather_date

)

select * from days
