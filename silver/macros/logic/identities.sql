{#
  What identities between tables are made of; each is the text of a singular test, or of a CTE in one.
#}

{#
  Months that were built in which a figure of a table by month is not what the trips say, with both. `figures`
  is a list of `{"table", "sum", "of_trips"}`: the sum of a column of the table must equal this aggregate of
  `fct_trips`. A month that one side lacks counts as zero there.
#}
{% macro months_unlike_trips(figures) -%}
with

counted as (

    select
        trip_month
        {%- for figure in figures %},
        {{ figure.of_trips }} as "{{ figure.table }}.{{ figure.sum }}"
        {%- endfor %}
    from {{ ref("fct_trips") }}
    where {{ is_built_month("trip_month") }}
    group by trip_month

),

expected as (

    select
        trip_month,
        figure,
        trips
    from counted
    unpivot (trips for figure in (
        {%- for figure in figures %}{{ ", " if not loop.first }}"{{ figure.table }}.{{ figure.sum }}"{% endfor -%}
    ))

),

found as (

    {%- for figure in figures %}
    {{ "union all" if not loop.first }}
    select
        trip_month,
        '{{ figure.table }}.{{ figure.sum }}' as figure,
        sum({{ figure.sum }}) as trips
    from {{ ref(figure.table) }}
    where {{ is_built_month("trip_month") }}
    group by trip_month
    {%- endfor %}

),

compared as (

    select
        coalesce(expected.trip_month, found.trip_month) as trip_month,
        coalesce(expected.figure, found.figure) as figure,
        coalesce(expected.trips, 0) as expected,
        coalesce(found.trips, 0) as found
    from expected
    full outer join found on expected.trip_month = found.trip_month and expected.figure = found.figure

)

select * from compared
where expected <> found
{%- endmacro %}

{# Rows of either relation that the other lacks, as often as it does. Both have the same columns in the same
order. #}
{% macro rows_of_one_only(left, right) -%}
(
    select * from {{ left }}
    except all
    select * from {{ right }}
)
union all
(
    select * from {{ right }}
    except all
    select * from {{ left }}
)
{%- endmacro %}
