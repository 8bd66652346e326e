{#
  The id of a station as a number's way through a spreadsheet left it, made whole: `5379.1` is `5379.10`, for
  modern ids of New York have two decimals and none ends in `.00`; `3185.0` is `3185`. `5.38E+03` was rounded
  and can be many: null. Every other text is the id itself.
#}
{% macro whole_station_id(published) -%}
  case
    when {{ published }} like '%._'
      then case
        when regexp_full_match({{ published }}, '[0-9]{4}\.[1-9]') then {{ published }} || '0'
        when regexp_full_match({{ published }}, '[0-9]+\.0') then left({{ published }}, length({{ published }}) - 2)
        else {{ published }}
      end
    when contains({{ published }}, '+')
      and regexp_full_match({{ published }}, '[0-9]+([.,][0-9]+)?[eE]\+[0-9]+')
      then null
    else {{ published }}
  end
{%- endmacro %}

{#
  Is it a place of the system's own: a workshop, a warehouse, a dock for testing, by the id or by the names it
  went by, one a line? Names are those that the upstreams published: `NYCBS Depot - GOW`, `8D Mobile 01`, `Lab
  - NYC`, `Gowanus Tech Station`. Streets are not caught: `Depot Pl`, `Tech Pl`, `Morgan Ave`.
#}
{% macro is_depot(station_id, names) -%}
  (
    regexp_matches({{ station_id }}, '^(JC|HB)?SYS')
    or regexp_matches(
      {{ station_id }} || chr(10) || {{ names }},
      '(?im)\b(NYCBS|JCBS|MLSWKiosk)\b|^MTL-|\bMTL-ECO|^8D\b|^SSP\b|^Lab$|^Lab - |-Lab$'
      || '|^(190|Shop) Morgan$|\b(warehouse|workshop|deployment|basement|demo|test)\b|\bdepot$|\bdepot -'
      || '|\b(tech|bike) shop\b|\btech station\b|\bLPI facility\b|\bkiosk in a box\b|\b(bikes? )?in stock\b'
      || '|\bdo ?n.?o?t use\b'
    )
  )
{%- endmacro %}
