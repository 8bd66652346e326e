"""Trips as published: one version of one batch, in the modern or the legacy schema, all text.

Tolerances stand where real months hold such rows: silver rejects or repairs single rows, the gate refuses a
file that is wrong as a whole.
"""

from __future__ import annotations

from bronze.expectations.rules import (
    LATITUDES,
    LONGITUDES,
    WARNING,
    broken_query,
    broken_rows,
    columns_are,
    in_set,
    not_empty,
    unique,
)

MODERN = (
    "ride_id", "rideable_type", "started_at", "ended_at", "start_station_name", "start_station_id",
    "end_station_name", "end_station_id", "start_lat", "start_lng", "end_lat", "end_lng", "member_casual",
)  # fmt: skip
LEGACY = (
    "tripduration", "starttime", "stoptime", "start_station_latitude", "start_station_longitude",
    "end_station_latitude", "end_station_longitude", "bikeid", "usertype", "birth_year", "gender",
    "name_localizedvalue0",
)  # fmt: skip
ORIGIN = ("source_key", "source_member", "source_record", "other_fields", "batch", "version")

START, END = "coalesce(started_at, starttime, '')", "coalesce(ended_at, stoptime, '')"
TIME = r"'\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}(\.\d+)?'"
#: How nearly all of them are written; a pattern of this kind takes a third of what a regular expression takes.
TO_THE_SECOND = "'" + "-".join(["[0-9]" * 4, *["[0-9]" * 2] * 2]) + " " + ":".join(["[0-9]" * 2] * 3) + "'"
TIMES = ("started_at", "ended_at", "starttime", "stoptime")
IDS = ("start_station_id", "end_station_id")
_BLANK = r"('', 'NULL', '\N')"


def _readable(time: str) -> str:
    is_clock = f"try_cast({time} as timestamp) is not null"
    otherwise = f"regexp_full_match({time}, {TIME}) and {is_clock}"
    return f"(case when {time} glob {TO_THE_SECOND} then {is_clock} else {otherwise} end)"


def _slashed(time: str) -> str:
    """Return SQL for a time written M/D/YYYY, null where it is not; silver's `to_slashed_clock`."""
    forms = "'%m/%d/%Y %H:%M:%S', '%m/%d/%Y %H:%M', '%m/%d/%Y %H:%M:%S.%f'"
    return (
        rf"case when regexp_full_match({time}, ' *\d{{1,2}}/\d{{1,2}}/\d{{4}} "
        rf"\d{{1,2}}:\d{{2}}(:\d{{2}}(\.\d{{1,6}})?)? *') "
        f"then try_strptime(trim({time}), [{forms}]) end"
    )


def _far(time: str) -> str:
    """Return SQL true where a time is more than a year from the batch's month; silver's `is_far_from_batch`."""
    clock = f"case when contains({time}, '/') then {_slashed(time)} else try_cast({time} as timestamp) end"
    month = "cast(right(batch, 7) || '-01' as timestamp)"
    return f"coalesce({clock} not between {month} - interval 1 year and {month} + interval 13 months, false)"


def _with_known_order() -> str:
    """Return the query for the files whose dates with slashes can be read; silver's `stg_slashed_files`."""
    start, end = _slashed(START), _slashed(END)
    return f"""
        select source_member from (
            select
                source_member,
                count(*) filter (where day({start}) > 12) > 0 as proves,
                count(*) filter (
                    where {start} is null
                        and try_cast(split_part({START}, '/', 1) as integer) between 13 and 31
                ) > 0 as has_day_first,
                count(*) filter (
                    where right(batch, 7) in (strftime({start}, '%Y-%m'), strftime({end}, '%Y-%m'))
                ) >= 0.95 * count(*) and not has_day_first as fits
            from {{batch}} where contains({START}, '/') group by source_member
        )
        qualify fits and (
            proves or (bool_or(fits and proves) over () and not bool_or(has_day_first) over ())
        )
    """


def _outside(column: str, limits: tuple[float, float]) -> str:
    outside = f"try_cast({column} as double) not between {limits[0]} and {limits[1]}"
    return f"(coalesce({outside}, true) and {column} not in {_BLANK})"


