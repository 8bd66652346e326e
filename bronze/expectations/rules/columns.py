"""Rules for columns that many tables of silver and gold have: said here once, composed by their suites.

A suite gives what is its own: why it matters there where that differs, and the columns a report shows.
"""

from __future__ import annotations

from collections.abc import Sequence

from bronze.expectations.rules import (
    FINDING,
    LATITUDES,
    LONGITUDES,
    WARNING,
    Rule,
    between,
    broken_query,
    broken_rows,
    in_set,
)

_ESCAPES = "Another value escapes every filter."


def city(reason: str = "A city that no page knows is shown nowhere.") -> Rule:
    """Return the rule that `city` is New York or Jersey City, where it is known."""
    return in_set("city", ["nyc", "jc"], reason=reason)


def member_type() -> Rule:
    """Return the rule that `member_type` is a kind of rider, or unknown."""
    return in_set("member_type", ["member", "casual", "unknown"], reason=_ESCAPES)


def bike_type() -> Rule:
    """Return the rule that `bike_type` is a kind of bike, or unknown."""
    return in_set("bike_type", ["classic", "electric", "unknown"], reason=_ESCAPES)


def trip_day(*also: str, show: Sequence[str]) -> Rule:
    """Return the rule that `trip_date` and the columns `also` are filled, and `trip_month` is the day's."""
    missing = " or ".join(f"{name} is null" for name in ("trip_date", *also))
    return broken_rows(
        "key",
        "every row has its day, and the month of that day",
        f"{missing} or trip_month is distinct from strftime(trip_date, '%Y-%m')",
        reason="A row in another month's files is not rebuilt with its month.",
        show=show,
    )


def trip_hour() -> Rule:
    """Return the rule that `trip_hour`, where filled, is an hour of a day, 0 to 23."""
    return between("trip_hour", 0, 23, reason="Hours of the day are shown from 0 to 23.")


def kind_of_day() -> Rule:
    """Return the rule that `day_of_week` is that of `trip_date`; `is_weekend` and `is_holiday` are filled."""
    return broken_rows(
        "day",
        "weekday, weekend and holiday are known",
        "day_of_week is distinct from isodow(trip_date) or is_weekend is null or is_holiday is null",
        reason="A day missing from dim_dates would be neither an ordinary day nor a holiday.",
        show=("trip_date", "day_of_week", "is_weekend", "is_holiday"),
    )


def every_trip(reason: str) -> Rule:
    """Return the rule that `trips` adds up to the number of trips in `silver.fct_trips`."""
    return broken_query(
        "all_trips",
        "the trips add up to all trips kept",
        """
        select * from (
            select coalesce(sum(trips), 0) as trips, (select count(*) from silver.fct_trips) as trips_in_silver
            from {batch}
        )
        where trips <> trips_in_silver
        """,
        reason=reason,
        counts=FINDING,
    )


def every_ride() -> Rule:
    """Return the rule that `trips` adds up to the trips kept in silver but false starts and lost bikes."""
    return broken_query(
        "all_rides",
        "the trips add up to all trips but false starts and lost bikes",
        """
        select * from (
            select coalesce(sum(trips), 0) as trips, (
                select count(*) from silver.fct_trips where not is_false_start and not is_lost_bike
            ) as rides
            from {batch}
        )
        where trips <> rides
        """,
        reason="A ride that is missing moves the median.",
        counts=FINDING,
    )


def some_trip(reason: str, *, show: Sequence[str]) -> Rule:
    """Return the rule that every row has a trip in `trips`."""
    return broken_rows(
        "some_trip", "there is a trip in every row", "coalesce(trips, 0) < 1", reason=reason, show=show
    )


def place(
    reason: str = "A point elsewhere is no place on the map: one in Montréal, or in the sea, stretches it.",
    *,
    show: Sequence[str],
) -> Rule:
    """Return the rule that `latitude` and `longitude`, where filled, lie around New York.

    Silver places a station by such points only, so that no row of a file can break it there.
    """
    return broken_rows(
        "coordinates",
        "coordinates lie around New York",
        f"latitude not between {LATITUDES[0]} and {LATITUDES[1]} "
        f"or longitude not between {LONGITUDES[0]} and {LONGITUDES[1]}",
        reason=reason,
        show=show,
    )


def lies_elsewhere(*, show: Sequence[str]) -> Rule:
    """Return the warning that tells the rows of stations whose points lie elsewhere than around New York."""
    return broken_rows(
        "lies_elsewhere",
        "no station lies elsewhere than around New York",
        "lies_elsewhere",
        reason="Stations for testing have stood in another city. They count, and are on no map.",
        severity=WARNING,
        show=show,
    )
