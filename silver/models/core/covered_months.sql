-- A stray trip of another month or city comes with many a file; a month is covered where its own file is in.
with

versions as (

    select * from {{ source("lake", "versions") }}
    where is_in_snapshot and table_name = 'trips'

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
