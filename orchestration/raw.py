"""A version's rows as silver sees them."""

from __future__ import annotations

from bronze.landing import bronze_schemas
from lake.sql import quote
from lake.versions import Version


def rows_of(version: Version) -> str:
    """Return the query for a version's rows as silver sees them: a column added since it landed is null."""
    import pyarrow.parquet as pq

    landed = pq.read_schema(version.files[0]).names
    declared = bronze_schemas().get((version.source, version.table), ())
    # Arrow's names of the types that raw tables use are DuckDB's as well.
    missing = [one for one in declared if one.name not in landed]
    added = "".join(f'cast(null as {one.type}) as "{one.name}", ' for one in missing)
    files = ", ".join(quote(str(file)) for file in version.files)
    return (
        f"select *, {added}{quote(version.batch)} as batch, {version.number} as version "
        f"from read_parquet([{files}], hive_partitioning = false)"
    )
