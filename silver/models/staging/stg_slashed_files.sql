{{ config(materialized="table") }}

with

published as (

    select
        trips.batch,
        trips.version,
        trips.source_member,
        coalesce(trips.started_at, trips.starttime) as started_at_text,
        coalesce(trips.ended_at, trips.stoptime) as ended_at_text
    from {{ source("citibike", "trips") }} as trips
    where {{ is_read_batch("trips.batch") }} and contains(coalesce(trips.started_at, trips.starttime), '/')

),

read_with_the_month_first as (

    select
        *,
        {{ to_slashed_clock("started_at_text") }} as started_at_wall,
        {{ to_slashed_clock("ended_at_text") }} as ended_at_wall,
        try_cast(split_part(started_at_text, '/', 1) as integer) as first_number
    from published

),

weighed as (

    select
        batch,
        cast(version as integer) as version,
        source_member,
        count(*) as dates,
        count(*) filter (
            where right(batch, 7) in (strftime(started_at_wall, '%Y-%m'), strftime(ended_at_wall, '%Y-%m'))
        ) as dates_in_month,
        count(*) filter (where day(started_at_wall) > 12) as dates_month_first,
        count(*) filter (where started_at_wall is null and first_number between 13 and 31) as dates_day_first
    from read_with_the_month_first
    group by batch, version, source_member

),

fitting as (

    select
        *,
        dates_in_month >= 0.95 * dates and dates_day_first = 0 as is_fitting
    from weighed

),

-- Two proofs and nothing against them: with day and month exchanged, a month's dates lie in twelve. A file of
-- the first twelve days has the second from the other files of its archive, where none has the day first.
files as (

    select
        *,
        is_fitting and (
            dates_month_first > 0
            or (
                bool_or(is_fitting and dates_month_first > 0) over archive
                and not bool_or(dates_day_first > 0) over archive
            )
        ) as is_month_first
    from fitting
    window archive as (partition by batch, version)

)

select * exclude (is_fitting) from files
