with

kinds as (

    select unnest(['all', 'member', 'casual']) as member_type

),

-- Of each kind by itself, and not in the join with the days: that would try every day with every row.
demand as (

    select
        daily.city,
        daily.trip_date,
        kinds.member_type,
        daily.trips
    from {{ ref("mart_demand_daily") }} as daily
    inner join kinds on kinds.member_type in ('all', daily.member_type)

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
            and kinds.member_type = demand.member_type
    group by
        covered.city,
        covered.trip_date,
        covered.day_of_week,
        covered.is_holiday,
        covered.holiday_name,
        kinds.member_type

),

compared as (

    select
        holidays.date_day as holiday_date,
        holidays.holiday_name,
        holidays.city,
        holidays.member_type,
        holidays.trips,
        cast(count(others.trips) as integer) as comparable_days,
        -- In order: a sum of fractions depends on it.
        avg(ln(others.trips) order by others.date_day) as comparable_log,
        stddev_samp(ln(others.trips) order by others.date_day) as comparable_spread
    from counted as holidays
    left join counted as others
        on
            holidays.city = others.city
            and holidays.member_type = others.member_type
            and holidays.day_of_week = others.day_of_week
            and not others.is_holiday
            -- There is no logarithm of none.
            and others.trips > 0
            and abs(date_diff('day', holidays.date_day, others.date_day)) <= 28
    where holidays.is_holiday
    group by
        holidays.date_day, holidays.holiday_name, holidays.city, holidays.member_type, holidays.trips

),

-- The 97.5 % quantiles of Student's t by degrees of freedom: NIST/SEMATECH e-Handbook, section 1.3.6.7.2, with
-- three decimals more.
quantiles as (

    select
        of_degrees.degrees,
        of_degrees.quantile
    from (
        values
        (1, 12.706205),
        (2, 4.302653),
        (3, 3.182446),
        (4, 2.776445),
        (5, 2.570582),
        (6, 2.446912),
        (7, 2.364624)
    ) as of_degrees (degrees, quantile)

),

-- How far a single ordinary day may lie from the mean of the others, by chance alone: as a logarithm, for days
-- differ by so many times, and no day has fewer trips than none.
spread as (

    select
        compared.*,
        exp(compared.comparable_log) as comparable_mean,
        case
            when compared.trips > 0
                then
                    quantiles.quantile * compared.comparable_spread
                    * sqrt(1 + 1.0 / nullif(compared.comparable_days, 0))
        end as margin
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
        round(comparable_spread, 6) as comparable_spread,
        round(trips - comparable_mean, 6) as difference,
        round(100 * (trips / comparable_mean - 1), 6) as difference_pct,
        round(trips * exp(-margin) - comparable_mean, 6) as interval_low,
        round(trips * exp(margin) - comparable_mean, 6) as interval_high
    from spread

)

select * from impact
order by holiday_date, city, member_type
