{#
  THE list of raw tables whose rows are accounted for: a new source is one line here, and the caller's block
  is written once for each of them.

  - `kept`: the published model that holds the rows that made it.
  - `judged`: the model with an `outcome` for every raw row, of which rejected rows (with `reason` and
    `detail`), duplicates and rows outside their batch are counted. Trips have tables of their own for these.
  - `month`: where `kept` is partitioned by month or day, the column of `judged` with the month (YYYY-MM) in which
    a row is judged, never null. A run then judges the rows of its months only, and `unkept_answers` keeps what
    did not make it of every month.
  - `stands_for`: where a row of `kept` is made of several raw rows, its column that says of how many.
#}
{% macro for_each_raw_table() -%}
  {%- set tables = [
    {"source": "citibike", "table": "trips", "kept": "fct_trips"},
    {
      "source": "gbfs", "table": "station_information", "kept": "bike_station_days",
      "judged": "int_station_information_judged", "month": "station_month", "stands_for": "answers",
    },
    {
      "source": "gbfs", "table": "station_status", "kept": "fct_station_status",
      "judged": "int_station_status_judged", "month": "status_month",
    },
    {"source": "nager", "table": "holidays", "kept": "dim_holidays", "judged": "int_holidays_judged"},
    {"source": "open_meteo", "table": "weather", "kept": "fct_weather_hourly", "judged": "int_weather_judged"},
  ] -%}
  {%- for raw in tables -%}
    {{- caller(raw, loop.first) -}}
  {%- endfor -%}
{%- endmacro %}

{# Rows of every version that lie in bronze. #}
{% macro rows_in_bronze() -%}
  {%- call(raw, comes_first) for_each_raw_table() %}
    {{ "union all" if not comes_first }}
    select
        '{{ raw.source }}' as source,
        '{{ raw.table }}' as table_name,
        raw.batch,
        cast(raw.version as integer) as version,
        count(*) as rows_bronze
    from {{ source(raw.source, raw.table) }} as raw
    group by raw.batch, raw.version
  {%- endcall -%}
{%- endmacro %}

{# Raw rows that were kept, came twice, or lie outside their batch: `raw_rows` of them in each row. #}
{% macro outcomes_of_rows() -%}
  {%- call(raw, comes_first) for_each_raw_table() %}
    {{ "union all" if not comes_first }}
    select
        '{{ raw.source }}' as source,
        '{{ raw.table }}' as table_name,
        batch,
        version,
        'kept' as outcome,
        {{ raw.stands_for or 1 }} as raw_rows
    from {{ ref(raw.kept) }}
    {%- if raw.judged and not raw.month %}
    union all
    select
        '{{ raw.source }}' as source,
        '{{ raw.table }}' as table_name,
        batch,
        version,
        outcome,
        1 as raw_rows
    from {{ ref(raw.judged) }}
    where outcome in ('duplicate', 'outside')
    {%- elif raw.month %}
    union all
    select
        source,
        table_name,
        batch,
        version,
        outcome,
        1 as raw_rows
    from {{ ref("unkept_answers") }}
    where table_name = '{{ raw.table }}' and outcome in ('duplicate', 'outside')
    {%- endif %}
  {%- endcall -%}
{%- endmacro %}

{# Rows that were not kept, of facts that are built by month, behind what stands before them. #}
{% macro and_unkept_rows() -%}
  {%- call(raw, comes_first) for_each_raw_table() %}
    {%- if raw.month %}
    union all
    select
        '{{ raw.source }}' as source,
        '{{ raw.table }}' as table_name,
        batch,
        version,
        source_record,
        outcome,
        reason,
        detail,
        {{ raw.month }} as answer_month
    from {{ ref(raw.judged) }}
    where outcome in ('rejected', 'duplicate', 'outside')
    {%- endif %}
  {%- endcall -%}
{%- endmacro %}

{# Rejected rows of every judged model, with their reason, behind what stands before them. #}
{% macro and_rejected_rows() -%}
  {%- call(raw, comes_first) for_each_raw_table() %}
    {%- if raw.judged %}
    union all
    select
        '{{ raw.source }}' as source,
        '{{ raw.table }}' as table_name,
        batch,
        version,
        source_record,
        reason,
        detail
    from {{ ref("unkept_answers" if raw.month else raw.judged) }}
    where outcome = 'rejected'
    {%- if raw.month %} and table_name = '{{ raw.table }}'{% endif %}
    {%- endif %}
  {%- endcall -%}
{%- endmacro %}
