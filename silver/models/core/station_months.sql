{{ config(meta={"partition_by": "trip_month"}) }}

-- What is read twice is read from the files twice: kept aside it is the most memory that a build takes.
with

trips as not materialized (

    select * from {{ ref("fct_trips") }}
    where {{ is_built_month("trip_month") }}

),

sightings as not materialized (

    select
        trip_month,
        start_station_id as station_id,
        start_station_name as station_name,
        trip_date as seen_on,
        start_latitude as latitude,
        start_longitude as longitude,
        1 as starts,
        0 as ends
    from trips
    where start_station_id is not null

    union all

    select
        trip_month,
        end_station_id as station_id,
        end_station_name as station_name,
        cast(ended_at_local as date) as seen_on,
        end_latitude as latitude,
        end_longitude as longitude,
        0 as starts,
        1 as ends
    from trips
    where end_station_id is not null

),

placed as not materialized (

    select
        *,
        {{ is_around_new_york("latitude", "longitude") }} as is_around
    from sightings

),

-- Where the rides of a station were, to a hundred metres.
spots as (

    select
        trip_month,
        station_id,
        station_name,
        round(latitude, 3) as spot_latitude,
        round(longitude, 3) as spot_longitude,
        count(*) as points,
        sum(ends) as ends,
        max(seen_on) as last_seen_on
    from placed
    where is_around
    group by trip_month, station_id, station_name, spot_latitude, spot_longitude

),

compared as (

    select
        *,
        points >= 10
        and points * 10 >= sum(points) over (partition by trip_month, station_id, station_name) as is_usual
    from spots

),

-- Where most rides of the month were; of several usual spots the one used last, for an id may be moved. A
-- median over all of them would lie where nobody was. Of single rides an end tells more: its point is the
-- dock's, and the point of a start may be where the bike was last heard of.
places as (

    select
        trip_month,
        station_id,
        station_name,
        spot_latitude,
        spot_longitude
    from compared
    qualify row_number() over (
        partition by trip_month, station_id, station_name
        order by
            is_usual desc,
            case when is_usual then last_seen_on end desc,
            points desc,
            ends desc,
            last_seen_on desc,
            spot_latitude asc,
            spot_longitude asc
    ) = 1

),

by_place as (

    select
        placed.*,
        coalesce(
            placed.is_around
            and {{ is_one_place("latitude", "longitude", "spot_latitude", "spot_longitude") }},
            false
        ) as is_there
    from placed
    left join places
        on
            placed.trip_month = places.trip_month
            and placed.station_id = places.station_id
            and placed.station_name is not distinct from places.station_name

),

by_name as (

    select
        trip_month,
        station_id,
        station_name,
        cast(sum(starts) as bigint) as starts,
        cast(sum(ends) as bigint) as ends,
        min(seen_on) as first_seen_on,
        max(seen_on) as last_seen_on,
        count(*) filter (where is_around) as points,
        count(*) filter (where not is_around) as points_elsewhere,
        median(latitude) filter (where is_there) as latitude,
        median(longitude) filter (where is_there) as longitude
    from by_place
    group by trip_month, station_id, station_name

),

-- A few points around New York make no place of a station whose bikes are elsewhere.
months as (

    select
        * replace (
            case when points >= points_elsewhere then latitude end as latitude,
            case when points >= points_elsewhere then longitude end as longitude
        )
    from by_name

)

select * from months
