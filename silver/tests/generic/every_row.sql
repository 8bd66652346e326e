{#
  Every row of a model is as said, and one that is not comes back with what it breaks in `broken`. No other row
  agrees with it in all columns of `unique`, where nulls agree with each other. Columns in `never_null` are
  filled; those in `one_of` hold one of the texts listed, and those in `within` a number between the two, or
  null; each condition in `holds`, by its name, is true, and null is not.
  One test for all of them: dbt takes longer to begin a test than to ask it, and the rows are read once, or
  three times with a key: grouping by its hash needs a fifth of the memory that the key itself needs, and the
  second look, at the few rows left, makes it exact.
#}
{% test every_row(model, unique=[], never_null=[], one_of={}, within={}, holds={}) %}
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
{%- if rules %}
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
{%- endif %}
{{- "\nunion all" if rules and unique }}
{%- if unique %}
{%- set key = unique | join(", ") %}
select *, '{{ key }} not unique' as broken
from {{ model }}
where hash({{ key }}) in (select hash({{ key }}) from {{ model }} group by 1 having count(*) > 1)
qualify count(*) over (partition by {{ key }}) > 1
{%- endif %}
{% endtest %}
