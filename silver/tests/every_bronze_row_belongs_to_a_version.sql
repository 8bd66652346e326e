-- The law of batches, seen from silver: bronze holds the one accepted version of a batch and nothing else,
-- and no accepted version of the snapshot is missing from the account of rows. Returns what breaks it.
with

versions as (

    select * from {{ source("lake", "versions") }}

),

accounted as (

    select * from {{ ref("conservation") }}

),

found as (

    {{ rows_in_bronze() }}

),

strangers as (

    select
        'rows of no accepted version' as fault,
        found.table_name,
        found.batch,
        found.version
    from found
    left join accounted
        on
            found.table_name = accounted.table_name
            and found.batch = accounted.batch
            and found.version = accounted.version
    where accounted.batch is null

),

several as (

    select
        'several versions of one batch' as fault,
        table_name,
        batch,
        max(version) as version
    from versions
    where is_in_snapshot
    group by source, table_name, batch
    having count(*) > 1

),

outdated as (

    select
        'a newer accepted version exists' as fault,
        table_name,
        batch,
        max(version) as version
    from versions
    group by source, table_name, batch
    having
        max(version) filter (state = 'accepted') is distinct from max(version) filter (is_in_snapshot)

)

select * from strangers
union all
select * from several
union all
select * from outdated
