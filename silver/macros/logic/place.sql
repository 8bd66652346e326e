{#
  The city of a point: New Jersey lies west of the Hudson and the Upper Bay, whose middle runs further west
  the further south one goes. Null where the point is unknown.
#}
{% macro city_of(latitude, longitude) -%}
  case
    when {{ latitude }} is null or {{ longitude }} is null then null
    when {{ longitude }} < case
      when {{ latitude }} >= 40.70 then -74.02
      when {{ latitude }} >= 40.66 then -74.05
      else -74.06
    end then 'jc'
    else 'nyc'
  end
{%- endmacro %}

{# The city that a station id tells: Jersey City and Hoboken have prefixes of their own. #}
{% macro city_of_station(station_id) -%}
  case when left({{ station_id }}, 2) in ('JC', 'HB') then 'jc' end
{%- endmacro %}

{# Is it a holiday in that city, by the columns of `dim_dates`, which the query calls `dates`? #}
{% macro is_holiday_in(city) -%}
  case {{ city }} when 'nyc' then dates.is_holiday_ny else dates.is_holiday_nj end
{%- endmacro %}
