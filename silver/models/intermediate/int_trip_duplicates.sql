with

keys as (

    select * from {{ ref("int_trip_keys") }}
    where reason is null and {{ is_built_month("trip_month") }}

),

-- A ride is told by its id within the month it started in, so that a month can be built by itself.
repeated as (

    select
        trip_month,
        trip_key
    from keys
    group by trip_month, trip_key
    having count(*) > 1

),

suspects as (

    select keys.*
    from keys
    inner join repeated on keys.trip_month = repeated.trip_month and keys.trip_key = repeated.trip_key

),

-- The few rows it is about, and where there are none, bronze is not read at all.
-- Two ids may share a key: the ids themselves decide below.
candidates as (

    select typed.*
    from {{ ref("int_trips_typed") }} as typed
    inner join suspects
        on
            typed.batch = suspects.batch
            and typed.version = suspects.version
            and typed.source_member = suspects.source_member
            and typed.source_record = suspects.source_record

),

-- The content as we read it, so that the same ride ranks alike in whatever file and order it arrived.
contents as (

    select
        trip_month,
        trip_id,
        batch,
        version,
        source_key,
        source_member,
        source_record,
        md5(
            concat_ws(
                '|',
                {% for column in [
                    "started_at_utc", "ended_at_utc", "start_station_id", "start_station_name", "start_latitude",
                    "start_longitude", "end_station_id", "end_station_name", "end_latitude", "end_longitude",
                    "bike_id", "bike_type", "member_type", "gender", "birth_year"
                ] -%}
                coalesce(cast({{ column }} as varchar), ''){{ "," if not loop.last }}
                {% endfor %}
            )
        ) as content
    from candidates

),

ranked as (

    select
        *,
        row_number() over ranking as place,
        first_value(batch) over ranking as winner_batch,
        first_value(version) over ranking as winner_version,
        first_value(source_member) over ranking as winner_member,
        first_value(source_record) over ranking as winner_record
    from contents
    window ranking as (
        partition by trip_month, trip_id
        order by content, batch, version, source_member, source_record
        rows between unbounded preceding and unbounded following
    )

),

losers as (

    select
        trip_month,
        trip_id,
        batch,
        version,
        source_key,
        source_member,
        source_record,
        winner_batch,
        winner_version,
        winner_member,
        winner_record
    from ranked
    where place > 1

)

select * from losers
