{%- set station_key = "hash(status_month, system, station_id)" -%}
{%- set two = "cast(16384 as integer)" -%}
{%- set to_the_hour = "(3600 - epoch_us(asked_at_utc) // 1000000 % 3600)" -%}
{%- set is_around = is_around_new_york("any_latitude", "any_longitude") -%}
{{ config(meta={"partition_by": "status_month"}) }}

with

-- Millions of rows, named twice: kept aside they would be the most memory of the build.
statuses as not materialized (

    select
        *,
        {{ to_the_hour }} as seconds_to_the_hour
    from {{ ref("fct_station_status") }}
    where {{ is_built_month("status_month") }}

),

-- What an answer holds for lies in one hour or in two, and is cut there. Hours are numbered on New York's clock,
-- where both passes of the doubled hour are one; the zone is asked only in the nights in which clocks can change.
pieces as not materialized (

    select
        {{ station_key }} as station_key,
        state,
        cast({{ hour_number("asked_at_local") }} as integer) as hour_number,
        cast(least(held_seconds, seconds_to_the_hour) as smallint) as seconds,
        cast(1 as smallint) as polls
    from statuses

    union all

    select
        {{ station_key }} as station_key,
        state,
        cast(
            case
                when hour(asked_at_local) < 3
                    then {{ hour_number(utc_to_new_york("(asked_at_utc + interval 1 hour)")) }}
                else {{ hour_number("asked_at_local") }} + 1
            end as integer
        ) as hour_number,
        cast(held_seconds - seconds_to_the_hour as smallint) as seconds,
        cast(0 as smallint) as polls
    from statuses
    where held_seconds > seconds_to_the_hour

),

-- There are millions of sums, and what one takes is the memory of the build: the id as a number, two sums in one
-- (an hour has at most 7,200 seconds, and as many answers).
added as (

    select
        station_key,
        hour_number,
        sum({{ two }} * seconds + polls) as observed_and_polls,
        sum(case state when 'out_of_service' then {{ two }} * seconds when 'empty' then seconds else 0 end)
            as out_and_empty,
        sum(case state when 'full' then {{ two }} * seconds when 'empty_and_full' then seconds else 0 end)
            as full_and_both
    from pieces
    group by station_key, hour_number

),

