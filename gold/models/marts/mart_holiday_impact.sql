with

demand as (

    select * from {{ ref("mart_demand_daily") }}

),

kinds as (

    select unnest(['all', 'member', 'casual']) as member_type

),

-- A day without trips is one with none, and strays of months that are not covered are no days.
covered as (

    select * from {{ ref("mart_covered_days") }}

),

counted as (

    select
        covered.city,
        covered.trip_date as date_day,
        covered.day_of_week,
        covered.is_holiday,
        covered.holiday_name,
        kinds.member_type,
        cast(coalesce(sum(demand.trips), 0) as bigint) as trips
    from covered
    cross join kinds
    left join demand
        on
            covered.city = demand.city
            and covered.trip_date = demand.trip_date
            and (kinds.member_type = 'all' or kinds.member_type = demand.member_type)
    group by all

),

compared as (

    select
        holidays.date_day as holiday_date,
        holidays.holiday_name,
        holidays.city,
        holidays.member_type,
        holidays.trips,
        cast(count(others.trips) as integer) as comparable_days,
        avg(others.trips) as comparable_mean,
        -- The sample's standard deviation in whole numbers: the same whatever the order of the rows.
        case
            when count(others.trips) > 1
                then sqrt(
                    (
                        count(others.trips) * sum(others.trips * others.trips)
                        - sum(others.trips) * sum(others.trips)
                    )
                    / (count(others.trips) * (count(others.trips) - 1))
                )
        end as comparable_stddev
    from counted as holidays
    left join counted as others
        on
            holidays.city = others.city
            and holidays.member_type = others.member_type
            and holidays.day_of_week = others.day_of_week
            and not others.is_holiday
            and abs(date_diff('day', holidays.date_day, others.date_day)) <= 28
    where holidays.is_holiday
    group by
        holidays.date_day, holidays.holiday_name, holidays.city, holidays.member_type, holidays.trips

),

-- The 97.5 % quantiles of Student's t by degrees of freedom: NIST/SEMATECH e-Handbook, section 1.3.6.7.2.
quantiles as (

    select
        unnest(range(1, 8)) as degrees,
        unnest([12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365]) as quantile

),

-- How far a single ordinary day may lie from the mean of the others, by chance alone.
spread as (

    select
        compared.*,
        compared.trips - compared.comparable_mean as difference,
        quantiles.quantile * compared.comparable_stddev * sqrt(1 + 1.0 / compared.comparable_days) as margin
    from compared
    left join quantiles on compared.comparable_days - 1 = quantiles.degrees

),

impact as (

    select
        holiday_date,
        holiday_name,
        city,
        member_type,
        trips,
        comparable_days,
        round(comparable_mean, 6) as comparable_mean,
        round(comparable_stddev, 6) as comparable_stddev,
        round(difference, 6) as difference,
        round(100 * difference / nullif(comparable_mean, 0), 6) as difference_pct,
        round(difference - margin, 6) as interval_low,
        round(difference + margin, 6) as interval_high
    from spread

)

select * from impact
order by holiday_date, city, member_type
