{#
  Is it a point on the globe? Half a point is none, 0, 0 lies in the Gulf of Guinea, and `NaN`, infinity and
  1e308 are numbers that no place has. Null or false where it is none.
#}
{% macro is_point(latitude, longitude) -%}
  (
    {{ latitude }} between -90 and 90 and {{ longitude }} between -180 and 180
    and {{ latitude }} <> 0 and {{ longitude }} <> 0
  )
{%- endmacro %}

{#
  Does the point lie around New York? The bounds are those of the suites (`LATITUDES` and `LONGITUDES` in
  bronze/expectations/rules/__init__.py). Null where the point is unknown.
#}
{% macro is_around_new_york(latitude, longitude) -%}
  ({{ latitude }} between 40.4 and 41.2 and {{ longitude }} between -74.5 and -73.4)
{%- endmacro %}

{#
  Kilometres between two points of the region, as the crow flies on a plane: at 40.7 degrees north a degree of
  longitude is 0.758 of one of latitude. Null where either is unknown.
#}
{% macro kilometres_between(latitude, longitude, other_latitude, other_longitude) -%}
  111.2 * sqrt(
    pow({{ other_latitude }} - {{ latitude }}, 2) + pow(0.758 * ({{ other_longitude }} - {{ longitude }}), 2)
  )
{%- endmacro %}

{#
  Can both be the place of one station, no more than a kilometre apart? A station is moved along its street or
  around the corner, some hundred metres, and an id that is given to another one crosses the town; medians of
  a few bikes' positions stray by less than a kilometre, too. Null where either is unknown.
#}
{% macro is_one_place(latitude, longitude, other_latitude, other_longitude) -%}
  ({{ kilometres_between(latitude, longitude, other_latitude, other_longitude) }} <= 1)
{%- endmacro %}

{#
  Is it the same spot, no more than a hundred metres apart: a station as it stands, whatever a file calls it?
  Null where either is unknown.
#}
{% macro is_one_spot(latitude, longitude, other_latitude, other_longitude) -%}
  ({{ kilometres_between(latitude, longitude, other_latitude, other_longitude) }} <= 0.1)
{%- endmacro %}

{#
  The city of a point: New Jersey lies west of the Hudson and the Upper Bay, whose middle runs further west
  the further south one goes. Null where the point is unknown or lies elsewhere.
#}
{% macro city_of(latitude, longitude) -%}
  case
    when not coalesce({{ is_around_new_york(latitude, longitude) }}, false) then null
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
