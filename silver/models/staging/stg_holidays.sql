with

-- Column by column and by the table's name: SQLMesh does not look into files, and its lineage would end here.
published as (

    select
        holidays.batch,
        holidays.version,
        holidays.source_record,
        holidays.date,
        holidays.name,
        holidays.local_name,
        holidays.country_code,
        holidays.global,
        holidays.counties,
        holidays.types
    from {{ source("nager", "holidays") }} as holidays

),

typed as (

    select
        -- origin
        batch,
        cast(version as integer) as version,
        source_record,

        -- the day
        date as date_text,
        case
            when year(try_strptime(trim(date), '%Y-%m-%d')) between 2000 and 2100
                then cast(try_strptime(trim(date), '%Y-%m-%d') as date)
        end as holiday_date,
        coalesce({{ tidy_name("name") }}, {{ tidy_name("local_name") }}) as holiday_name,
        {{ tidy_name("local_name") }} as local_name,
        {{ known_text("country_code") }} as country_code,

        -- scope
        coalesce(global, false) as is_global,
        counties as counties_text,
        case when counties is null then cast([] as varchar[]) else {{ json_texts("counties") }} end
            as counties,
        types as types_text,
        {{ json_texts("types") }} as types
    from published

),

scoped as (

    select
        *,
        list_contains(types, 'Public') as is_public,
        list_contains(types, 'Public') and (is_global or list_contains(counties, 'US-NY')) as is_ny,
        list_contains(types, 'Public') and (is_global or list_contains(counties, 'US-NJ')) as is_nj
    from typed

)

select * from scoped
