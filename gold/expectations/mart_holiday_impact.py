"""Holidays and demand: one row per city, kind of rider and holiday. Empty where no holiday is in scope."""

from __future__ import annotations

from bronze.expectations.rules import (
    WARNING,
    between,
    broken_query,
    broken_rows,
    columns,
    columns_are,
    in_set,
    unique,
)

_KEY = ("city", "member_type", "holiday_date")

RULES = [
    columns_are(
        [
            "holiday_date", "holiday_name", "city", "member_type", "trips", "comparable_days",
            "comparable_mean", "comparable_spread", "difference", "difference_pct", "interval_low",
            "interval_high",
        ],
        "Pages and notebooks read these columns by name.",
    ),
    unique(*_KEY, reason="A holiday under two names would be shown as two."),
    broken_rows(
        "key",
        "every row has its holiday and the holiday its name",
        "holiday_date is null or coalesce(trim(holiday_name), '') = ''",
        reason="The page lists holidays by name and date.",
        show=(*_KEY, "holiday_name"),
    ),
    columns.city(),
    in_set("member_type", ["all", "member", "casual"], reason="The page offers these three."),
    broken_query(
        "is_holiday",
        "every date is a holiday in dim_dates",
        """
        select * from {batch} where holiday_date not in (
            select date_day from silver.dim_dates where is_holiday and date_day is not null
        )
        """,
        reason="An ordinary day compared with ordinary days says nothing.",
        show=(*_KEY, "holiday_name"),
    ),
    between("comparable_days", 0, 8, reason="There are eight such weekdays within 28 days either side."),
    between("trips", 0, None, reason="A count cannot be negative."),
    broken_rows(
        "difference",
        "the difference is trips minus the comparable mean",
        "abs(difference - (trips - comparable_mean)) > 0.5 "
        "or (comparable_days > 0 and (comparable_mean is null or difference is null))",
        reason="A wrong sign turns a quiet holiday into a busy one.",
        show=(*_KEY, "trips", "comparable_mean", "difference"),
    ),
    broken_rows(
        "percent",
        "the difference in percent is that of the comparable mean",
        "comparable_mean > 0 and abs(difference_pct - 100 * difference / comparable_mean) > 0.5",
        reason="The page's main figure.",
        show=(*_KEY, "comparable_mean", "difference", "difference_pct"),
    ),
    broken_rows(
        "interval",
        "the interval's ends are in order, and there only if two days or more were compared",
        "interval_low > interval_high or (interval_low is null) <> (interval_high is null) "
        "or (comparable_days < 2 and interval_low is not null)",
        reason="An interval from a single day pretends to know the spread.",
        show=(*_KEY, "comparable_days", "interval_low", "interval_high"),
    ),
    broken_rows(
        "enough_days",
        "most holidays have at least four days to be compared with",
        "comparable_days < 4",
        reason="With fewer days the interval is too wide to say anything; months around may be missing.",
        severity=WARNING,
        tolerance=0.25,
        show=(*_KEY, "comparable_days"),
    ),
]  # fmt: skip
