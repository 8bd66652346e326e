with

-- A ride is told by its id within the month it started in, so that a month can be built by itself.
candidates as (

    select * from ({{ typed_trips(ref("int_trip_suspects")) }})
    where reason is null and {{ is_built_month("trip_month") }}

),

-- The later dump repairs the earlier one, and its key tells which that is: an archive of a year is one of its
-- last month, and one that names no month is of the batch's. Within a dump the content decides, as we read
-- it, so that the same ride ranks alike in whatever order it arrived.
contents as (

    select
        trip_month,
        trip_id,
        batch,
        version,
        source_key,
        source_member,
        source_record,
        coalesce(
            nullif(replace(regexp_extract(source_key, '20[0-9]{2}-?(0[1-9]|1[0-2])'), '-', ''), ''),
            nullif(regexp_extract(source_key, '20[0-9]{2}') || '12', '12'),
            replace(right(batch, 7), '-', '')
        ) as dump_period,
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
        first_value(dump_period) over ranking as winner_period,
        first_value(right(batch, 7)) over ranking as winner_month,
        first_value(source_key) over ranking as winner_key,
        first_value(content) over ranking as winner_content,
        first_value(batch) over ranking as winner_batch,
        first_value(version) over ranking as winner_version,
        first_value(source_member) over ranking as winner_member,
        first_value(source_record) over ranking as winner_record
    from contents
    window ranking as (
        partition by trip_month, trip_id
        order by
            dump_period desc,
            right(batch, 7) desc,
            source_key desc,
            content asc,
            batch asc,
            version asc,
            source_member asc,
            source_record asc
        rows between unbounded preceding and current row
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
        winner_record,
        case
            when dump_period <> winner_period or right(batch, 7) <> winner_month then 'period'
            when source_key <> winner_key then 'key'
            when content <> winner_content then 'content'
            else 'nothing'
        end as lost_by
    from ranked
    where place > 1

)

select * from losers
