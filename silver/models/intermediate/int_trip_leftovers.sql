-- Files are numbered, for the rows are told apart in memory: five millions of them, where a month has one rejected.
with

outcomes as not materialized (

    select
        batch,
        version,
        source_member,
        source_record
    from {{ ref("fct_trips") }}
    where {{ is_built_batch("batch") }}

    union all

    select
        batch,
        version,
        source_member,
        source_record
    from {{ ref("duplicate_trips") }}
    where {{ is_built_batch("batch") }}

),

rides as not materialized (

    select
        batch,
        version,
        source_member,
        source_record
    from {{ ref("stg_bike_trips") }}
    where {{ is_built_batch("batch") }}

),

published as (

    select
        batch,
        version,
        source_member,
        count(*) as published_rows
    from rides
    group by batch, version, source_member

),

counted as (

    select
        batch,
        version,
        source_member,
        count(*) as told_rows
    from outcomes
    group by batch, version, source_member

),

files as (

    select
        published.batch,
        published.version,
        published.source_member,
        row_number() over (
            order by published.batch asc, published.version asc, published.source_member asc
        ) as file_number
    from published
    left join counted
        on
            published.batch = counted.batch
            and published.version = counted.version
            and published.source_member = counted.source_member
    where counted.told_rows is distinct from published.published_rows

),

leftovers as (

    select
        files.file_number,
        rides.source_record
    from rides
    inner join files
        on
            rides.batch = files.batch
            and rides.version = files.version
            and rides.source_member = files.source_member

    except

    select
        files.file_number,
        outcomes.source_record
    from outcomes
    inner join files
        on
            outcomes.batch = files.batch
            and outcomes.version = files.version
            and outcomes.source_member = files.source_member

),

named as (

    select
        files.batch,
        files.version,
        files.source_member,
        leftovers.source_record
    from leftovers
    inner join files on leftovers.file_number = files.file_number

)

select * from named
