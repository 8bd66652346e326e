with

-- A ride is told by its id within the month it started in, so that a month can be built by itself.
candidates as (

    select * from ({{ typed_trips(ref("int_trip_suspects")) }})
    where reason is null and {{ is_built_month("trip_month") }}

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
