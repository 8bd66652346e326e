"""Holidays: one row per entry kept of the answers."""

from __future__ import annotations

from bronze.expectations.rules import WARNING, broken_rows, columns_are, unique

RULES = [
    columns_are(
        [
            "holiday_date", "holiday_name", "local_name", "country_code", "is_public", "is_global",
            "counties", "types", "is_ny", "is_nj", "batch", "version", "source_record",
        ],
        "dim_dates reads these columns by name.",
    ),
    unique("batch", "version", "source_record", reason="An entry kept twice is counted twice."),
    broken_rows(
        "named",
        "every holiday has its day and name",
        "holiday_date is null or coalesce(trim(holiday_name), '') = ''",
        reason="The page lists holidays by name and date.",
        show=("batch", "source_record", "holiday_date", "holiday_name"),
    ),
    broken_rows(
        "year",
        "holidays lie between 2000 and 2100",
        "year(holiday_date) not between 2000 and 2100",
        reason="A year outside this is a misread date; other days do not suffer from it.",
        severity=WARNING,
        show=("batch", "holiday_date", "holiday_name"),
    ),
    broken_rows(
        "states",
        "a holiday of New York or New Jersey is public",
        "(is_ny or is_nj) and not is_public",
        reason="Optional days and school holidays change demand in another way.",
        show=("holiday_date", "holiday_name", "types"),
    ),
    broken_rows(
        "country",
        "holidays are those of the United States",
        "country_code is distinct from 'US'",
        reason="Another country's holidays say nothing about New York.",
        severity=WARNING,
        show=("holiday_date", "holiday_name", "country_code"),
    ),
]  # fmt: skip
