{{ config(meta={"partition_by": "trip_month"}) }}

with

demand as (

    select * from {{ ref("mart_demand_daily") }}
    where {{ is_built_month("trip_month") }}

),

dates as (

    select * from {{ ref("int_days") }}

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

-- From the first to the last day of the batch's own trips. Before and after these service had not begun or
-- was closed, or the file begins and ends there: only months around would tell, and a month reads its own.
months as (

    select
        city,
        trip_month,
        first_day,
        last_day
    from {{ ref("covered_months") }}
    where {{ is_built_month("trip_month") }}

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
        dates.temperature_mean_c,
        dates.precipitation_mm,
        dates.wind_speed_mean_kmh,
        dates.is_wet
    from months
    inner join dates
        on
            months.trip_month = dates.trip_month
            and dates.date_day between months.first_day and months.last_day
    left join counted on months.city = counted.city and dates.date_day = counted.trip_date

)

select * from days
