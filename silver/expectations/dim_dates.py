"""Dates: one row per day, with what makes days differ."""

from __future__ import annotations

from bronze.expectations.rules import (
    WARNING,
    broken_query,
    broken_rows,
    columns_are,
    not_empty,
    unique,
)

RULES = [
    not_empty("Without dates nothing can be compared by day."),
    columns_are(
        [
            "date_day", "year", "quarter", "month", "trip_month", "iso_week", "day_of_week", "day_name",
            "is_weekend", "season", "hours_in_day", "is_holiday", "holiday_name", "is_holiday_ny",
            "is_holiday_nj",
        ],
        "Marts read these columns by name.",
    ),
    unique("date_day", reason="A day listed twice doubles its trips wherever it is looked up."),
    broken_query(
        "no_gaps",
        "no day is missing between the first and the last",
        """
        select cast(day as date) as missing_day
        from (
            select unnest(generate_series(min(date_day), max(date_day), interval 1 day)) as day from {batch}
        )
        where cast(day as date) not in (select date_day from {batch} where date_day is not null)
        """,
        reason="Trips of a missing day drop out of every mart that looks the day up.",
        counts="days missing",
    ),
    broken_query(
        "covers_trips",
        "every day with a trip is there",
        """
        select distinct trip_date as missing_day from silver.fct_trips
        where trip_date not in (select date_day from {batch} where date_day is not null)
        """,
        reason="Trips of a missing day drop out of every mart that looks the day up.",
        counts="days missing",
    ),
    broken_rows(
        "calendar",
        "year, quarter, month, week and weekday are those of the date",
        "year is distinct from year(date_day) or quarter is distinct from quarter(date_day) "
        "or month is distinct from month(date_day) or iso_week is distinct from week(date_day) "
        "or trip_month is distinct from strftime(date_day, '%Y-%m') "
        "or day_of_week is distinct from isodow(date_day) or day_name is distinct from dayname(date_day)",
        reason="A weekday off by one turns Sundays into working days in every comparison.",
        show=("date_day", "year", "quarter", "month", "iso_week", "day_of_week", "day_name"),
    ),
    broken_rows(
        "weekend",
        "weekends are Saturday and Sunday",
        "is_weekend is distinct from (isodow(date_day) in (6, 7))",
        reason="Typical days are told apart by it.",
        show=("date_day", "day_name", "is_weekend"),
    ),
    broken_rows(
        "season",
        "seasons are the meteorological ones: winter is December to February",
        "season is distinct from "
        "['winter', 'spring', 'summer', 'autumn'][cast(month(date_day) % 12 // 3 + 1 as integer)]",
        reason="Pages group by these names.",
        show=("date_day", "season"),
    ),
    broken_rows(
        "hours",
        "days have 24 hours, and 23 or 25 when clocks change in March and November",
        # Since 2007; a single ride that says 1970 brings the days of other rules.
        "hours_in_day is null or hours_in_day not in (23, 24, 25) or (year(date_day) >= 2007 and ("
        "(hours_in_day = 23 and month(date_day) <> 3) or (hours_in_day = 25 and month(date_day) <> 11)))",
        reason="Whether a day's weather is complete is judged by its hours.",
        show=("date_day", "hours_in_day"),
    ),
    broken_rows(
        "holiday_flags",
        "a holiday is one in New York or New Jersey, and has a name",
        "is_holiday is distinct from (is_holiday_ny or is_holiday_nj) "
        "or is_holiday is distinct from (holiday_name is not null)",
        reason="The effect of holidays is computed from these columns.",
        show=("date_day", "is_holiday", "holiday_name", "is_holiday_ny", "is_holiday_nj"),
    ),
    broken_query(
        "holidays_per_year",
        "every whole year that is covered, or whose holidays landed, has 8 to 16 of them",
        # Of years between those of a lake it has nothing.
        """
        select year(date_day) as year, count(*) filter (is_holiday) as holidays from {batch}
        where cast(year(date_day) as varchar) in (
            select left(trip_month, 4) from silver.covered_months
            union all
            select right(batch, 4) from silver.conservation where table_name = 'holidays'
        )
        group by all
        having count(*) >= 365 and count(*) filter (is_holiday) not between 8 and 16
        """,
        reason="A year whose holidays were not landed compares its holidays with themselves.",
        severity=WARNING,
        counts="years with too few or too many holidays",
    ),
]  # fmt: skip
