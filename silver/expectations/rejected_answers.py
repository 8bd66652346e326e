"""Rejected hours of weather and entries of holidays, with the reason."""

from __future__ import annotations

from bronze.expectations.rules import WARNING, broken_query, broken_rows, columns_are, unique

_KEY = ("source", "table_name", "batch", "version", "source_record")

RULES = [
    columns_are(
        [*_KEY, "reason", "detail"],
        "Pages and reports on rejected rows read these columns by name.",
    ),
    broken_rows(
        "reason",
        "every rejected row says why, and where it came from",
        "coalesce(trim(reason), '') = '' or " + " or ".join(f"{name} is null" for name in _KEY),
        reason="A row thrown away without a reason is a row lost.",
        show=(*_KEY, "reason"),
    ),
    unique(*_KEY, reason="A row rejected twice breaks the sum of rows kept and rejected."),
    broken_query(
        "share_usual",
        "at most 5 % of an answer is rejected",
        """
        select source, batch, version, rows_bronze, rows_rejected from silver.conservation
        where table_name <> 'trips' and rows_rejected > 0.05 * rows_bronze and exists (select 1 from {batch})
        """,
        reason="More than is usual: the upstream may have changed its units or dates.",
        severity=WARNING,
        counts="versions with many rejected rows",
    ),
]  # fmt: skip
