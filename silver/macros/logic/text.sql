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
  list with something else in it, half of a surrogate pair. What the pattern lets through is a list of texts (a
  comma after the last is none of JSON's, and read all the same): `from_json`, `json_type` and their like stop the
  query at the first text that is no JSON.
#}
{% macro json_texts(column) -%}
  {%- set text -%}
    "([^"\\\x00-\x1f]|\\(["\\/bfnrt]|u[0-9abcefABCEF][0-9a-fA-F]{3}|u[dD][0-7][0-9a-fA-F]{2}
  {%- endset -%}
  {%- set text = text ~ "|u[dD][89abAB][0-9a-fA-F]{2}\\\\u[dD][c-fC-F][0-9a-fA-F]{2}))*\"" -%}
  {%- set space = "[ \\t\\n\\r]*" -%}
  case
    when
      regexp_full_match(
        {{ column }},
        '{{ space }}\[{{ space }}'
        || '({{ text }}{{ space }}'
        || '(,{{ space }}{{ text }}{{ space }})*(,{{ space }})?)?'
        || '\]{{ space }}'
      )
      then try_cast(try_cast({{ column }} as json) as varchar[])
  end
{%- endmacro %}
