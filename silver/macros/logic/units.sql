{# Published values in our units, by the unit published beside each; null where the unit is not known. #}

{% macro to_celsius(variable) -%}
  case {{ variable }}_unit
    when '°C' then {{ variable }}
    when '°F' then ({{ variable }} - 32) / 1.8
  end
{%- endmacro %}

{% macro to_kmh(variable) -%}
  case
    when {{ variable }}_unit = 'km/h' then {{ variable }}
    when {{ variable }}_unit in ('mp/h', 'mph') then {{ variable }} * 1.609344
    when {{ variable }}_unit = 'm/s' then {{ variable }} * 3.6
    when {{ variable }}_unit = 'kn' then {{ variable }} * 1.852
  end
{%- endmacro %}

{% macro to_mm(variable) -%}
  case {{ variable }}_unit
    when 'mm' then {{ variable }}
    when 'inch' then {{ variable }} * 25.4
  end
{%- endmacro %}

{% macro to_cm(variable) -%}
  case {{ variable }}_unit
    when 'cm' then {{ variable }}
    when 'inch' then {{ variable }} * 2.54
  end
{%- endmacro %}

{% macro to_percent(variable) -%}
  case when {{ variable }}_unit = '%' then {{ variable }} end
{%- endmacro %}

{% macro to_weather_code(variable) -%}
  case when {{ variable }}_unit = 'wmo code' then {{ variable }} end
{%- endmacro %}

{# Names a variable whose value is there and cannot be converted, with its unit; else null. #}
{% macro unknown_unit(variable, converted) -%}
  case
    when {{ variable }} is not null and {{ converted }} is null
      then '{{ variable }} in ' || coalesce({{ variable }}_unit, 'no unit')
  end
{%- endmacro %}

{# A value that can be, from `low` to `high`; else null: sentinels such as -999, NaN and infinity are none. #}
{% macro possible(converted, low, high) -%}
  case when {{ converted }} between {{ low }} and {{ high }} then {{ converted }} end
{%- endmacro %}

{# Names a variable whose value cannot be, with that value and its unit as published; else null. #}
{% macro impossible(variable, converted, low, high) -%}
  case
    when {{ converted }} not between {{ low }} and {{ high }}
      then '{{ variable }} ' || cast({{ variable }} as varchar) || ' ' || {{ variable }}_unit
  end
{%- endmacro %}
