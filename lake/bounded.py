"""A question in SQL, answered in a process of its own that can do no harm: it reads one snapshot, and ends.

What asks may be a program that was told nonsense. So there are four walls, one behind the other: only what reads is
answered (`lake.queries`); DuckDB reaches the lake's own files alone, and cannot be told otherwise; the process may
write no file, and has so much memory and time; and who asked kills it when that is over.
"""

from __future__ import annotations

import contextlib
import json
import math
import os
import resource
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from datetime import date
from datetime import time as clock
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lake.errors import LakeError
from lake.layout import Lake, locate
from lake.sql import literal
from lake.words import plain

if TYPE_CHECKING:
    import duckdb

#: What an answer has at most: columns, rows, bytes of all of them as JSON, letters of a value, entries of a list.
COLUMNS, ROWS, BYTES, LETTERS, ENTRIES = 200, 200, 60_000, 1_000, 100
#: What a question has at most: letters, seconds, gigabytes for DuckDB and for the process as a whole, and threads.
ASKED, MEMORY, ADDRESSES, THREADS = 20_000, 1, 4, 2
#: How long a process that was told to stop may take for it: a function of SQL hears nothing until it is through.
_GRACE = 5
#: Two at once: each may take both cores and a gigabyte.
AT_ONCE = threading.BoundedSemaphore(2)


