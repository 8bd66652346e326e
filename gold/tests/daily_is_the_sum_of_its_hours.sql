-- Every day, city and kind has as many trips by day as by hour, and is the same kind of day in both.
with

daily as (

    select
        trip_date,
        city,
        member_type,
        bike_type,
        day_of_week,
        is_weekend,
        is_holiday,
        trips
    from {{ ref("mart_demand_daily") }}
    where {{ is_built_month("trip_month") }}

),

hourly as (

    select
        trip_date,
        city,
        member_type,
        bike_type,
        day_of_week,
        is_weekend,
        is_holiday,
        cast(sum(trips) as bigint) as trips
    from {{ ref("mart_demand_hourly") }}
    where {{ is_built_month("trip_month") }}
    group by trip_date, city, member_type, bike_type, day_of_week, is_weekend, is_holiday

)

{{ rows_of_one_only("daily", "hourly") }}
