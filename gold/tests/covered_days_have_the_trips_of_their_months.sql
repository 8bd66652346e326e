-- The days that a month's own trips reach have all of their trips, as demand by day has them, and no other
-- days are covered.
with

days as (

    select
        city,
        trip_month,
        sum(trips) as trips
    from {{ ref("mart_covered_days") }}
    where {{ is_built_month("trip_month") }}
    group by city, trip_month

),

demand as (

    select
        daily.city,
        daily.trip_month,
        sum(daily.trips) as trips
    from {{ ref("mart_demand_daily") }} as daily
    inner join {{ ref("covered_months") }} as months
        on
            daily.city = months.city
            and daily.trip_month = months.trip_month
            and daily.trip_date between months.first_day and months.last_day
    where {{ is_built_month("daily.trip_month") }}
    group by daily.city, daily.trip_month

)

{{ rows_of_one_only("days", "demand") }}
