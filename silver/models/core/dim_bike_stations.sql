{%- set told = ["legacy_id", "short_name", "station_name", "latitude", "longitude", "capacity", "region_id",
    "station_type"] -%}
with

days as (

    select
        *,
        hash({{ told | join(", ") }}) as content
    from {{ ref("bike_station_days") }}

),

compared as (

    select
        *,
        coalesce(
            content <> lag(content) over (partition by system, station_id order by first_asked_at_utc),
            false
        ) as is_changed
    from days

),

numbered as (

    select
        *,
        count(case when is_changed then 1 end) over (
            partition by system, station_id
            order by first_asked_at_utc
        ) as changes
    from compared

),

lives as (

    select
        system,
        station_id,
        {%- for column in told %}
        any_value({{ column }}) as {{ column }},
        {%- endfor %}
        min(first_asked_at_utc) as valid_from_utc,
        max(last_asked_at_utc) as last_told_at_utc
    from numbered
    group by system, station_id, changes

),

-- It was so until it was told otherwise; what is told of it no more may be gone.
followed as (

    select
        system,
        station_id,
        {%- for column in told %}
        {{ column }},
        {%- endfor %}
        {{ city_of("latitude", "longitude") }} as city,
        coalesce(not {{ is_around_new_york("latitude", "longitude") }}, false) as lies_elsewhere,
        valid_from_utc,
        lead(valid_from_utc) over (partition by system, station_id order by valid_from_utc) as valid_to_utc,
        last_told_at_utc
    from lives

)

select
    *,
    valid_to_utc is null as is_latest
from followed
order by system, station_id, valid_from_utc
