{#
  What a live feed said, at the moment it was asked. Its values land as the text that JSON has for them.

  - A feed's station is not a trip's: `station_id` is a UUID or 19 digits, and trips know a station by `short_name`.
    One that is given a new id keeps its short name, and both may stand in one answer.
  - `fct_station_status` has a row per station and answer, with its `state`: out of service first (listed with no
    bikes and many docks), then empty, full, both, or available. `held_seconds` is how long the answer is taken for
    true: until the next one, for an hour at most, and not over the end of a month, for a month reads itself only:
    the minutes before a month's first answer are missing. What no answer held for is an outage, and no zero.
  - `bike_station_days` says what a day's answers told of a station, once for as long as they told the same: its
    line in accounts.sql has `stands_for`. `dim_bike_stations` puts the days together. Places outside New York are
    kept there, with no city; local hours are New York's for every system.
#}

{# How long an answer is taken for true at most where the next one is missing, in minutes. #}
{% macro poll_holds_minutes() -%}
  60
{%- endmacro %}

{#
  The moment (UTC, without zone) at which a feed was asked, as the recorder names it: `2024-10-02T19:03:00Z`.
  One function of one column, which is a dictionary in the files: it costs nothing.
#}
{% macro asked_moment(column) -%}
  try_strptime({{ column }}, '%Y-%m-%dT%H:%M:%SZ')
{%- endmacro %}

{#
  The month in New York (YYYY-MM) of an instant (UTC, without zone). New York is behind by four or five hours:
  the zone's arithmetic, which is dear, is needed in the first hours of a month only.
#}
{% macro month_in_new_york(instant) -%}
  case
    when day({{ instant }}) = 1 and hour({{ instant }}) < 6
      then strftime({{ utc_to_new_york(instant) }}, '%Y-%m')
    else strftime({{ instant }}, '%Y-%m')
  end
{%- endmacro %}

{# The moment (UTC, without zone) of seconds since 1970, of this century; null for what is none. #}
{% macro epoch_moment(column) -%}
  case
    when try_cast({{ column }} as bigint) between 946684800 and 4102444799
      then make_timestamp(try_cast({{ column }} as bigint) * 1000000)
  end
{%- endmacro %}

{# Yes or no as feeds write it, by version: `1` and `0`, `true` and `false`; null for anything else. #}
{% macro known_flag(column) -%}
  case when {{ column }} in ('1', 'true') then true when {{ column }} in ('0', 'false') then false end
{%- endmacro %}

{# A number of things, 0 to 9,999; null for what is none. #}
{% macro known_count(column) -%}
  case when try_cast({{ column }} as integer) between 0 and 9999 then try_cast({{ column }} as integer) end
{%- endmacro %}

{# The system that a batch is of, and its UTC day: `citibike-2024-10-02`. #}
{% macro system_of(batch) -%}
  left({{ batch }}, length({{ batch }}) - 11)
{%- endmacro %}

{# Was it asked (text as landed) on the UTC day that its batch is named after? #}
{% macro is_on_day_of(batch, asked_at) -%}
  coalesce(left({{ asked_at }}, 10) = right({{ batch }}, 10), false)
{%- endmacro %}

{#
  Entries of stations that an answer lists more than once, but for the first one by `told` and then by its
  place: batch, version and number in it. They are sought among the few that share a hash with another one,
  and kept in a table of their own, for a view would seek them again whenever it is asked.
#}
{% macro repeated_entries(staged, told) -%}
with

suspects as (

    select hash(system, station_id, asked_at_utc) as suspect
    from {{ staged }}
    where reason is null and is_on_day
    group by suspect
    having count(*) > 1

),

ranked as (

    select
        batch,
        version,
        source_record,
        row_number() over (
            partition by system, station_id, asked_at_utc
            order by {{ told }}, source_record
        ) as place
    from {{ staged }}
    where
        reason is null and is_on_day
        and hash(system, station_id, asked_at_utc) in (select suspect from suspects)

)

select
    batch,
    version,
    source_record
from ranked
where place > 1
{%- endmacro %}
