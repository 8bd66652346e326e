"""What is told of a built snapshot: rows per table, and versions of which silver rejected most."""

from __future__ import annotations

from typing import Any

from lake.catalog import relation_sql
from lake.snapshots import Snapshot
from lake.sql import quote
from lake.status import RejectedStatus


def count_rows(snapshot: Snapshot) -> dict[str, int]:
    """Return the rows of every table of a snapshot folder, read from Parquet's own metadata."""
    import duckdb

    counts: dict[str, int] = {}
    with duckdb.connect() as connection:
        for folder in sorted((snapshot.path / "bronze").glob("*/*/")):
            query = f"select count(*) from read_parquet({quote(f'{folder}/*/*/*.parquet')})"
            counts[f"bronze.{folder.name}"] = _one(connection.execute(query).fetchone())
        for layer in ("silver", "gold"):
            for folder in sorted((snapshot.path / layer).glob("*/")):
                query = f"select count(*) from ({relation_sql(folder)})"
                counts[f"{layer}.{folder.name}"] = _one(connection.execute(query).fetchone())
    return counts


def mostly_rejected(snapshot: Snapshot) -> list[RejectedStatus]:
    """Return the versions in a built snapshot of which silver rejected most rows.

    A gate lets none of them pass: a person has accepted it. Where silver was not built there are none.
    """
    import duckdb

    silver = snapshot.path / "silver"
    if not (silver / "conservation").exists():
        return []
    query = f"""
        with rejected as (
            select 'trips' as table_name, batch, version, reason
            from ({relation_sql(silver / "rejected_trips")})
            union all
            select table_name, batch, version, reason from ({relation_sql(silver / "rejected_answers")})
        ),
        reasons as (
            select table_name, batch, version, reason, count(*) as rows from rejected group by all
        )
        select source, table_name, batch, version, rows_bronze, list((reason, rows) order by rows desc, reason)
        from ({relation_sql(silver / "conservation")}) join reasons using (table_name, batch, version)
        where rows_rejected * 2 > rows_bronze
        group by all order by all
    """
    with duckdb.connect() as connection:
        found = connection.execute(query).fetchall()
    return [
        RejectedStatus(source, table, batch, version, rows, dict(reasons))
        for source, table, batch, version, rows, reasons in found
    ]


def _one(row: tuple[Any, ...] | None) -> int:
    return int(row[0]) if row else 0
