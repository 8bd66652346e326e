-- An id is given to another station now and then. What tells is the place.
with

-- Points elsewhere are one place, and none of the region's: 0, 0.
sightings as (

    select
        station_id,
        trip_month,
        station_name,
        first_seen_on,
        last_seen_on,
        starts + ends as sightings,
        starts = 1 and ends = 0 as is_one_start,
        coalesce(latitude, case when points_elsewhere > 0 then 0 end) as latitude,
        coalesce(longitude, case when points_elsewhere > 0 then 0 end) as longitude
    from {{ ref("station_months") }}

),

-- A single start in a month may be where its bike was last heard of: it moves no station that other rides
-- place.
weighed as (

    select
        *,
        not is_one_start or bool_and(is_one_start) over (partition by station_id, station_name) as is_told
    from sightings

),

placed_names as (

    select
        * replace (
            case when is_told then latitude end as latitude,
            case when is_told then longitude end as longitude
        ),
        case when is_told and latitude is not null then coalesce(station_name, '') end as name_there
    from weighed

),

neighbours as (

    select
        *,
        lag(latitude ignore nulls) over in_order as previous_latitude,
        lag(longitude ignore nulls) over in_order as previous_longitude,
        lag(name_there ignore nulls) over in_order as previous_name,
        lead(latitude ignore nulls) over in_order as next_latitude,
        lead(longitude ignore nulls) over in_order as next_longitude,
        lead(name_there ignore nulls) over in_order as next_name
    from placed_names
    window in_order as (
        partition by station_id
        order by first_seen_on, last_seen_on, trip_month, station_name
    )

),

compared as (

    select
        *,
        coalesce(
            {{ is_one_place("latitude", "longitude", "previous_latitude", "previous_longitude") }}, false
        ) as is_near_previous,
        coalesce(
            {{ is_one_place("latitude", "longitude", "next_latitude", "next_longitude") }}, false
        ) as is_near_next,
        coalesce(
            {{ is_one_place("previous_latitude", "previous_longitude", "next_latitude", "next_longitude") }},
            false
        ) as is_back_again,
        -- A sighting without a name speaks for no other station.
        coalesce(name_there in (previous_name, '') or previous_name = '', false) as is_named_as_previous,
        coalesce(name_there in (next_name, '') or next_name = '', false) as is_named_as_next
    from neighbours

),

alone as (

    select
        *,
        case when latitude is not null then not is_near_previous and not is_near_next end as is_alone
    from compared

),

-- A month in which a station seems to be somewhere else, and which no other month confirms, moves no station:
-- it is back in the next one, or has its name still. Of two months that differ the later one counts, unless
-- all that is known of it are single starts: then its place is not known.
judged as (

    select
        *,
        is_alone
        and (
            is_back_again
            or (
                (is_named_as_previous or is_named_as_next)
                and not (
                    next_latitude is null
                    and coalesce(lag(is_alone ignore nulls) over in_order, false)
                    and not is_one_start
                )
            )
        ) as is_stray
    from alone
    window in_order as (
        partition by station_id
        order by first_seen_on, last_seen_on, trip_month, station_name
    )

),

steady as (

    select
        * replace (
            case when not is_stray then latitude end as latitude,
            case when not is_stray then longitude end as longitude
        )
    from judged

),

begun as (

    select
        *,
        coalesce(
            not {{ is_one_place(
                "latitude",
                "longitude",
                "lag(latitude ignore nulls) over in_order",
                "lag(longitude ignore nulls) over in_order"
            ) }},
            false
        ) as is_another
    from steady
    window in_order as (
        partition by station_id
        order by first_seen_on, last_seen_on, trip_month, station_name
    )

),

numbered as (

    select
        *,
        cast(
            1 + sum(cast(is_another as integer)) over (
                partition by station_id
                order by first_seen_on, last_seen_on, trip_month, station_name
                rows between unbounded preceding and current row
            ) as integer
        ) as life
    from begun

),

names as (

    select
        station_id,
        life,
        station_name,
        max(last_seen_on) as last_seen_on,
        sum(sightings) as sightings
    from numbered
    where station_name is not null
    group by station_id, life, station_name

),

ranked as (

    select
        *,
        row_number() over (
            partition by station_id, life
            order by last_seen_on desc, sightings desc, station_name asc
        ) as place
    from names

),

named as (

    select
        station_id,
        life,
        -- Of two names on the last day the commoner one: a slip in one record renames no station.
        any_value(case when place = 1 then station_name end) as station_name,
        array_to_string(list(station_name order by station_name), chr(10)) as all_names
    from ranked
    group by station_id, life

),

-- Where a station was moved by some hundred metres, the place is the one it has now, and not the middle of
-- both. A month of fewer than ten sightings tells of no move: its few bikes may stand anywhere.
latest as (

    select
        station_id,
        life,
        latitude as latest_latitude,
        longitude as latest_longitude
    from numbered
    where latitude is not null and sightings >= 10
    qualify
        row_number() over (
            partition by station_id, life
            order by last_seen_on desc, sightings desc, station_name asc
        ) = 1

),

standing as (

    select
        numbered.*,
        coalesce(
            {{ is_one_spot("latitude", "longitude", "latest_latitude", "latest_longitude") }}, true
        ) as is_at_latest
    from numbered
    left join latest on numbered.station_id = latest.station_id and numbered.life = latest.life

),

placed as (

    select
        station_id,
        life,
        min(first_seen_on) as first_seen_on,
        max(last_seen_on) as last_seen_on,
        cast(sum(sightings) as bigint) as sightings,
        -- A median of monthly medians: one month of bad positions does not move a station.
        median(latitude) filter (where is_at_latest) as latitude,
        median(longitude) filter (where is_at_latest) as longitude
    from standing
    group by station_id, life

),

lives as (

    select
        placed.station_id,
        placed.life,
        named.station_name,
        placed.first_seen_on,
        placed.last_seen_on,
        placed.sightings,
        nullif(placed.latitude, 0) as latitude,
        nullif(placed.longitude, 0) as longitude,
        coalesce(placed.latitude = 0, false) as lies_elsewhere,
        {{ is_depot("placed.station_id", "coalesce(named.all_names, '')") }} as is_depot,
        row_number() over (
            partition by placed.station_id
            order by placed.last_seen_on desc, placed.sightings desc, placed.life desc
        ) = 1 as is_latest
    from placed
    left join named on placed.station_id = named.station_id and placed.life = named.life

)

select * from lives
