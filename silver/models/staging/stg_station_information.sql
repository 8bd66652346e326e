with

-- Column by column and by the table's name: SQLMesh does not look into files, and its lineage would end here.
published as (

    select
        stations.batch,
        stations.version,
        stations.source_record,
        stations.asked_at,
        stations.station_id,
        stations.legacy_id,
        stations.name,
        stations.short_name,
        stations.lat,
        stations.lon,
        stations.capacity,
        stations.region_id,
        stations.station_type
    from {{ source("gbfs", "station_information") }} as stations
    where {{ is_read_batch("stations.batch") }}

),

typed as (

    select
        -- origin
        batch,
        cast(version as integer) as version,
        source_record,
        {{ system_of("batch") }} as system,

        -- when and which
        asked_at as asked_at_text,
        {{ asked_moment("asked_at") }} as asked_at_utc,
        {{ known_id("station_id") }} as station_id,
        {{ known_text("legacy_id") }} as legacy_id,

        -- what it is
        {{ tidy_name("name") }} as station_name,
        {{ known_text("short_name") }} as short_name,
        {{ known_number("lat") }} as published_latitude,
        {{ known_number("lon") }} as published_longitude,
        {{ known_count("capacity") }} as capacity,
        {{ known_text("region_id") }} as region_id,
        {{ known_text("station_type") }} as station_type
    from published

),

checked as (

    select
        * exclude (published_latitude, published_longitude),
        case when {{ is_point("published_latitude", "published_longitude") }} then published_latitude end
            as latitude,
        case when {{ is_point("published_latitude", "published_longitude") }} then published_longitude end
            as longitude,
        {{ is_on_day_of("batch", "asked_at_text") }} as is_on_day,
        case
            when asked_at_utc is null then 'unreadable_time'
            when station_id is null then 'missing_station'
        end as reason
    from typed

)

select * from checked
