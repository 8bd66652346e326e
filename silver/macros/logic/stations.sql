{#
  The id of a station as a spreadsheet left it, made whole: `5379.1`, `5379,1`, `05379.10`, `5379.100` and
  `="5379.10"` are `5379.10`, for modern ids of New York have two decimals and none ends in `.00`; `3185.0` is
  `3185`. `5.38E+03` was rounded and can be many: null. Every other text is the id itself.
#}
{% macro whole_station_id(published) -%}
  {%- set bare -%}
    regexp_replace({{ published }}, '^(=?"|'')([^"]+)"?$', '\2', 'g')
  {%- endset -%}
  case
    -- Nearly all ids, asked first: what follows is dear.
    when
      regexp_full_match({{ published }}, '(JC|HB|SYS)[0-9]{3}|[1-9][0-9]*|[1-9][0-9]{3}\.([0-9][1-9]|[1-9]0)')
      then {{ published }}
    when regexp_full_match({{ bare }}, '[0-9]+([.,][0-9]*)?[eE]\+?[0-9]+') then null
    when regexp_full_match({{ bare }}, '[0-9]+([.,]0*)?')
      then regexp_extract({{ bare }}, '^0*([1-9][0-9]*|0)', 1)
    when regexp_full_match({{ bare }}, '0*[1-9][0-9]{3}[.,][0-9]{1,2}0*')
      then rpad(regexp_replace({{ bare }}, '^0*([0-9]{4})[.,]([0-9]{1,2})0*$', '\1.\2', 'g'), 7, '0')
    else coalesce(nullif(trim({{ bare }}), ''), {{ published }})
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
