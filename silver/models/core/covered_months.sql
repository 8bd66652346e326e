-- A stray trip of another month or city comes with many a file; a month is covered where its own file is in.
with

versions as (

    select
        versions.batch,
        versions.version
    from {{ source("lake", "versions") }} as versions
    where versions.is_in_snapshot and versions.table_name = 'trips'

),

covered as (

    select
        split_part(batch, '-', 1) as city,
        right(batch, 7) as trip_month,
        batch,
        version
    from versions

)

select * from covered
order by city, trip_month