def ask(lake: Lake, query: str, snapshot: str | None = None) -> dict[str, Any]:
    """Answer a query on a snapshot (its id; the published one, if none is given).

    Returns `snapshot`, `columns` (name and type), `rows` as lists in the types of JSON, `more` (whether there were
    more rows than are shown), `cut` (whether values were too long) and `seconds`.

    Raises:
        LakeError: it is refused, is no SQL, needs more than it may have, or there is no such snapshot.
    """
    if len(query) > ASKED:
        raise LakeError(f"the query has {len(query):,} letters; {ASKED:,} are read")
    allowed = most_seconds()
    with AT_ONCE:
        try:
            done = subprocess.run(
                [sys.executable, "-m", "lake.bounded", str(lake.root)],
                input=json.dumps({"query": query, "snapshot": snapshot}),
                capture_output=True, text=True, timeout=allowed + _GRACE, check=False,
                cwd=Path(__file__).parents[1],
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            raise LakeError(_too_much("time")) from None
    try:
        answer: dict[str, Any] = json.loads(done.stdout)
    except ValueError:
        # It was killed, or died of what it was asked: of memory, most likely.
        raise LakeError(_too_much("memory or time")) from None
    if "error" in answer:
        raise LakeError(answer["error"])
    return answer


def most_seconds() -> float:
    """Return how long a query may take: LAKE_QUERY_SECONDS, else thirty.

    Raises:
        LakeError: the setting is no number of seconds up to an hour.
    """
    text = os.environ.get("LAKE_QUERY_SECONDS", "").strip() or "30"
    with contextlib.suppress(ValueError):
        if 0 < (allowed := float(text)) <= 3600:
            return allowed
    raise LakeError(f"LAKE_QUERY_SECONDS is {text!r}: say how many seconds a query may take, up to 3600")


def _too_much(what: str) -> str:
    return (
        f"the query needed too much {what} and was stopped ({most_seconds():g} seconds, {MEMORY} GB, nothing on disk): "
        "ask for fewer rows or months, or aggregate"
    )


def fence(connection: duckdb.DuckDBPyConnection, lake: Lake) -> None:
    """Let a connection read the lake's snapshots and what `lake.*` tells of, and nothing else, for good."""
    told = (lake.snapshots, lake.bronze, lake.reports / "gates")
    places = dict.fromkeys(f"{path}/" for one in told for path in (one, one.resolve()))
    settings: dict[str, object] = {
        "allowed_directories": [*places], "memory_limit": f"{MEMORY}GB", "threads": THREADS,
        "temp_directory": "", "python_enable_replacements": False, "autoload_known_extensions": False,
        "autoinstall_known_extensions": False, "enable_external_access": False, "lock_configuration": True,
    }  # fmt: skip
    for name, value in settings.items():
        connection.execute(f"set {name} = {literal(value)}")


def answer(connection: duckdb.DuckDBPyConnection, query: str) -> dict[str, Any]:
    """Carry out a query that was looked at on a connection that is fenced, and return what is shown of it.

    Raises:
        LakeError: it has too many columns, or a row too long, to be shown.
    """
    found = connection.execute(query)
    described, shown = found.description or [], Shown()
    if len(described) > COLUMNS:
        raise LakeError(
            f"the answer has {len(described):,} columns, and {COLUMNS} are shown: name those you need"
        )
    columns = [{"name": shown.text(one[0]), "type": shown.text(str(one[1]))} for one in described]
    rows: list[list[Any]] = []
    size = 0
    while (row := found.fetchone()) is not None:
        told = [shown.value(value) for value in row]
        size += len(json.dumps(told))
        if size > BYTES and not rows:
            raise LakeError(
                f"a row of the answer has {size:,} bytes, and {BYTES:,} are shown: ask for less of it"
            )
        if len(rows) == ROWS or size > BYTES:
            return {"columns": columns, "rows": rows, "more": True, "cut": shown.cut}
        rows.append(told)
    return {"columns": columns, "rows": rows, "more": False, "cut": shown.cut}


class Shown:
    """Values of DuckDB as JSON has them; `cut` tells whether one was too long."""

    def __init__(self) -> None:
        self.cut = False

    def value(self, value: Any) -> Any:
        """Return a value in the types of JSON: moments as ISO 8601, what is no number there as a text."""
        if value is None or isinstance(value, bool | int):
            return value
        if isinstance(value, float):
            return value if math.isfinite(value) else str(value)
        if isinstance(value, list | tuple):
            self.cut |= len(value) > ENTRIES
            return [self.value(one) for one in value[:ENTRIES]]
        if isinstance(value, Mapping):
            self.cut |= len(value) > ENTRIES
            return {self.text(str(name)): self.value(one) for name, one in [*value.items()][:ENTRIES]}
        if isinstance(value, bytes | bytearray):
            return self.text(value[:LETTERS].hex())
        return self.text(value.isoformat() if isinstance(value, date | clock) else str(value))

    def text(self, text: str) -> str:
        """Return a text of which the end is left out where it is long."""
        if len(text) <= LETTERS:
            return plain(text)
        self.cut = True
        return f"{plain(text[:LETTERS])}… ({len(text):,} letters)"


def _look_at(query: str) -> None:
    """Let pass one statement that reads.

    Raises:
        LakeError: it is none, or several.
    """
    import duckdb

    from lake.queries import check_query

    check_query(query)
    # What PIVOT is made into has no text: a type of the values, and a SELECT.
    if len([one for one in duckdb.extract_statements(query) if one.type != duckdb.StatementType.CREATE]) > 1:
        raise LakeError("these are several statements: ask them one by one")


def _limit() -> None:
    """Take from this process what it does not need any more: writing files, endless memory and time."""
    for what, most in (
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_AS, ADDRESSES * 2**30),
        (resource.RLIMIT_CPU, math.ceil(most_seconds() + _GRACE) * THREADS),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (most, most))


def _answered(root: str, query: str, snapshot_id: str | None) -> dict[str, Any]:
    import duckdb

    from lake.catalog import connect
    from lake.snapshots import hold_snapshot

    begun = time.monotonic()
    try:
        _look_at(query)
        lake = locate(root)
        with (
            hold_snapshot(lake, snapshot_id) as snapshot,
            connect(snapshot.id, root=lake.root) as connection,
        ):
            fence(connection, lake)
            _limit()
            stop = threading.Timer(most_seconds(), connection.interrupt)
            stop.daemon = True
            stop.start()
            try:
                told = answer(connection, query)
            finally:
                stop.cancel()
            seconds = round(time.monotonic() - begun, 3)
            return {"snapshot": snapshot.id, **told, "seconds": seconds}
    except duckdb.InterruptException:
        return {"error": _too_much("time")}
    except (duckdb.OutOfMemoryException, MemoryError):
        return {"error": _too_much("memory")}
    except (LakeError, OSError, duckdb.Error) as error:
        return {"error": Shown().text(str(error))}


if __name__ == "__main__":
    asked = json.load(sys.stdin)
    print(json.dumps(_answered(sys.argv[1], asked["query"], asked["snapshot"]), allow_nan=False))
