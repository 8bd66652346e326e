with

months as (

    select * from {{ ref("station_months") }}

),

names as (

    select
        station_id,
        station_name,
        min(first_seen_on) as first_seen_on,
        max(last_seen_on) as last_seen_on,
        sum(starts + ends) as sightings
    from months
    where station_name is not null
    group by station_id, station_name

),

named as (

    select
        station_id,
        -- Of two names on the last day the commoner one: a slip in one record renames no station.
        first(station_name order by last_seen_on desc, sightings desc, station_name asc) as station_name,
        list(station_name order by first_seen_on, station_name) as station_names
    from names
    group by station_id

),

placed as (

    select
        station_id,
        min(first_seen_on) as first_seen_on,
        max(last_seen_on) as last_seen_on,
        -- A median of monthly medians: one month of bad positions does not move a station.
        median(latitude) as latitude,
        median(longitude) as longitude
    from months
    group by station_id

),

stations as (

    select
        placed.station_id,
        named.station_name,
        coalesce(named.station_names, cast([] as varchar[])) as station_names,
        placed.first_seen_on,
        placed.last_seen_on,
        placed.latitude,
        placed.longitude,
        coalesce(
            {{ city_of("placed.latitude", "placed.longitude") }},
            {{ city_of_station("placed.station_id") }}
        ) as city,
        -- The system's own places: workshops, warehouses, docks for testing.
        placed.station_id like 'SYS%'
        or regexp_matches(
            placed.station_id || ' ' || coalesce(array_to_string(named.station_names, ' '), ''),
            '(?i)\bdepot\b|\bwarehouse\b|\bworkshop\b|^MTL-|\bMTL-ECO'
        ) as is_depot,
        placed.latitude is not null as has_coordinates
    from placed
    left join named on placed.station_id = named.station_id

)

select * from stations
