"""Months covered: one row per city and month with a batch of trips of its own."""

from __future__ import annotations

from bronze.expectations.rules import broken_rows, columns, columns_are, not_empty, unique

RULES = [
    not_empty("Without covered months no day can be told from a day without data."),
    columns_are(["city", "trip_month", "batch", "version"], "Marts read these columns by name."),
    unique("city", "trip_month", reason="A month covered twice doubles its days in marts."),
    columns.city(),
    broken_rows(
        "month",
        "months are written as YYYY-MM",
        "not regexp_full_match(trip_month, '[0-9]{4}-[0-9]{2}')",
        reason="A month in another form matches no trips.",
        show=("city", "trip_month", "batch"),
    ),
]
