{%- set told = ["legacy_id", "short_name", "station_name", "latitude", "longitude", "capacity", "region_id",
    "station_type"] -%}
{{ config(meta={"partition_by": "station_month"}) }}

with

stations as not materialized (

    select
        *,
        hash({{ told | join(", ") }}) as content
    from {{ ref("int_station_information_judged") }}
    where outcome = 'station' and {{ is_built_month("station_month") }}

),

-- Nearly all stations are told of in one way all day: only of the others is it asked when it changed.
changing as (

    select
        batch,
        version,
        station_id
    from stations
    group by batch, version, station_id
    having min(content) <> max(content)

),

ordered as (

    select
        stations.batch,
        stations.version,
        stations.source_record,
        stations.station_id,
        stations.asked_at_utc,
        coalesce(
            stations.content <> lag(stations.content) over (
                partition by stations.batch, stations.version, stations.station_id
                order by stations.asked_at_utc
            ),
            false
        ) as is_changed
    from stations
    inner join changing
        on
            stations.batch = changing.batch
            and stations.version = changing.version
            and stations.station_id = changing.station_id

),

numbered as (

    select
        batch,
        version,
        source_record,
        count(case when is_changed then 1 end) over (
            partition by batch, version, station_id
            order by asked_at_utc
        ) as changes
    from ordered

),

told as (

    select
        stations.station_month,
        stations.system,
        stations.station_id,
        coalesce(numbered.changes, 0) as changes,
        min(stations.asked_at_utc) as first_asked_at_utc,
        max(stations.asked_at_utc) as last_asked_at_utc,
        count(*) as answers,
        {%- for column in told %}
        any_value(stations.{{ column }}) as {{ column }},
        {%- endfor %}
        stations.batch,
        stations.version
    from stations
    left join numbered
        on
            stations.batch = numbered.batch
            and stations.version = numbered.version
            and stations.source_record = numbered.source_record
    group by
        stations.station_month,
        stations.system,
        stations.station_id,
        changes,
        stations.batch,
        stations.version

)

select * exclude (changes) from told
order by system, station_id, first_asked_at_utc
