-- A holiday's trips are those of its day in demand by day, and members and casual riders are among all.
with

holidays as (

    select
        city,
        holiday_date,
        sum(trips) filter (where member_type = 'all') as all_trips,
        sum(trips) filter (where member_type <> 'all') as known_trips
    from {{ ref("mart_holiday_impact") }}
    group by city, holiday_date

),

days as (

    select
        city,
        trip_date,
        sum(trips) as trips
    from {{ ref("mart_demand_daily") }}
    group by city, trip_date

)

select
    holidays.*,
    days.trips
from holidays
left join days on holidays.city = days.city and holidays.holiday_date = days.trip_date
where holidays.all_trips <> coalesce(days.trips, 0) or holidays.known_trips > holidays.all_trips
