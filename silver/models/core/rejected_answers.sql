-- Every source but trips, which have a table of their own.
with

rejected as (

    select
        cast(null as varchar) as source,
        cast(null as varchar) as table_name,
        cast(null as varchar) as batch,
        cast(null as integer) as version,
        cast(null as bigint) as source_record,
        cast(null as varchar) as reason,
        cast(null as varchar) as detail
    where false
    {{ and_rejected_rows() }}

)

select * from rejected
