"""Tiny versions for tests of the storage layer: one table `things` of one source `shop`."""

from __future__ import annotations

import contextlib
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
    names: Sequence[str] = (),
    months: Sequence[str] = (),
) -> Version:
    """Land the next version of a batch with these amounts and names, touching these months, and judge it."""
    (lake.work / "landing").mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(dir=lake.work / "landing"))
    called = names or [f"{batch}-{n}" for n in range(len(amounts))]
    table = pa.table({"name": called, "amount": amounts}, SCHEMA)
    pq.write_table(table, folder / "part.parquet")
    version = next_version(lake, "shop", "things", batch)
    add_version(
        version,
        folder,
        {
            "origin": "sample",
            "key": batch,
            "etag": None,
            "content_hash": f"{amounts}{list(names) or ''}",
            "rows_counted": len(amounts),
            "rows_landed": len(amounts),
            "months": list(months),
            "files": [{"name": "part.parquet", "rows": len(amounts), "bytes": 1}],
        },
    )
    with contextlib.suppress(OSError):  # what a landing that was cut off has left stays there
        folder.parent.rmdir()
    if state:
        decide(version, state, by="test", reason="because")  # type: ignore[arg-type]
    return version
