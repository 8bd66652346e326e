with

asked as (

    select distinct
        system,
        asked_at_utc
    from {{ ref("stg_station_status") }}
    where reason is null and is_on_day

),

timed as (

    select
        *,
        {{ utc_to_new_york("asked_at_utc") }} as asked_at_local,
        {{ month_in_new_york("asked_at_utc") }} as status_month
    from asked

),

-- Each month by itself: its last answer holds no longer than the month, and its first one begins it.
followed as (

    select
        *,
        lead(asked_at_utc) over (
            partition by status_month, system
            order by asked_at_utc
        ) as next_asked_at_utc,
        {{ new_york_to_utc("cast(status_month || '-01' as timestamp) + interval 1 month") }} as month_ends_utc
    from timed

),

held as (

    select
        status_month,
        system,
        asked_at_utc,
        asked_at_local,
        next_asked_at_utc,
        cast(
            date_diff(
                'second',
                asked_at_utc,
                least(
                    next_asked_at_utc,
                    month_ends_utc,
                    asked_at_utc + interval {{ poll_holds_minutes() }} minute
                )
            ) as smallint
        ) as held_seconds
    from followed

)

select * from held
