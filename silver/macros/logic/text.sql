{# The text without what upstreams write for nothing: blank, `NULL`, `\N`. #}
{% macro known_text(column) -%}
  case when trim({{ column }}) not in ('', 'NULL', '\N') then trim({{ column }}) end
{%- endmacro %}

{# A name with runs of spaces made one. #}
{% macro tidy_name(column) -%}
  {{ known_text("regexp_replace(" ~ column ~ ", '\\s+', ' ', 'g')") }}
{%- endmacro %}

{# A number, or null where the text is none; spaces around it do not matter to the cast. #}
{% macro known_number(column, type="double") -%}
  try_cast({{ column }} as {{ type }})
{%- endmacro %}
