{{ config(meta={"partition_by": "batch"}) }}

-- Nearly every row is a trip, and to read the times of all of them for a handful is dear: what is rejected is
-- sought among the rows that became nothing else.
with

leftovers as (

    select rides.*
    from {{ ref("stg_bike_trips") }} as rides
    semi join {{ ref("int_trip_leftovers") }} as leftovers
        on
            rides.batch = leftovers.batch
            and rides.version = leftovers.version
            and rides.source_member = leftovers.source_member
            and rides.source_record = leftovers.source_record

),

rides as (

    select * from ({{ typed_trips("leftovers") }})
    where reason is not null

),

rejected as (

    select
        batch,
        version,
        source_key,
        source_member,
        source_record,
        reason,
        detail,
        ride_id,
        {{ known_text("started_at_text") }} as started_at_text,
        {{ known_text("ended_at_text") }} as ended_at_text,
        start_station_id_text as start_station_id,
        end_station_id_text as end_station_id
    from rides

)

select * from rejected
