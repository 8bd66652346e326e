{{ config(meta={"partition_by": "trip_month"}) }}

with

trips as (

    select * from {{ ref("fct_trips") }}
    where {{ is_built_month("trip_month") }}

),

dates as (

    select * from {{ ref("dim_dates") }}

),

counted as (

    select
        trip_month,
        trip_date,
        trip_hour,
        city,
        member_type,
        bike_type,
        cast(count(*) as bigint) as trips
    from trips
    group by trip_month, trip_date, trip_hour, city, member_type, bike_type

),

described as (

    select
        counted.*,
        dates.day_of_week,
        dates.is_weekend,
        {{ is_holiday_in("counted.city") }} as is_holiday
    from counted
    inner join dates on counted.trip_date = dates.date_day

)

select * from described
