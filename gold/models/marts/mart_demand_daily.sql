{{ config(meta={"partition_by": "trip_month"}) }}

with

trips as (

    select * from {{ ref("fct_trips") }}
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
        member_type,
        bike_type,
        cast(count(*) as bigint) as trips,
        cast(count(*) filter (where is_false_start) as bigint) as false_starts,
        cast(count(*) filter (where is_lost_bike) as bigint) as lost_bikes,
        -- In whole milliseconds: a sum of fractions would depend on the order of the rows.
        round(
            coalesce(sum(cast(round(duration_seconds * 1000) as bigint)) filter (where not is_lost_bike), 0)
            / 60000,
            3
        ) as duration_minutes_total,
        round(median(duration_seconds) filter (where not is_lost_bike and not is_false_start) / 60, 3)
            as median_duration_minutes
    from trips
    group by trip_month, trip_date, city, member_type, bike_type

),

described as (

    select
        counted.*,
        dates.day_of_week,
        dates.is_weekend,
        {{ is_holiday_in("counted.city") }} as is_holiday,
        case
            when {{ is_holiday_in("counted.city") }}
                then dates.holiday_name
        end as holiday_name,
        dates.season,
        dates.temperature_mean_c,
        dates.precipitation_mm
    from counted
    inner join dates on counted.trip_date = dates.date_day

)

select * from described
