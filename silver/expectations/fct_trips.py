"""Trips kept: one row per trip, in New York time, of all batches in the snapshot."""

from __future__ import annotations

from bronze.expectations.rules import (
    WARNING,
    broken_query,
    broken_rows,
    columns,
    columns_are,
    not_empty,
    not_null,
    unique,
)

_TIMES = ("trip_id", "started_at_utc", "ended_at_utc", "started_at_local", "ended_at_local")


def _not_new_york(name: str) -> str:
    """Return SQL true where the local time is not New York's at that instant, to 2 seconds.

    The zone is asked once for each hour and offset that occur, not for each trip: it only ever changes on the
    hour, and zone arithmetic is ten times as dear as all else here.
    """
    hour = f"epoch_us({name}_utc) // 3600000000"
    offset = f"epoch_us({name}_local) - epoch_us({name}_utc)"
    clock = "epoch_us(timezone('America/New_York', make_timestamptz(hour * 3600000000)))"
    return (
        f"({hour}, {offset}) in (select hour, moved from ("
        # Not `distinct`: within `in` the optimizer takes that away, and asks the zone for each trip again.
        f"select {hour} as hour, {offset} as moved from {{batch}} group by all) "
        f"where abs({clock} - hour * 3600000000 - moved) > 2000000)"
    )


RULES = [
    not_empty("A snapshot without trips would empty every page."),
    columns_are(
        [
            "trip_id", "batch", "version", "source_member", "source_record", "city",
            "member_type", "bike_type", "started_at_utc", "ended_at_utc", "started_at_local",
            "ended_at_local", "trip_month", "trip_date", "trip_hour", "duration_seconds",
            "start_station_id", "start_station_name", "start_latitude", "start_longitude",
            "end_station_id", "end_station_name", "end_latitude", "end_longitude", "is_start_elsewhere",
            "is_end_elsewhere", "bike_id", "birth_year", "gender", "is_time_ambiguous", "is_to_the_minute",
            "is_false_start", "is_lost_bike",
        ],
        "Marts, pages and notebooks read these columns by name.",
    ),
    unique(
        "trip_month", "trip_id",
        reason="A trip counted twice is the classic error of monthly files published again.",
    ),
    broken_rows(
        "complete",
        "no trip lacks its id, origin, times, city or duration",
        "trip_id is null or batch is null or version is null or source_record is null or city is null "
        "or started_at_utc is null or ended_at_utc is null or started_at_local is null "
        "or ended_at_local is null or duration_seconds is null",
        reason="A trip without these falls out of some figures and stays in others.",
        show=_TIMES,
    ),
    broken_rows(
        "partition",
        "month, date and hour are those of the local start",
        "trip_month is distinct from strftime(started_at_local, '%Y-%m') "
        "or trip_date is distinct from cast(started_at_local as date) "
        "or trip_hour is distinct from hour(started_at_local)",
        reason="A trip in another month's files is not rebuilt with its month, nor found by its date.",
        show=("trip_id", "trip_month", "trip_date", "trip_hour", "started_at_local"),
    ),
    broken_query(
        "local_time",
        "local times are New York's at that instant",
        f"select * from {{batch}} where {_not_new_york('started_at')} or {_not_new_york('ended_at')}",
        reason="An hour's error puts trips into the weather, and at midnight into the day, of others.",
        tolerance=0.001,  # the hour that spring skips has been published now and then
        show=_TIMES,
    ),
    broken_rows(
        "order",
        "no trip ends before it starts, in UTC",
        "ended_at_utc < started_at_utc or duration_seconds < 0",
        reason="Such rows belong to the rejected ones; here they shorten totals.",
        show=(*_TIMES, "duration_seconds"),
    ),
    broken_rows(
        "duration",
        "durations are the time between start and end",
        "abs(epoch(ended_at_utc) - epoch(started_at_utc) - duration_seconds) > if(is_to_the_minute, 65, 2)",
        reason="Published durations are whole seconds; where they differ by more, one of the two is wrong.",
        severity=WARNING,
        tolerance=0.001,
        show=(*_TIMES, "duration_seconds"),
    ),
    broken_rows(
        "flags",
        "false starts are below 60 s and lost bikes above 24 h, and no others",
        "is_false_start is distinct from (duration_seconds < 60) "
        "or is_lost_bike is distinct from (duration_seconds > 86400)",
        reason="Medians and totals of duration leave these trips out by their flags.",
        show=("trip_id", "duration_seconds", "is_false_start", "is_lost_bike"),
    ),
    columns.city("A city that no page knows is counted nowhere."),
    columns.member_type(),
    columns.bike_type(),
    broken_query(
        "stations_known",
        "every station of a trip is in dim_stations",
        """
        select * from {batch}
        where start_station_id not in (select coalesce(station_id, '') from silver.dim_stations)
            or end_station_id not in (select coalesce(station_id, '') from silver.dim_stations)
        """,
        reason="Trips of a station without an entry disappear from maps and lists of stations.",
        show=("trip_id", "start_station_id", "end_station_id"),
    ),
    not_null(
        "start_station_id",
        reason="Trips without a start station are missing from station figures; more than a few need a look.",
        severity=WARNING,
        mostly=0.95,
    ),
    broken_rows(
        "elsewhere",
        "no trip starts or ends elsewhere than around New York",
        "is_start_elsewhere or is_end_elsewhere",
        reason="A lost sign, or a station for testing in another city. Such points place no station.",
        severity=WARNING,
        show=("trip_id", "start_latitude", "start_longitude", "end_latitude", "end_longitude"),
    ),
    broken_rows(
        "elsewhere_flags",
        "whether the ends lie elsewhere is known",
        "is_start_elsewhere is null or is_end_elsewhere is null "
        "or (is_start_elsewhere and start_latitude is null) or (is_end_elsewhere and end_latitude is null)",
        reason="Maps leave points out by these flags.",
        show=("trip_id", "start_latitude", "is_start_elsewhere", "end_latitude", "is_end_elsewhere"),
    ),
    broken_rows(
        "unknown_members",
        "nearly every trip says whether a member rode",
        "member_type = 'unknown'",
        reason="Comparisons of members and casual riders leave the unknown out.",
        severity=WARNING,
        tolerance=0.05,
        show=("trip_id", "member_type"),
    ),
]  # fmt: skip
