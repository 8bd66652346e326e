"""Months covered: one row per city and month of whose own batch trips were kept."""

from __future__ import annotations

from bronze.expectations.rules import broken_query, broken_rows, columns, columns_are, unique

RULES = [
    columns_are(
        ["city", "trip_month", "batch", "version", "first_day", "last_day"],
        "Marts read these columns by name.",
    ),
    unique("city", "trip_month", reason="A month covered twice doubles its days in marts."),
    columns.city(),
    broken_rows(
        "month",
        "months are written as YYYY-MM",
        "not regexp_full_match(trip_month, '[0-9]{4}-[0-9]{2}')",
        reason="A month in another form matches no trips.",
        show=("city", "trip_month", "batch"),
    ),
    broken_rows(
        "days",
        "first and last day are in order and of the month",
        "coalesce(first_day <= last_day and strftime(first_day, '%Y-%m') = trip_month "
        "and strftime(last_day, '%Y-%m') = trip_month, false) = false",
        reason="Marts take every day between the two for one that can be compared.",
        show=("city", "trip_month", "first_day", "last_day"),
    ),
    # The table may be empty: of the months that a run builds all may have strays only.
    broken_query(
        "own_trips",
        "every month of whose own batch trips were kept is there",
        """
        select distinct city, trip_month as missing_month, batch from silver.fct_trips
        where batch = city || '-' || trip_month
            and (batch, version) not in (select (batch, version) from {batch} where batch is not null)
        """,
        reason="Without covered months no day can be told from a day without data.",
        counts="months missing",
    ),
    broken_query(
        "kept",
        "trips of every month's own batch were kept",
        """
        select * from {batch} where (batch, version) not in (
            select (batch, version) from silver.conservation where table_name = 'trips' and rows_kept + rows_duplicate > 0
        )
        """,
        reason="A month with strays only looks like one in which hardly anybody rode.",
        show=("city", "trip_month", "batch", "version"),
    ),
]
