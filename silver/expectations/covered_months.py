"""Months covered: one row per city and month with a batch of trips of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bronze.expectations.rules import broken_rows, build, columns_are, in_set, not_empty, unique

if TYPE_CHECKING:
    import great_expectations as gx

RULES = [
    not_empty("Without covered months no day can be told from a day without data."),
    columns_are(["city", "trip_month", "batch", "version"], "Marts read these columns by name."),
    unique("city", "trip_month", reason="A month covered twice doubles its days in marts."),
    in_set("city", ["nyc", "jc"], reason="A city that no page knows is shown nowhere."),
    broken_rows(
        "month",
        "months are written as YYYY-MM",
        "not regexp_full_match(trip_month, '[0-9]{4}-[0-9]{2}')",
        reason="A month in another form matches no trips.",
        show=("city", "trip_month", "batch"),
    ),
]


def suite() -> gx.ExpectationSuite:
    """Return the suite for covered months."""
    return build("silver.covered_months", RULES)