counted as (

    select
        station_key,
        hour_number,
        cast(observed_and_polls % {{ two }} as smallint) as polls,
        cast(observed_and_polls // {{ two }} as smallint) as observed,
        cast(out_and_empty // {{ two }} as smallint) as out_of_service,
        cast(out_and_empty % {{ two }} as smallint) as only_empty,
        cast(full_and_both // {{ two }} as smallint) as only_full,
        cast(full_and_both % {{ two }} as smallint) as empty_and_full
    from added

),

seen as (

    select distinct
        {{ station_key }} as station_key,
        status_month,
        system,
        station_id
    from statuses

),

-- Of each station what the month's last answers told.
stations as (

    select
        station_month,
        system,
        station_id,
        max_by(short_name, first_asked_at_utc) as short_name,
        max_by(station_name, first_asked_at_utc) as station_name,
        max_by(latitude, first_asked_at_utc) as any_latitude,
        max_by(longitude, first_asked_at_utc) as any_longitude,
        max_by(capacity, first_asked_at_utc) as capacity
    from {{ ref("bike_station_days") }}
    where {{ is_built_month("station_month") }}
    group by station_month, system, station_id

),

movements as not materialized (

    select
        trip_month,
        station_id,
        cast({{ hour_number("moved_on") }} + moved_hour as integer) as hour_number,
        departures,
        arrivals
    from {{ ref("mart_station_hours") }}
    where {{ is_built_month("trip_month") }}

),

-- Files of another time call stations otherwise: of one that no trip of the month names, no trips are known.
named as (

    select distinct
        trip_month,
        station_id
    from movements

),

placed as (

    select
        seen.station_key,
        seen.status_month,
        seen.system,
        seen.station_id,
        stations.short_name,
        stations.station_name,
        stations.capacity,
        case when {{ is_around }} then any_latitude end as latitude,
        case when {{ is_around }} then any_longitude end as longitude,
        {{ city_of("any_latitude", "any_longitude") }} as city,
        coalesce(not {{ is_around }}, false) as lies_elsewhere,
        stations.short_name is not null
        and count(*) over (partition by seen.status_month, stations.short_name) > 1 as has_namesake,
        named.station_id is not null as has_trips
    from seen
    left join stations
        on
            seen.status_month = stations.station_month
            and seen.system = stations.system
            and seen.station_id = stations.station_id
    left join named on seen.status_month = named.trip_month and stations.short_name = named.station_id

),

-- Two stations that trips call the same, both there in one hour: nobody can tell whose a trip is. Where one
-- took the other's place, each has the trips of its own hours.
shared as (

    select
        namesakes.status_month,
        namesakes.short_name,
        counted.hour_number,
        true as is_shared
    from counted
    inner join placed as namesakes on counted.station_key = namesakes.station_key
    where namesakes.has_namesake
    group by namesakes.status_month, namesakes.short_name, counted.hour_number
    having count(*) > 1

),

covered as (

    select
        city,
        trip_date,
        true as is_covered
    from {{ ref("mart_covered_days") }}
    where {{ is_built_month("trip_month") }}

),

hours as (

    select
        placed.status_month,
        placed.system,
        placed.station_id,
        counted.*,
        cast(make_timestamp(counted.hour_number * cast(3600000000 as bigint)) as date) as status_date,
        cast(counted.hour_number % 24 as integer) as status_hour,
        placed.short_name,
        placed.station_name,
        placed.latitude,
        placed.longitude,
        placed.city,
        coalesce(placed.lies_elsewhere, false) as lies_elsewhere,
        placed.capacity,
        placed.has_trips
    from counted
    inner join placed on counted.station_key = placed.station_key

),

-- Null is not known, and zero is none: on a covered day nobody rode.
joined as (

    select
        hours.*,
        coalesce(shared.is_shared, false) as is_short_name_shared,
        case
            when covered.is_covered and hours.has_trips and shared.is_shared is null
                then coalesce(movements.departures, 0)
        end as departures,
        case
            when covered.is_covered and hours.has_trips and shared.is_shared is null
                then coalesce(movements.arrivals, 0)
        end as arrivals
    from hours
    left join covered on hours.city = covered.city and hours.status_date = covered.trip_date
    left join shared
        on
            hours.status_month = shared.status_month
            and hours.short_name = shared.short_name
            and hours.hour_number = shared.hour_number
    left join movements
        on
            hours.status_month = movements.trip_month
            and hours.short_name = movements.station_id
            and hours.hour_number = movements.hour_number

),

measured as (

    select
        status_month,
        status_date,
        status_hour,
        system,
        station_id,
        short_name,
        station_name,
        city,
        latitude,
        longitude,
        lies_elsewhere,
        capacity,

        -- what was seen
        cast(polls as bigint) as polls,
        observed / 60.0 as minutes_observed,
        out_of_service / 60.0 as minutes_out_of_service,
        (only_empty + empty_and_full) / 60.0 as minutes_empty,
        (only_full + empty_and_full) / 60.0 as minutes_full,
        empty_and_full / 60.0 as minutes_empty_and_full,
        (observed - out_of_service - only_empty - only_full - empty_and_full) / 60.0 as minutes_available,

        -- what was ridden
        is_short_name_shared,
        departures,
        arrivals,
        arrivals - departures as net_flow
    from joined

)

select
    * replace (
        {%- for measure in ["observed", "out_of_service", "empty", "full", "empty_and_full", "available"] %}
        cast(minutes_{{ measure }} as double) as minutes_{{ measure }}{{ "," if not loop.last }}
        {%- endfor %}
    )
from measured
