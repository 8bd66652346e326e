"""Questions of the Lake health page: the only one that looks into silver."""

from __future__ import annotations

import polars as pl

from serving.reader import Reader


def conservation(reader: Reader) -> pl.DataFrame:
    """Return the law of rows by table: sums over the versions in the snapshot, and versions that break it.

    Columns: source, table_name, versions, broken, rows_counted, rows_bronze, rows_kept, rows_rejected,
    rows_duplicate, rows_outside, unexplained (rows_bronze minus what became of them).
    """
    return reader.ask(
        """
        select source, table_name, count(*) as versions, count(*) filter (where not is_conserved) as broken,
            sum(rows_counted)::bigint as rows_counted, sum(rows_bronze)::bigint as rows_bronze,
            sum(rows_kept)::bigint as rows_kept, sum(rows_rejected)::bigint as rows_rejected,
            sum(rows_duplicate)::bigint as rows_duplicate, sum(rows_outside)::bigint as rows_outside,
            sum(rows_bronze - rows_kept - rows_rejected - rows_duplicate - rows_outside)::bigint as
            unexplained
        from silver.conservation
        group by source, table_name
        order by source, table_name
        """
    )


def rejected(reader: Reader) -> pl.DataFrame:
    """Return rejected rows by reason: reason, rows, batches, example (the newest batch's first, in words)."""
    return reader.ask(
        """
        select reason, count(*) as rows, count(distinct batch) as batches,
            arg_max(batch || ': ' || detail, batch) as example
        from silver.rejected_trips
        group by reason
        order by rows desc, reason
        """
    )


def freshness(reader: Reader) -> pl.DataFrame:
    """Return how far each city's data reaches: city, last_trip_day, last_weather_day (null without any)."""
    return reader.ask(
        """
        select city, max(trip_date) filter (where trips > 0) as last_trip_day,
            max(trip_date) filter (where temperature_c is not null) as last_weather_day
        from gold.mart_weather_effect
        group by city
        order by city
        """
    )
