with

-- Column by column and by the table's name: SQLMesh does not look into files, and its lineage would end here.
published as (

    select
        statuses.batch,
        statuses.version,
        statuses.source_record,
        statuses.asked_at,
        statuses.station_id,
        statuses.num_bikes_available,
        statuses.num_ebikes_available,
        statuses.num_bikes_disabled,
        statuses.num_docks_available,
        statuses.num_docks_disabled,
        statuses.is_installed,
        statuses.is_renting,
        statuses.is_returning,
        statuses.last_reported
    from {{ source("gbfs", "station_status") }} as statuses
    where {{ is_read_batch("statuses.batch") }}

),

-- Nearly all columns are dictionaries in the files: what is made of one of them alone costs next to nothing.
typed as (

    select
        -- origin
        batch,
        cast(version as integer) as version,
        source_record,
        {{ system_of("batch") }} as system,

        -- when and where
        asked_at as asked_at_text,
        {{ asked_moment("asked_at") }} as asked_at_utc,
        {{ known_id("station_id") }} as station_id,

        -- what is there
        num_bikes_available as bikes_text,
        {{ known_count("num_bikes_available") }} as bikes,
        {{ known_count("num_ebikes_available") }} as ebikes,
        {{ known_count("num_bikes_disabled") }} as bikes_disabled,
        num_docks_available as docks_text,
        {{ known_count("num_docks_available") }} as docks,
        {{ known_count("num_docks_disabled") }} as docks_disabled,

        -- what works
        concat_ws(', ', is_installed, is_renting, is_returning) as flags_text,
        {{ known_flag("is_installed") }} as is_installed,
        {{ known_flag("is_renting") }} as is_renting,
        {{ known_flag("is_returning") }} as is_returning,
        {{ epoch_moment("last_reported") }} as reported_at_utc
    from published

),

checked as (

    select
        *,
        {{ is_on_day_of("batch", "asked_at_text") }} as is_on_day,
        case
            when asked_at_utc is null then 'unreadable_time'
            when station_id is null then 'missing_station'
            when bikes is null or (docks is null and docks_text is not null) then 'unreadable_count'
            when is_installed is null or is_renting is null or is_returning is null then 'unreadable_flag'
        end as reason
    from typed

)

select * from checked
