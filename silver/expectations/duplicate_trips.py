"""Duplicates: one row per raw row that repeats a ride which is kept, with the row that won."""

from __future__ import annotations

from bronze.expectations.rules import WARNING, broken_query, broken_rows, columns_are, in_set, unique

ORIGIN = ("batch", "version", "source_member", "source_record")
WINNER = ("winner_batch", "winner_version", "winner_member", "winner_record")

RULES = [
    columns_are(
        [*ORIGIN, "source_key", "trip_month", "trip_id", *WINNER, "lost_by"],
        "Pages and reports on duplicates read these columns by name.",
    ),
    broken_rows(
        "origin",
        "every duplicate says which row it is and which row won",
        " or ".join(f"{name} is null" for name in (*ORIGIN, "trip_month", "trip_id", *WINNER)),
        reason="A duplicate without its winner is a row thrown away without a trace.",
        show=(*ORIGIN, *WINNER),
    ),
    unique(*ORIGIN, reason="A row lost twice breaks the sum of rows kept, rejected and duplicate."),
    broken_rows(
        "other_row",
        "no row lost to itself",
        " and ".join(f"{own} = {won}" for own, won in zip(ORIGIN, WINNER, strict=True)),
        reason="Then the ride is nowhere.",
        show=(*ORIGIN, "trip_id"),
    ),
    in_set(
        "lost_by",
        ["period", "key", "content", "nothing"],
        reason="Who looks up a copy asks why the other one was kept.",
    ),
    broken_query(
        "winner_kept",
        "the winner is kept as a trip",
        """
        select * from {batch}
        where (trip_month, trip_id, winner_batch, winner_version, winner_member, winner_record) not in (
            select (trip_month, trip_id, batch, version, source_member, source_record) from silver.fct_trips
            where trip_id in (select trip_id from {batch})
        )
        """,
        reason="A ride whose winner is not kept is lost altogether.",
        show=("trip_id", *WINNER),
    ),
    broken_query(
        "share_usual",
        "at most 1 % of a version's rows are duplicates",
        """
        select batch, version, rows_bronze, rows_duplicate from silver.conservation
        where table_name = 'trips' and rows_duplicate > 0.01 * rows_bronze
            and exists (select 1 from {batch})
        """,
        reason="More than is usual: the upstream may have published a month twice.",
        severity=WARNING,
        counts="versions with many duplicates",
    ),
]  # fmt: skip
