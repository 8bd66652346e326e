with

versions as (

    select
        versions.source,
        versions.table_name,
        versions.batch,
        versions.version,
        versions.rows_counted,
        versions.state_by,
        versions.reason
    from {{ source("lake", "versions") }} as versions
    where versions.is_in_snapshot

),

-- Counted on bronze itself, not on what was read from it.
bronze as (

    {{ rows_in_bronze() }}

),

-- Kept rows and those of trips are counted on the published files, not on the work tables they came from.
outcomes as (

    {{ outcomes_of_rows() }}

    union all

    select
        'citibike' as source,
        'trips' as table_name,
        batch,
        version,
        'duplicate' as outcome,
        1 as raw_rows
    from {{ ref("duplicate_trips") }}

    union all

    select
        'citibike' as source,
        'trips' as table_name,
        batch,
        version,
        'rejected' as outcome,
        1 as raw_rows
    from {{ ref("rejected_trips") }}

    union all

    select
        source,
        table_name,
        batch,
        version,
        'rejected' as outcome,
        1 as raw_rows
    from {{ ref("rejected_answers") }}

),

counted as (

    select
        source,
        table_name,
        batch,
        version,
        cast(coalesce(sum(raw_rows) filter (outcome = 'kept'), 0) as bigint) as rows_kept,
        cast(coalesce(sum(raw_rows) filter (outcome = 'rejected'), 0) as bigint) as rows_rejected,
        cast(coalesce(sum(raw_rows) filter (outcome = 'duplicate'), 0) as bigint) as rows_duplicate,
        cast(coalesce(sum(raw_rows) filter (outcome = 'outside'), 0) as bigint) as rows_outside
    from outcomes
    group by source, table_name, batch, version

),

joined as (

    select
        versions.source,
        versions.table_name,
        versions.batch,
        versions.version,
        versions.rows_counted,
        coalesce(bronze.rows_bronze, 0) as rows_bronze,
        coalesce(counted.rows_kept, 0) as rows_kept,
        coalesce(counted.rows_rejected, 0) as rows_rejected,
        coalesce(counted.rows_duplicate, 0) as rows_duplicate,
        coalesce(counted.rows_outside, 0) as rows_outside,
        versions.state_by as accepted_by,
        versions.reason as accepted_because
    from versions
    left join bronze
        on
            versions.source = bronze.source and versions.table_name = bronze.table_name
            and versions.batch = bronze.batch and versions.version = bronze.version
    left join counted
        on
            versions.source = counted.source and versions.table_name = counted.table_name
            and versions.batch = counted.batch and versions.version = counted.version

),

judged as (

    select
        * exclude (accepted_by, accepted_because),
        coalesce(
            rows_counted = rows_bronze
            and rows_bronze = rows_kept + rows_rejected + rows_duplicate + rows_outside,
            false
        ) as is_conserved,
        accepted_by,
        accepted_because
    from joined

)

select * from judged
order by source, table_name, batch, version
