{#
  Every row of a model is as said, and one that is not comes back with what it breaks in `broken`. Columns in
  `never_null` are filled; those in `one_of` hold one of the texts listed, and those in `within` a number
  between the two, or null; each condition in `holds`, by its name, is true, and null is not.
  One test for all of them: dbt takes longer to begin a test than to ask it, and the rows are read once.
#}
{% test every_row(model, never_null=[], one_of={}, within={}, holds={}) %}
{%- set rules = [] %}
{%- for column in never_null %}
{%- do rules.append((column ~ " is null", column ~ " is null")) %}
{%- endfor %}
{%- for column, values in one_of.items() %}
{%- set list = "'" ~ values | map("replace", "'", "''") | join("', '") ~ "'" %}
{%- do rules.append((column ~ " is unknown", column ~ " not in (" ~ list ~ ")")) %}
{%- endfor %}
{%- for column, bounds in within.items() %}
{%- set said = column ~ " not between " ~ bounds[0] ~ " and " ~ bounds[1] %}
{%- do rules.append((said, said)) %}
{%- endfor %}
{%- for name, condition in holds.items() %}
{%- do rules.append((name, "(" ~ condition ~ ") is not true")) %}
{%- endfor %}
select
    *,
    concat_ws(
        ', ',
        {%- for name, broken in rules %}
        case when {{ broken }} then '{{ name | replace("'", "''") }}' end{{ "," if not loop.last }}
        {%- endfor %}
    ) as broken
from {{ model }}
where
    {%- for _, broken in rules %}
    {{ "or " if not loop.first }}{{ broken }}
    {%- endfor %}
{% endtest %}
