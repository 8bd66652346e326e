{#
  The condition that keeps a month model to the months this run builds: every month, unless the variable
  `build_months` lists some. The other months' partitions are then the parent snapshot's.
#}
{% macro is_built_month(column) -%}
  {%- set months = var("build_months", []) -%}
  {%- if months -%}
    {{ column }} in ({% for month in months %}{{ ", " if not loop.first }}'{{ month }}'{% endfor %})
  {%- else -%}
    true
  {%- endif -%}
{%- endmacro %}
