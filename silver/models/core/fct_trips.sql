{{ config(meta={"partition_by": "trip_month"}) }}

with

rides as (

    select * from {{ ref("int_trips_typed") }}
    where reason is null and {{ is_built_month("trip_month") }}

),

-- Ids of a form that was cut and that the month tells from the whole one all the same.
own_ids as (

    select
        trip_month,
        station_id
    from {{ ref("station_ids") }}
    where station_id = published_id and {{ is_built_month("trip_month") }}

),

kept as (

    select
        rides.* replace (
            coalesce(starts.station_id, rides.start_station_id) as start_station_id,
            coalesce(ends.station_id, rides.end_station_id) as end_station_id
        )
    from rides
    left join {{ ref("int_trip_duplicates") }} as duplicates
        on
            rides.batch = duplicates.batch
            and rides.version = duplicates.version
            and rides.source_member = duplicates.source_member
            and rides.source_record = duplicates.source_record
    left join own_ids as starts
        on rides.trip_month = starts.trip_month and rides.start_station_id_text = starts.station_id
    left join own_ids as ends
        on rides.trip_month = ends.trip_month and rides.end_station_id_text = ends.station_id
    where duplicates.batch is null

),

trips as (

    select
        -- ids and origin
        trip_id,
        batch,
        version,
        source_member,
        source_record,

        -- kinds
        city,
        member_type,
        bike_type,

        -- times
        started_at_utc,
        ended_at_utc,
        started_at_local,
        ended_at_local,
        trip_month,
        cast(started_at_local as date) as trip_date,
        cast(hour(started_at_local) as integer) as trip_hour,
        duration_seconds,

        -- places
        start_station_id,
        start_station_name,
        start_latitude,
        start_longitude,
        end_station_id,
        end_station_name,
        end_latitude,
        end_longitude,
        coalesce(not {{ is_around_new_york("start_latitude", "start_longitude") }}, false)
            as is_start_elsewhere,
        coalesce(not {{ is_around_new_york("end_latitude", "end_longitude") }}, false) as is_end_elsewhere,

        -- bike and rider
        bike_id,
        birth_year,
        gender,

        -- flags: such trips are kept, and marts choose
        is_time_ambiguous,
        is_to_the_minute,
        duration_seconds < 60 as is_false_start,
        duration_seconds > 24 * 3600 as is_lost_bike
    from kept

)

select * from trips
