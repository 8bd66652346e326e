{#
  A wall-clock time as the upstreams write it: `2024-05-01 14:53:16`, with up to six decimals. Anything else
  is null and never guessed: a two-digit year or a missing second can be read in several ways.
#}
{% macro to_wall_clock(column) -%}
  case
    when regexp_full_match(
      {{ column }},
      ' *[0-9]{4}-[0-9]{2}-[0-9]{2} ([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{1,6})? *'
    ) then try_cast({{ column }} as timestamp)
  end
{%- endmacro %}

{#
  The same of a time written M/D/YYYY, with or without seconds: `11/1/2015 02:07:13`, `12/1/2015 2:07`. Only
  where something else proves that the month comes first.
#}
{% macro to_slashed_clock(column) -%}
  case
    when regexp_full_match(
      {{ column }},
      ' *[0-9]{1,2}/[0-9]{1,2}/[0-9]{4} ([01]?[0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\.[0-9]{1,6})?)? *'
    )
      then try_strptime(trim({{ column }}), ['%m/%d/%Y %H:%M:%S', '%m/%d/%Y %H:%M', '%m/%d/%Y %H:%M:%S.%f'])
  end
{%- endmacro %}

{# The hour of a time as a number, by which hours are joined: counted from 1970, on whatever clock the time is. #}
{% macro hour_number(time) -%}
  (epoch_us({{ time }}) // 3600000000)
{%- endmacro %}

{#
  Does the clock show this time twice, as between 01:00 and 02:00 in the night clocks go back? The hour is
  asked first because zone arithmetic is dear. ICU reads a doubled time as its second pass.
#}
{% macro is_doubled_hour(wall) -%}
  case
    when hour({{ wall }}) = 1
      then timezone('America/New_York', timezone('America/New_York', {{ wall }}) - interval 1 hour) = {{ wall }}
    else false
  end
{%- endmacro %}

{# Does the clock never show this time, as between 02:00 and 03:00 in the night clocks go forward? #}
{% macro is_skipped_hour(wall) -%}
  case
    when hour({{ wall }}) = 2
      then timezone('America/New_York', timezone('America/New_York', {{ wall }})) <> {{ wall }}
    else false
  end
{%- endmacro %}

{#
  The instant (UTC, without zone) of a New York wall-clock time: its second pass when doubled, and an hour on
  when skipped.
#}
{% macro new_york_to_utc(wall) -%}
  make_timestamp(epoch_us(timezone('America/New_York', {{ wall }})))
{%- endmacro %}

{# The New York wall-clock time of an instant (UTC, without zone). #}
{% macro utc_to_new_york(instant) -%}
  timezone('America/New_York', timezone('UTC', {{ instant }}))
{%- endmacro %}

{# Hours between this New York midnight and the next: 23, 24 or 25. #}
{% macro hours_in_day(day) -%}
  cast(date_diff(
    'hour',
    {{ new_york_to_utc("cast(" ~ day ~ " as timestamp)") }},
    {{ new_york_to_utc("cast(" ~ day ~ " + 1 as timestamp)") }}
  ) as integer)
{%- endmacro %}

{# Seconds between two instants, with decimals. #}
{% macro seconds_between(earlier, later) -%}
  (date_diff('microsecond', {{ earlier }}, {{ later }}) / 1000000.0)
{%- endmacro %}
