"""The law of rows: one row per version in the snapshot, with the rows that came in and went out."""

from __future__ import annotations

from bronze.expectations.rules import (
    FINDING,
    WARNING,
    broken_query,
    broken_rows,
    columns_are,
    not_empty,
    unique,
)

COUNTS = ("rows_counted", "rows_bronze", "rows_kept", "rows_rejected", "rows_duplicate", "rows_outside")

RULES = [
    not_empty("Without it nobody can tell whether rows were lost."),
    columns_are(
        ["source", "table_name", "batch", "version", *COUNTS, "is_conserved", "accepted_by",
         "accepted_because"],
        "The page on data quality and the closing table of a run read these columns by name.",
    ),
    unique(
        "source", "table_name", "batch", "version",
        reason="A version listed twice would be counted twice against its trips.",
    ),
    broken_rows(
        "conserved",
        "no version lost or gained a row",
        "is_conserved is distinct from true",
        reason="Rows that vanish or appear between the file and silver make every figure unprovable.",
        show=("source", "table_name", *COUNTS, "is_conserved"),
    ),
    broken_rows(
        "counts",
        "every count is there and not negative",
        " or ".join(f"coalesce({name}, -1) < 0" for name in COUNTS),
        reason="A missing count makes the comparison true or unknown without anything having been compared.",
        show=("source", "table_name", *COUNTS),
    ),
    broken_rows(
        "sums",
        "rows counted on the bytes equal rows in bronze, and those kept, rejected, duplicate and outside",
        "rows_counted <> rows_bronze "
        "or rows_bronze <> rows_kept + rows_rejected + rows_duplicate + rows_outside "
        "or (table_name = 'trips' and rows_outside <> 0)",
        reason="The flag above is computed by the model; this is the same law, said a second time.",
        show=("source", "table_name", *COUNTS),
    ),
    broken_rows(
        "few_outside",
        "no version has more than a hundredth of its rows outside what it is a batch of, nor weather a tenth",
        "rows_outside * case table_name when 'weather' then 10 else 100 end > rows_bronze",
        reason="Weather is asked for with a day's margin. Else a zone that was taken for another loses rows so.",
        severity=WARNING,
        show=("source", "table_name", "batch", "rows_bronze", "rows_outside"),
    ),
    broken_query(
        "trips_kept",
        "the trips kept are as many as fct_trips has rows",
        """
        select * from (
            select
                (select count(*) from silver.fct_trips) as rows_in_fct_trips,
                coalesce(sum(rows_kept) filter (table_name = 'trips'), 0) as rows_kept
            from {batch}
        )
        where rows_in_fct_trips <> rows_kept
        """,
        reason="A month left out of the build, or linked and built, shows up here first.",
        counts=FINDING,
    ),
    broken_rows(
        "one_version",
        "of each batch one version is in the snapshot",
        "(source, table_name, batch) in (select (source, table_name, batch) from silver.conservation "
        "group by source, table_name, batch having count(*) > 1)",
        reason="Two releases of a month side by side count most of its trips twice.",
        show=("source", "table_name"),
    ),
    broken_rows(
        "duplicates",
        "at most 1 % of a version's trips are duplicates",
        "table_name = 'trips' and rows_duplicate > 0.01 * rows_bronze",
        reason="The same file twice in an archive, or one month under two names: harmless once, but odd.",
        severity=WARNING,
        show=("source", "table_name", *COUNTS),
    ),
]  # fmt: skip
