-- Starts and ends at known stations are the same number in trips and in the monthly partials, and every station
-- of a trip is in the dimension. Returns the months and stations that break it.
with

trips as (

    select
        trip_month,
        count(start_station_id) as starts,
        count(end_station_id) as ends
    from {{ ref("fct_trips") }}
    where {{ is_built_month("trip_month") }}
    group by trip_month

),

partials as (

    select
        trip_month,
        sum(starts) as starts,
        sum(ends) as ends
    from {{ ref("station_months") }}
    where {{ is_built_month("trip_month") }}
    group by trip_month

),

months as (

    select coalesce(trips.trip_month, partials.trip_month) as broken
    from trips
    full outer join partials on trips.trip_month = partials.trip_month
    where
        coalesce(trips.starts, 0) <> coalesce(partials.starts, 0)
        or coalesce(trips.ends, 0) <> coalesce(partials.ends, 0)

),

stations as (

    select months.station_id as broken
    from {{ ref("station_months") }} as months
    left join {{ ref("dim_stations") }} as stations on months.station_id = stations.station_id
    where stations.station_id is null

)

select broken from months
union all
select broken from stations
