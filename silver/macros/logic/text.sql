{# The text without what upstreams write for nothing: blank, `NULL`, `\N`. #}
{% macro known_text(column) -%}
  case when trim({{ column }}) not in ('', 'NULL', '\N') then trim({{ column }}) end
{%- endmacro %}

{#
  The same of an id that is another one in each row. There is nothing around it to trim, and that is cheaper to
  see than to trim it: no space at its ends, and no character beyond ASCII that could be one.
#}
{% macro known_id(column) -%}
  case
    when
      strlen({{ column }}) = length({{ column }})
      and not starts_with({{ column }}, ' ') and not ends_with({{ column }}, ' ')
      then case when {{ column }} not in ('', 'NULL', '\N') then {{ column }} end
    else {{ known_text(column) }}
  end
{%- endmacro %}

{# A name with runs of spaces made one. #}
{% macro tidy_name(column) -%}
  {#- Nearly all names are tidy, and that is cheaper to see than to mend. -#}
  {{ known_text(
    "case when regexp_full_match(" ~ column ~ ", '\\S+( \\S+)*') then " ~ column
    ~ " else regexp_replace(" ~ column ~ ", '\\s+', ' ', 'g') end"
  ) }}
{%- endmacro %}

{# A number, or null where the text is none; spaces around it do not matter to the cast. #}
{% macro known_number(column, type="double") -%}
  try_cast({{ column }} as {{ type }})
{%- endmacro %}

{#
  The texts of a list in JSON, or null where the text is anything else: no JSON, a single text, an object, a
  list with something else in it. `from_json`, `json_type` and their like stop the query at the first text
  that is no JSON, and half of a surrogate pair makes it none; these casts give null row by row.
#}
{% macro json_texts(column) -%}
  case
    when
      len(
        list_filter(
          try_cast(try_cast({{ column }} as json) as json[]),
          lambda item: coalesce(json_type(item), 'NULL') <> 'VARCHAR'
        )
      ) = 0
      then try_cast(try_cast({{ column }} as json) as varchar[])
  end
{%- endmacro %}
