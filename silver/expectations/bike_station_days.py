"""What a day's answers told of stations: one row per batch, station and moment from which it was told so."""

from __future__ import annotations

from bronze.expectations.rules import broken_query, broken_rows, columns_are, unique

_KEY = ("batch", "station_id", "first_asked_at_utc")

RULES = [
    columns_are(
        [
            "station_month", "system", "station_id", "first_asked_at_utc", "last_asked_at_utc", "answers",
            "legacy_id", "short_name", "station_name", "latitude", "longitude", "capacity", "region_id",
            "station_type", "batch", "version",
        ],
        "dim_bike_stations is made of these columns.",
    ),
    unique(*_KEY, reason="A station is told in one way at a moment."),
    broken_rows(
        "times",
        "what was told has a first and a last answer, of the batch's day",
        "answers < 1 or first_asked_at_utc is null or first_asked_at_utc > last_asked_at_utc "
        "or (answers = 1) <> (first_asked_at_utc = last_asked_at_utc) "
        "or strftime(first_asked_at_utc, '%Y-%m-%d') <> right(batch, 10)",
        reason="From when to when a station was so comes from these.",
        show=(*_KEY, "last_asked_at_utc", "answers"),
    ),
    broken_rows(
        "month",
        "every row lies in the month of its batch",
        "station_month is distinct from left(right(batch, 10), 7)",
        reason="A row in another month's files is not rebuilt with its month.",
        show=(*_KEY, "station_month"),
    ),
    broken_query(
        "in_order",
        "what was told first ends before what was told next begins",
        """
        select batch, station_id, first_asked_at_utc from {batch}
        qualify last_asked_at_utc >= lead(first_asked_at_utc) over (
            partition by batch, station_id order by first_asked_at_utc
        )
        """,
        reason="A station cannot have two capacities at once.",
        show=("batch", "station_id", "first_asked_at_utc"),
    ),
]  # fmt: skip
