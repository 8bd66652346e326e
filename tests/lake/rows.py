"""Tiny versions for tests of the storage layer: one table `things` of one source `shop`."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from lake.layout import Lake
from lake.versions import Version, add_version, decide, next_version

SCHEMA = pa.schema([("name", pa.string()), ("amount", pa.int64())])
SCHEMAS = {("shop", "things"): SCHEMA}


def land(
    lake: Lake,
    batch: str,
    amounts: list[int],
    state: str | None = "accepted",
    *,
    months: Sequence[str] = (),
) -> Version:
    """Land the next version of a batch with these amounts, touching these months, and judge it."""
    lake.work.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(dir=lake.work))
    table = pa.table({"name": [f"{batch}-{n}" for n in range(len(amounts))], "amount": amounts}, SCHEMA)
    pq.write_table(table, folder / "part.parquet")
    version = next_version(lake, "shop", "things", batch)
    add_version(
        version,
        folder,
        {
            "origin": "sample",
            "key": batch,
            "etag": None,
            "content_hash": str(amounts),
            "rows_counted": len(amounts),
            "rows_landed": len(amounts),
            "months": list(months),
            "files": [{"name": "part.parquet", "rows": len(amounts), "bytes": 1}],
        },
    )
    if state:
        decide(version, state, by="test", reason="because")  # type: ignore[arg-type]
    return version
