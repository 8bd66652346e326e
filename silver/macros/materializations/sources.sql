{#
  Views named as the sources, run before every build: dbt's unit tests learn the columns of their inputs from a
  relation of that name, and sources that are read from files have none. SQLMesh runs no dbt unit tests.
#}
{% macro source_views() -%}
  {%- if execute and target.name != "sqlmesh" -%}
    {%- for source in graph.sources.values() -%}
      {%- set location = source.source_meta.get("external_location") -%}
      {%- if location -%}
        create schema if not exists {{ adapter.quote(source.schema) }};
        create or replace view {{ adapter.quote(source.schema) }}.{{ adapter.quote(source.identifier) }} as
        select * from {{ location.replace("{name}", source.name) }};
      {%- endif -%}
    {%- endfor -%}
  {%- endif -%}
{%- endmacro %}
