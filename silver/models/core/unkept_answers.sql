{{ config(meta={"partition_by": "answer_month"}) }}

-- Of sources whose facts are built by month: a run reads the rows of its months only, and the account asks for
-- those of all. Each month is written with the fact's, and the others stay the parent's.
with

unkept as (

    select
        cast(null as varchar) as source,
        cast(null as varchar) as table_name,
        cast(null as varchar) as batch,
        cast(null as integer) as version,
        cast(null as bigint) as source_record,
        cast(null as varchar) as outcome,
        cast(null as varchar) as reason,
        cast(null as varchar) as detail,
        cast(null as varchar) as answer_month
    where false
    {{ and_unkept_rows() }}

)

select * from unkept
where {{ is_built_month("answer_month") }}
