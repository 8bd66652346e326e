{{ config(meta={"partition_by": "trip_month"}) }}

with

-- As in mart_durations: a bike put back at once and one that was lost have gone nowhere.
trips as (

    select * from {{ ref("fct_trips") }}
    where {{ is_built_month("trip_month") }} and not is_false_start and not is_lost_bike

),

stations as (

    select
        trip_month,
        station_id,
        radians(latitude) as latitude,
        radians(longitude) as longitude
    from {{ ref("int_station_of_month") }}
    where {{ is_built_month("trip_month") }}

),

-- Along the great circle, by haversines; the mean radius of the Earth is 6,371 km. Up to the next tenth, so that
-- none is 0 but the ride between one place and itself.
measured as (

    select
        trips.trip_month,
        trips.trip_date,
        trips.city,
        trips.member_type,
        trips.bike_type,
        ceil(
            20 * 6371 * asin(sqrt(
                power(sin((ends.latitude - starts.latitude) / 2), 2)
                + cos(starts.latitude) * cos(ends.latitude)
                * power(sin((ends.longitude - starts.longitude) / 2), 2)
            ))
        ) / 10 as kilometres
    from trips
    left join stations as starts
        on trips.trip_month = starts.trip_month and trips.start_station_id = starts.station_id
    left join stations as ends
        on trips.trip_month = ends.trip_month and trips.end_station_id = ends.station_id

),

counted as (

    select
        trip_month,
        trip_date,
        city,
        member_type,
        bike_type,
        kilometres,
        cast(count(*) as bigint) as trips
    from measured
    group by trip_month, trip_date, city, member_type, bike_type, kilometres

)

select * from counted
