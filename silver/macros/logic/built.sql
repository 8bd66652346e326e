{#
  Which part of the tables this run builds. Three variables say it; each is `all` unless the run builds on a
  parent snapshot, and then a list, which may be empty:

  - `build_months`: partitions by month, or by day of such a month, that are written. The others are the parent's
    files.
  - `build_batches`: partitions by batch that are written.
  - `read_batches`: batches of raw rows that those months and batches are made from.
#}
{% macro is_in_plan(column, chosen) -%}
  {%- if chosen is string -%}
    true
  {%- elif chosen -%}
    {{ column }} in ({% for value in chosen %}{{ ", " if not loop.first }}'{{ value }}'{% endfor %})
  {%- else -%}
    false
  {%- endif -%}
{%- endmacro %}

{#
  Each names its variable itself: of one whose name is an argument SQLMesh takes all, or none, as its macros happen
  to be read, and the models for changed.
#}
{% macro is_built_month(column) -%}
  {{ is_in_plan(column, var("build_months", "all")) }}
{%- endmacro %}

{# A day is built with its month. #}
{% macro is_built_day(column) -%}
  {{ is_in_plan("left(cast(" ~ column ~ " as varchar), 7)", var("build_months", "all")) }}
{%- endmacro %}

{% macro is_built_batch(column) -%}
  {{ is_in_plan(column, var("build_batches", "all")) }}
{%- endmacro %}

{% macro is_read_batch(column) -%}
  {{ is_in_plan(column, var("read_batches", "all")) }}
{%- endmacro %}

{#
  Generic tests look at what this run builds: the parent's partitions were tested when they were built. It
  stands in for dbt's macro of the same name, which knows the setting `where` only.
#}
{% macro get_where_subquery(relation) -%}
  {%- set conditions = [] -%}
  {%- if config.get("where", "") -%}
    {%- do conditions.append(config.get("where")) -%}
  {%- endif -%}
  {%- if execute and target.name != "sqlmesh" and var("build_months", "all") is not string -%}
    {#- No method of `graph` is called: SQLMesh would keep the whole graph with each of two hundred audits. #}
    {%- set nodes = graph.nodes -%}
    {%- set tested = nodes[model.attached_node] -%}
    {%- set column = (tested.config.meta or {}).get("partition_by") if tested else none -%}
    {%- if column == "batch" -%}
      {%- do conditions.append(is_built_batch(column)) -%}
    {%- elif column and column[-4:] == "_day" -%}
      {%- do conditions.append(is_built_day(column)) -%}
    {%- elif column -%}
      {%- do conditions.append(is_built_month(column)) -%}
    {%- endif -%}
  {%- endif -%}
  {%- if conditions -%}
    {%- do return("(select * from " ~ relation ~ " where " ~ conditions | join(" and ") ~ ") as tested") -%}
  {%- endif -%}
  {%- do return(relation) -%}
{%- endmacro %}
