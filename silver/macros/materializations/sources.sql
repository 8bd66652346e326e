{#
  Views named as the sources, run before every build: dbt's unit tests learn the columns of their inputs from
  a relation of that name, and sources that are read from files have none. SQLMesh runs no dbt unit tests.
#}
{% macro source_views() -%}
  {%- if execute and target.name != "sqlmesh" -%}
    {#- Not called `source`: SQLMesh would take its methods for calls of source(). -#}
    {#- Nor is a method of `graph` called: SQLMesh would carry the whole graph along. -#}
    {%- set sources = graph.sources -%}
    {%- for name in sources -%}
      {%- set declared = sources[name] -%}
      {%- set location = declared.source_meta.get("external_location") -%}
      {%- if location -%}
        create schema if not exists {{ adapter.quote(declared.schema) }};
        create or replace view {{ adapter.quote(declared.schema) }}.{{ adapter.quote(declared.identifier) }} as
        select * from {{ location.replace("{name}", declared.name) }};
      {%- endif -%}
    {%- endfor -%}
  {%- endif -%}
{%- endmacro %}
