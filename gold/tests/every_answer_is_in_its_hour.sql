-- Each answer about a station is in the mart once, in the hour in which it was asked for, and all minutes that
-- answers hold for are there, no more and no fewer. Returns the systems and months where that is not so.
with

statuses as (

    select
        status_month,
        system,
        count(*) as polls,
        cast(sum(held_seconds) as bigint) as seconds
    from {{ ref("fct_station_status") }}
    where {{ is_built_month("status_month") }}
    group by status_month, system

),

hours as (

    select
        status_month,
        system,
        cast(sum(polls) as bigint) as polls,
        cast(round(sum(minutes_observed) * 60) as bigint) as seconds
    from {{ ref("mart_station_availability") }}
    where {{ is_built_month("status_month") }}
    group by status_month, system

)

{{ rows_of_one_only("statuses", "hours") }}
