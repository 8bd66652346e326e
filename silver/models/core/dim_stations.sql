with

months as (

    select * from {{ ref("station_months") }}

),

names as (

    select
        station_id,
        station_name,
        min(first_seen_on) as first_seen_on
    from months
    where station_name is not null
    group by station_id, station_name

),

named as (

    select
        station_id,
        list(station_name order by first_seen_on, station_name) as station_names
    from names
    group by station_id

),

joined as (

    select
        station_id,
        list(distinct published_id order by published_id) as other_ids
    from {{ ref("station_ids") }}
    where station_id <> published_id
    group by station_id

),

seen as (

    select
        station_id,
        min(first_seen_on) as first_seen_on,
        max(last_seen_on) as last_seen_on,
        cast(sum(points_elsewhere) as bigint) as points_elsewhere
    from months
    group by station_id

),

counted as (

    select
        *,
        cast(count(*) over (partition by station_id) as integer) as lives
    from {{ ref("station_lives") }}

),

-- Name and place are those of one time, the life seen last.
lives as (

    select * from counted
    where is_latest

),

stations as (

    select
        seen.station_id,
        lives.station_name,
        coalesce(named.station_names, cast([] as varchar[])) as station_names,
        coalesce(joined.other_ids, cast([] as varchar[])) as other_ids,
        lives.lives,
        seen.first_seen_on,
        seen.last_seen_on,
        lives.latitude,
        lives.longitude,
        coalesce(
            {{ city_of("lives.latitude", "lives.longitude") }},
            {{ city_of_station("seen.station_id") }}
        ) as city,
        lives.is_depot,
        lives.lies_elsewhere,
        seen.points_elsewhere,
        lives.latitude is not null as has_coordinates
    from seen
    inner join lives on seen.station_id = lives.station_id
    left join named on seen.station_id = named.station_id
    left join joined on seen.station_id = joined.station_id

)

select * from stations
