-- Starts and ends at known stations are the same number in trips and in the monthly partials, and every
-- station of a trip is in the dimension. Returns the months and stations that break it.
with

months as (

    {{ months_unlike_trips([
        {"table": "station_months", "sum": "starts", "of_trips": "count(start_station_id)"},
        {"table": "station_months", "sum": "ends", "of_trips": "count(end_station_id)"},
    ]) }}

),

stations as (

    select months.station_id as broken
    from {{ ref("station_months") }} as months
    left join {{ ref("dim_stations") }} as stations on months.station_id = stations.station_id
    where stations.station_id is null

)

select trip_month as broken from months
union all
select broken from stations
