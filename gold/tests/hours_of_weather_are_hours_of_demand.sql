-- An hour has as many trips, of members and of casual riders, beside its weather as in demand by hour.
with

demand as (

    select
        city,
        trip_date,
        trip_hour,
        cast(sum(trips) as bigint) as trips,
        cast(coalesce(sum(trips) filter (where member_type = 'member'), 0) as bigint) as member_trips,
        cast(coalesce(sum(trips) filter (where member_type = 'casual'), 0) as bigint) as casual_trips
    from {{ ref("mart_demand_hourly") }}
    where {{ is_built_month("trip_month") }}
    group by city, trip_date, trip_hour

),

-- The hours in which nobody rode stand here only.
weather as (

    select
        city,
        trip_date,
        trip_hour,
        trips,
        member_trips,
        casual_trips
    from {{ ref("mart_weather_effect") }}
    where trips > 0 and {{ is_built_month("trip_month") }}

)

{{ rows_of_one_only("demand", "weather") }}
