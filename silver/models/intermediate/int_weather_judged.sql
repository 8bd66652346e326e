with

hours as (

    select
        *,
        {{ utc_to_new_york("hour_utc") }} as hour_local
    from {{ ref("stg_weather") }}

),

checked as (

    select
        *,
        case
            -- A time between two hours is none of either: 04:17, or an offset of half an hour.
            when not coalesce(hour_utc = date_trunc('hour', hour_utc), false) then 'unreadable_time'
            when len(unknown_units) > 0 then 'unknown_unit'
        end as reason,
        -- Batches overlap by their margins: the batch of the local month owns the hour.
        strftime(hour_local, '%Y-%m') = right(batch, 7) as is_in_month
    from hours

),

ranked as (

    select
        *,
        row_number() over (
            partition by location, hour_utc, reason is null, is_in_month
            order by
                temperature_c,
                apparent_temperature_c,
                precipitation_mm,
                wind_speed_kmh,
                batch,
                version,
                source_record
        ) as place
    from checked

),

judged as (

    select
        *,
        case
            when reason is not null then 'rejected'
            when not is_in_month then 'outside'
            when place > 1 then 'duplicate'
            else 'hour'
        end as outcome,
        case reason
            when 'unreadable_time' then 'time: ' || coalesce(time_text, 'null')
            when 'unknown_unit' then array_to_string(unknown_units, ', ')
        end as detail
    from ranked

)

select * from judged
