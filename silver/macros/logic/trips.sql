{#
  A number that the rows of one ride share, from columns of `stg_bike_trips`: cheap to make of every row. Two
  rides may share one, too. A ride without an id is known by what its id is made of, the start to the second.
#}
{% macro trip_key() -%}
  hash(coalesce(ride_id, {{ id_of_nameless() }}))
{%- endmacro %}

{% macro id_of_nameless() -%}
  concat({{ start_to_the_second() }}, bike_id, start_station_id, end_station_id)
{%- endmacro %}

{# The start as files write it, one form for all: of times with slashes, what was read of them. #}
{% macro start_to_the_second() -%}
  case
    when contains(started_at_text, '/')
      then coalesce(strftime(started_at_wall, '%Y-%m-%d %H:%M:%S'), started_at_text)
    else left(trim(started_at_text), 19)
  end
{%- endmacro %}

{# What is wrong with the text of a time that could not be read. #}
{% macro why_unreadable(column) -%}
  case
    when {{ to_slashed_clock(column) }} is not null
      then 'M/D/YYYY or D/M/YYYY, which the archive does not prove: '
    else 'not YYYY-MM-DD HH:MM:SS: '
  end || trim({{ column }})
{%- endmacro %}

{#
  Does a time lie more than a year from the month that the batch is named after? The longest ride of real months
  that was a ride, on a lost bike, took 234 days; a clock that had been reset says 1970 or 2000.
#}
{% macro is_far_from_batch(wall) -%}
  not {{ wall }} between {{ first_time_of("batch") }} and {{ last_time_of("batch") }}
{%- endmacro %}

{% macro first_time_of(batch) -%}
  cast(right({{ batch }}, 7) || '-01' as timestamp) - interval 1 year
{%- endmacro %}

{% macro last_time_of(batch) -%}
  cast(right({{ batch }}, 7) || '-01' as timestamp) + interval 13 months
{%- endmacro %}

{#
  Rows of `stg_bike_trips` with instants, an id, a city and, where a row cannot be a trip, the reason. A
  macro, because it is asked of all rows, and once more of the few that may be duplicates or became nothing: a
  join would come after the work, not before it.
#}
{% macro typed_trips(relation) -%}
with

-- Zone arithmetic is dear: it is done for each hour that a ride of these batches can touch, and not for each
-- ride, which is moved by as many microseconds as its hour. What lies further away is rejected. Kept aside, the
-- hours would keep DuckDB from reading only the columns that are asked for.
hours as not materialized (

    select
        {{ hour_number("hour_wall") }} as hour_number,
        {{ is_doubled_hour("hour_wall") }} as is_doubled,
        {{ is_skipped_hour("hour_wall") }} as is_skipped,
        epoch_us({{ new_york_to_utc("hour_wall") }}) - epoch_us(hour_wall) as microseconds_to_zone
    from (
        select
            unnest(generate_series(
                {{ first_time_of("first_batch") }}, {{ last_time_of("last_batch") }}, interval 1 hour
            )) as hour_wall
        from (
            select
                min(batch) as first_batch,
                max(batch) as last_batch
            from (select distinct right(batch, 7) as batch from {{ relation }})
        )
    )

),

clocks as (

    select
        rides.*,
        coalesce(starts.is_doubled, false) as starts_doubled,
        coalesce(ends.is_doubled, false) as ends_doubled,
        coalesce(starts.is_skipped, false) as starts_skipped,
        coalesce(ends.is_skipped, false) as ends_skipped,
        make_timestamp(epoch_us(rides.started_at_wall) + starts.microseconds_to_zone) as started_at_zone,
        make_timestamp(epoch_us(rides.ended_at_wall) + ends.microseconds_to_zone) as ended_at_zone
    from {{ relation }} as rides
    left join hours as starts on {{ hour_number("rides.started_at_wall") }} = starts.hour_number
    left join hours as ends on {{ hour_number("rides.ended_at_wall") }} = ends.hour_number

),

-- Both ends in the first pass of a doubled hour: the daylight reading, from which the others are told.
first_passes as (

    select
        *,
        case when starts_doubled then started_at_zone - interval 1 hour else started_at_zone end as start_first,
        case when ends_doubled then ended_at_zone - interval 1 hour else ended_at_zone end as end_first
    from clocks

),

measured as (

    select
        *,
        {{ seconds_between("start_first", "end_first") }} as first_seconds
    from first_passes

),

-- How far a published duration may be from the times: five seconds, and what times to the minute leave open.
told as (

    select
        *,
        case when is_to_the_minute then 65 else 5 end as slack
    from measured

),

-- What the published duration says; without one the order of the two times decides.
compared as (

    select
        *,
        coalesce(abs(published_seconds - first_seconds) <= slack, false) as is_as_first,
        coalesce(
            starts_doubled and not ends_doubled and abs(published_seconds - (first_seconds - 3600)) <= slack, false
        ) as is_start_later,
        coalesce(ends_doubled and abs(published_seconds - (first_seconds + 3600)) <= slack, false) as is_end_later
    from told

),

resolved as (

    select
        *,
        case when is_start_later then start_first + interval 1 hour else start_first end as started_at_utc,
        case
            when is_end_later or (ends_doubled and first_seconds < 0) then end_first + interval 1 hour
            else end_first
        end as ended_at_utc,
        case
            when starts_skipped or ends_skipped then true
            when not (starts_doubled or ends_doubled) then false
            when is_start_later or is_end_later then false
            -- The duration fits both passes alike when start and end lie in the doubled hour.
            when is_as_first then starts_doubled and ends_doubled
            else first_seconds >= 0
        end as is_time_ambiguous
    from compared

),

-- A time in the skipped hour never was on the clock: it becomes the time the clock showed then.
localised as (

    select
        *,
        case when starts_skipped then {{ utc_to_new_york("started_at_utc") }} else started_at_wall end
            as started_at_local,
        case when ends_skipped then {{ utc_to_new_york("ended_at_utc") }} else ended_at_wall end
            as ended_at_local,
        {{ seconds_between("started_at_utc", "ended_at_utc") }} as clock_seconds
    from resolved

),

-- Times to the minute leave a minute open, which the published duration tells where it agrees with them.
lasting as (

    select
        *,
        case
            when
                is_to_the_minute
                and clock_seconds >= 0
                and published_seconds between greatest(clock_seconds - slack, 0) and clock_seconds + slack
                then published_seconds
            else clock_seconds
        end as duration_seconds
    from localised

),

checked as (

    select
        *,
        case
            when started_at_wall is null
                then case when {{ known_text("started_at_text") }} is null then 'missing_start' else 'unreadable_start' end
            when ended_at_wall is null
                then case when {{ known_text("ended_at_text") }} is null then 'missing_end' else 'unreadable_end' end
            when {{ is_far_from_batch("started_at_wall") }} then 'start_far_from_batch'
            when {{ is_far_from_batch("ended_at_wall") }} then 'end_far_from_batch'
            when duration_seconds < 0 then 'ends_before_start'
        end as reason
    from lasting

),

typed as (

    select
        -- origin
        batch,
        version,
        source_key,
        source_member,
        source_record,
        is_modern,

        -- judgement
        reason,
        case
            when reason in ('missing_start', 'missing_end') then 'no time'
            when reason = 'unreadable_start' then {{ why_unreadable("started_at_text") }}
            when reason = 'unreadable_end' then {{ why_unreadable("ended_at_text") }}
            when reason = 'start_far_from_batch'
                then 'more than a year from ' || right(batch, 7) || ': ' || trim(started_at_text)
            when reason = 'end_far_from_batch'
                then 'more than a year from ' || right(batch, 7) || ': ' || trim(ended_at_text)
            when reason = 'ends_before_start'
                then 'ends ' || cast(round(-duration_seconds, 3) as varchar) || ' s before it starts'
        end as detail,

        -- ids and kinds
        case
            when reason is not null then null
            when ride_id is not null then ride_id
            else case when is_modern then 'unnamed-' else 'legacy-' end || md5(
                concat(
                    cast(started_at_wall as varchar), '|', cast(ended_at_wall as varchar), '|', bike_id, '|',
                    start_station_id, '|', end_station_id
                )
            )
        end as trip_id,
        ride_id,
        bike_id,
        bike_type,
        member_type,
        gender,
        case when birth_year between year(started_at_wall) - 100 and year(started_at_wall) - 16 then birth_year end
            as birth_year,
        coalesce(
            {{ city_of("start_latitude", "start_longitude") }},
            {{ city_of_station("start_station_id") }},
            split_part(batch, '-', 1)
        ) as city,

        -- times
        started_at_text,
        ended_at_text,
        started_at_utc,
        ended_at_utc,
        started_at_local,
        ended_at_local,
        strftime(started_at_local, '%Y-%m') as trip_month,
        duration_seconds,
        is_time_ambiguous,
        is_to_the_minute,

        -- places
        start_station_id_text,
        start_station_id,
        start_station_name,
        start_latitude,
        start_longitude,
        end_station_id_text,
        end_station_id,
        end_station_name,
        end_latitude,
        end_longitude
    from checked

)

select * from typed
{%- endmacro %}
