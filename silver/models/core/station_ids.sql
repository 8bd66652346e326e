{{ config(meta={"partition_by": "trip_month"}) }}

-- Decided from the month's own rows, so that a month can be built by itself; ids that came through a
-- spreadsheet are few, and all else here is made of the rides that have one. Rides are named anew wherever they
-- are read: of a query that is read twice DuckDB keeps all columns of all rows.
with

published as (

    select start_station_id_text as published_id
    from {{ ref("stg_bike_trips") }}

    union distinct

    select end_station_id_text as published_id
    from {{ ref("stg_bike_trips") }}

),

changed as (

    select
        published_id,
        {{ whole_station_id("published_id") }} as whole_id
    from published
    where whole_id is distinct from published_id

),

forms as (

    select published_id as form
    from changed

    union distinct

    select whole_id as form
    from changed
    where whole_id is not null

),

-- Asked end by end: where a month has no such ids, DuckDB then reads nothing more of it.
suspects as (

    select *
    from {{ ref("stg_bike_trips") }}
    where start_station_id_text in (select forms.form from forms)

    union all

    select *
    from {{ ref("stg_bike_trips") }}
    where
        end_station_id_text in (select forms.form from forms)
        and (
            start_station_id_text is null
            or start_station_id_text not in (select forms.form from forms)
        )

),

trips as (

    select * from ({{ typed_trips("suspects") }})
    where reason is null and {{ is_built_month("trip_month") }}

),

sightings as (

    {% for end in ["start", "end"] -%}
    {{ "union all" if not loop.first }}
    select
        trip_month,
        {{ end }}_station_id_text as published_id,
        {{ end }}_station_id as whole_id,
        lower({{ end }}_station_name) as station_name,
        case when {{ is_around_new_york(end ~ "_latitude", end ~ "_longitude") }} then {{ end }}_latitude end
            as latitude,
        case when {{ is_around_new_york(end ~ "_latitude", end ~ "_longitude") }} then {{ end }}_longitude end
            as longitude
    from trips
    where {{ end }}_station_id_text in (select forms.form from forms)
    {% endfor %}
),

counted as (

    select
        trip_month,
        published_id,
        whole_id,
        cast(count(*) as bigint) as sightings
    from sightings
    group by trip_month, published_id, whole_id

),

-- Each sighting once: a file that lands in two batches decides nothing otherwise.
different as (

    select distinct
        trip_month,
        published_id,
        station_name,
        latitude,
        longitude
    from sightings

),

described as (

    select
        trip_month,
        published_id,
        list(distinct station_name) filter (where station_name is not null) as station_names,
        median(latitude) as latitude,
        median(longitude) as longitude
    from different
    group by trip_month, published_id

),

compared as (

    select
        counted.trip_month,
        counted.published_id,
        counted.whole_id,
        counted.sightings,
        other.published_id is not null as is_other_in_use,
        list_has_any(own.station_names, other.station_names) as is_same_name,
        {{ is_one_place("own.latitude", "own.longitude", "other.latitude", "other.longitude") }}
            as is_same_place,
        coalesce(
            {{ is_one_spot("own.latitude", "own.longitude", "other.latitude", "other.longitude") }}, false
        ) as is_same_spot
    from counted
    inner join described as own
        on counted.trip_month = own.trip_month and counted.published_id = own.published_id
    left join described as other
        on counted.trip_month = other.trip_month and counted.whole_id = other.published_id
    where counted.whole_id is distinct from counted.published_id

),

reasoned as (

    select
        *,
        case
            when whole_id is null then 'rounded'
            when not is_other_in_use then 'only_form'
            -- A name is spelt in more than one way ("E 20 St", "E 20 Street"), a spot is not.
            when not is_same_name and not is_same_spot then 'other_name'
            when not is_same_place then 'other_place'
            when is_same_name then 'same_name'
            when is_same_place then 'same_place'
            else 'other_form_in_use'
        end as reason
    from compared

),

decided as (

    select
        trip_month,
        published_id,
        case when reason in ('other_name', 'other_place') then published_id else whole_id end as station_id,
        reason,
        sightings
    from reasoned

)

select * from decided