# Of the parts of a condition what is cheap and seldom true comes first: the rest is asked of what is left.
RULES = [
    not_empty("An empty month would silently remove all its trips from every figure."),
    columns_are(
        [*MODERN, *LEGACY, *ORIGIN],
        "Silver reads these columns by name; one more or less means the landing and silver disagree.",
    ),
    unique(
        "source_member",
        "source_record",
        reason="Records are numbered so that each row can be traced to its line; a repeat means rows "
        "were landed twice.",
    ),
    broken_rows(
        "origin",
        "every row says which record of which file it is",
        "source_key is null or source_member is null or source_record is null or source_record < 1",
        reason="Without its origin a rejected row cannot be looked up, nor rows be counted against the file.",
        show=("source_key",),
    ),
    broken_query(
        "one_schema",
        "all rows are in one schema, modern or legacy",
        "select * from {batch} where (ride_id is null) = (starttime is null) "
        "or (ride_id is null and exists (select 1 from {batch} where ride_id is not null))",
        reason="A version that mixes schemas is two files taken for one, and its month is not to be trusted.",
        show=("ride_id", "starttime"),
    ),
    broken_query(
        "time_format",
        "start and end are written as YYYY-MM-DD HH:MM:SS, or as M/D/YYYY where the archive proves it",
        f"select * from {{batch}} where case when {_readable(START)} and {_readable(END)} then false else not ("
        f"({_readable(START)} or {_slashed(START)} is not null) "
        f"and ({_readable(END)} or {_slashed(END)} is not null) "
        f"and source_member in ({_with_known_order()})) end".replace("{", "{{").replace("}", "}}")
        .replace("{{batch}}", "{batch}"),
        reason="A date such as 11/3/2015 is read where, with the month first, nearly all trips of its file "
        "lie in the batch's month, no date can be read the other way only, and a day above 12 occurs, in it "
        "or in another file of the archive. Else, and in forms such as a spreadsheet's 1/2/17 0:21, guessing "
        "would move trips to other days.",
        tolerance=0.005,
        show=TIMES,
    ),
    broken_rows(
        "month",
        "trips started or ended in the batch's month",
        f"not starts_with({START}, right(batch, 7)) and not starts_with({END}, right(batch, 7)) "
        f"and {_readable(START)}",
        reason="A file under the wrong month's name would count its trips twice and leave its own month out.",
        tolerance=0.05,
        show=TIMES,
    ),
    broken_rows(
        "period",
        "no trip has one end more than a year from the batch's month",
        # Of both ends on one day none is further away.
        f"left({START}, 10) <> left({END}, 10) and {_far(START)} <> {_far(END)}",
        reason="A bike may be lost for most of a year; a start in 1970 or an end in 9999 is a clock's error. "
        "Silver rejects single ones.",
        tolerance=0.01,
        show=TIMES,
    ),
    broken_rows(
        "end_after_start",
        "no trip ends before it starts",
        f"({END} < {START} and left({END}, 19) < left({START}, 19) "
        f"and {_readable(START)} and {_readable(END)}) "
        f"or (contains({START}, '/') and {_slashed(END)} < {_slashed(START)})",
        reason="A few such rows come from clock changes; many mean that the two columns are swapped or "
        "shifted, and every duration is wrong.",
        tolerance=0.01,
        show=TIMES,
    ),
    broken_rows(
        "ride_id",
        "modern trips have a ride id",
        f"ride_id in {_BLANK}",
        reason="The ride id tells a trip published again from a new one; without it duplicates are counted.",
        tolerance=0.005,
        show=("ride_id", "started_at"),
    ),
    unique(
        "source_member",
        "ride_id",
        title="ride ids are unique within a file",
        where=f"ride_id not in {_BLANK}",
        reason="Silver keeps one row per ride id; a file whose ids repeat would lose real trips.",
        tolerance=0.01,
        show=("ride_id", "started_at"),
    ),
    broken_rows(
        "tripduration",
        "legacy durations are whole seconds",
        "tripduration is not null and coalesce(try_cast(tripduration as bigint), -1) < 0",
        reason="At the autumn clock change only the stored duration is right; silver relies on it.",
        tolerance=0.01,
        show=("tripduration", "starttime", "stoptime"),
    ),
    broken_rows(
        "station_ids",
        "station ids are not numbers mangled by a spreadsheet (5.77E+03, 5770.E3)",
        " or ".join(
            rf"contains(upper({column}), 'E+') or regexp_full_match({column}, '\W*\d+([.,]\d*)?[eE]\d+\W*')"
            for column in IDS
        ),
        reason="A rounded id points to a station that does not exist, and merges several that do.",
        tolerance=0.001,
        show=IDS,
    ),
    broken_rows(
        "coordinates",
        "coordinates are numbers around New York",
        " or ".join(
            _outside(column, limits)
            for limits, columns in (
                (LATITUDES, ("start_lat", "end_lat", "start_station_latitude", "end_station_latitude")),
                (LONGITUDES, ("start_lng", "end_lng", "start_station_longitude", "end_station_longitude")),
            )
            for column in columns
        ),
        reason="Stations are placed on the map by the median of these; single strays do no harm, many do.",
        severity=WARNING,
        tolerance=0.02,
        show=("start_lat", "start_lng", "end_lat", "end_lng", "start_station_latitude",
              "start_station_longitude", "end_station_latitude", "end_station_longitude"),
    ),
    in_set(
        "rideable_type",
        ["classic_bike", "electric_bike", "docked_bike"],
        reason="A new kind of bike would be counted as unknown until silver learns its name.",
        severity=WARNING,
    ),
    in_set(
        "member_casual",
        ["member", "casual"],
        reason="A new kind of rider would be counted as unknown until silver learns its name.",
        severity=WARNING,
    ),
    in_set(
        "usertype",
        ["Subscriber", "Customer", ""],
        reason="A new kind of rider would be counted as unknown until silver learns its name.",
        severity=WARNING,
    ),
]  # fmt: skip
