"""Trips rejected: one row per raw row that is no trip, with the reason."""

from __future__ import annotations

from bronze.expectations.rules import FINDING, WARNING, broken_query, broken_rows, columns_are, unique

ORIGIN = ("batch", "version", "source_key", "source_member", "source_record")


RULES = [
    columns_are(
        [*ORIGIN, "reason", "detail", "ride_id", "started_at_text", "ended_at_text", "start_station_id",
         "end_station_id"],
        "Pages and reports on rejected rows read these columns by name.",
    ),
    broken_rows(
        "reason",
        "every rejected row says why",
        "coalesce(trim(reason), '') = ''",
        reason="A row thrown away without a reason is a row lost.",
        show=("reason", "detail"),
    ),
    broken_rows(
        "origin",
        "every rejected row says where it came from",
        " or ".join(f"{name} is null" for name in ORIGIN),
        reason="Without its origin the row cannot be looked up in the file.",
        show=ORIGIN,
    ),
    unique(*ORIGIN, reason="A row rejected twice breaks the sum of rows kept, rejected and duplicate."),
    broken_query(
        "not_kept",
        "no rejected row is kept as a trip as well",
        """
        select * from {batch}
        where (batch, version, source_member, source_record) in (
            select (batch, version, source_member, source_record) from silver.fct_trips
            where (batch, source_record) in (select (batch, source_record) from {batch})
        )
        """,
        reason="The same row cannot be wrong and counted.",
        show=("reason", "ride_id"),
    ),
    broken_query(
        "share",
        "at most a tenth of all rows is rejected",
        """
        select * from (
            select sum(rows_bronze) as rows_bronze, sum(rows_rejected) as rows_rejected
            from silver.conservation
            where table_name = 'trips' and accepted_by like 'suite %' and exists (select 1 from {batch})
        )
        where rows_rejected > 0.1 * rows_bronze
        """,
        reason="More than bronze lets through by all its tolerances together (7.5 %), so the models lose rows. "
        "What a person accepted is let through: they gave a reason, and it is shown.",
        counts=FINDING,
    ),
    broken_query(
        "share_usual",
        "at most 1 % of a version's rows are rejected",
        """
        select batch, version, rows_bronze, rows_rejected,
            round(100.0 * rows_rejected / rows_bronze, 2) as rejected_percent
        from silver.conservation
        where table_name = 'trips' and accepted_by like 'suite %' and rows_rejected > 0.01 * rows_bronze
            and exists (select 1 from {batch})
        """,
        reason="More than is usual: a look at the reasons is due. The other months are as good as before.",
        severity=WARNING,
        counts="versions with many rejected rows",
    ),
]  # fmt: skip
