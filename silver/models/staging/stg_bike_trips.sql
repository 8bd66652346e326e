with

-- Column by column and by the table's name: SQLMesh does not look into files, and its lineage would end here.
published as (

    select
        trips.batch,
        trips.version,
        trips.source_key,
        trips.source_member,
        trips.source_record,
        trips.ride_id,
        trips.rideable_type,
        trips.started_at,
        trips.ended_at,
        trips.member_casual,
        trips.start_station_id,
        trips.start_station_name,
        trips.start_lat,
        trips.start_lng,
        trips.end_station_id,
        trips.end_station_name,
        trips.end_lat,
        trips.end_lng,
        trips.bikeid,
        trips.starttime,
        trips.stoptime,
        trips.tripduration,
        trips.usertype,
        trips.birth_year,
        trips.gender,
        trips.start_station_latitude,
        trips.start_station_longitude,
        trips.end_station_latitude,
        trips.end_station_longitude,
        coalesce(files.is_month_first, false) as is_month_first
    from {{ source("citibike", "trips") }} as trips
    left join {{ ref("stg_slashed_files") }} as files
        on
            trips.batch = files.batch
            and cast(trips.version as integer) = files.version
            and trips.source_member = files.source_member
    where {{ is_read_batch("trips.batch") }}

),

unified as (

    select
        -- origin
        batch,
        cast(version as integer) as version,
        source_key,
        source_member,
        source_record,
        -- The header tells the schema: a legacy file has no column ride_id.
        ride_id is not null as is_modern,

        -- ids and kinds
        {{ known_id("ride_id") }} as ride_id,
        {{ known_text("bikeid") }} as bike_id,
        case
            when lower(trim(rideable_type)) in ('classic_bike', 'docked_bike') then 'classic'
            when lower(trim(rideable_type)) = 'electric_bike' then 'electric'
            else 'unknown'
        end as bike_type,
        case coalesce(lower(trim(member_casual)), lower(trim(usertype)))
            when 'member' then 'member'
            when 'subscriber' then 'member'
            when 'casual' then 'casual'
            when 'customer' then 'casual'
            else 'unknown'
        end as member_type,
        case trim(gender) when '1' then 'male' when '2' then 'female' else 'unknown' end as gender,
        -- Some releases write years as 1969.0.
        try_cast({{ known_number("birth_year") }} as integer) as birth_year,

        -- times
        coalesce(started_at, starttime) as started_at_text,
        coalesce(ended_at, stoptime) as ended_at_text,
        case
            when is_month_first and contains(coalesce(started_at, starttime), '/')
                then {{ to_slashed_clock("coalesce(started_at, starttime)") }}
            else {{ to_wall_clock("coalesce(started_at, starttime)") }}
        end as started_at_wall,
        case
            when is_month_first and contains(coalesce(ended_at, stoptime), '/')
                then {{ to_slashed_clock("coalesce(ended_at, stoptime)") }}
            else {{ to_wall_clock("coalesce(ended_at, stoptime)") }}
        end as ended_at_wall,
        case
            when is_month_first
                -- One colon: no seconds.
                then coalesce(
                    regexp_full_match(coalesce(started_at, starttime), '[^:]*:[^:]*')
                    or regexp_full_match(coalesce(ended_at, stoptime), '[^:]*:[^:]*'),
                    false
                )
            else false
        end as is_to_the_minute,
        {{ known_number("tripduration") }} as published_seconds,

        -- places
        {{ known_text("start_station_id") }} as start_station_id_text,
        {{ tidy_name("start_station_name") }} as start_station_name,
        {{ known_number("coalesce(start_lat, start_station_latitude)") }} as start_latitude,
        {{ known_number("coalesce(start_lng, start_station_longitude)") }} as start_longitude,
        {{ known_text("end_station_id") }} as end_station_id_text,
        {{ tidy_name("end_station_name") }} as end_station_name,
        {{ known_number("coalesce(end_lat, end_station_latitude)") }} as end_latitude,
        {{ known_number("coalesce(end_lng, end_station_longitude)") }} as end_longitude
    from published

),

checked as (

    select
        *,
        {{ is_point("start_latitude", "start_longitude") }} as has_start_point,
        {{ is_point("end_latitude", "end_longitude") }} as has_end_point
    from unified

),

whole as (

    select
        * exclude (has_start_point, has_end_point)
        replace (
            case when has_start_point then start_latitude end as start_latitude,
            case when has_start_point then start_longitude end as start_longitude,
            case when has_end_point then end_latitude end as end_latitude,
            case when has_end_point then end_longitude end as end_longitude
        ),
        {{ whole_station_id("start_station_id_text") }} as start_station_id,
        {{ whole_station_id("end_station_id_text") }} as end_station_id
    from checked

)

select * from whole
