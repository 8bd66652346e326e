"""The generated documents in one static place, `lake/reports/index.html`, and a server on the loopback."""

from __future__ import annotations

import functools
import html
import re
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from lake.errors import LakeError
from lake.files import exclusive_lock
from lake.layout import Lake
from lake.pin import read_pin
from lake.snapshots import Snapshot, hold_snapshot, list_snapshots
from lake.versions import Version, all_versions
from orchestration.docs.data_docs import FOLDER, Row, write_data_docs
from orchestration.docs.dbt_docs import write_dbt_docs
from orchestration.docs.page import render, write_page

NOTEBOOKS = "notebooks"
_OF = re.compile(r'<meta name="snapshot" content="([^"]+)">')
_TITLE = re.compile(r"<title>(.*?)</title>", re.DOTALL)


def write_site(lake: Lake) -> Path:
    """Write data docs, dbt docs and the index over them, and return the index.

    They describe the published snapshot and every judgement kept so far. Running it again replaces them.

    Raises:
        NothingPublishedError: nothing is published yet.
        BusyError: another process is making them.
        LakeError: dbt could not make its docs.
    """
    with (
        exclusive_lock(lake.work / "docs.lock", "another process is making the docs; wait for it"),
        hold_snapshot(lake) as snapshot,
    ):
        rows = write_data_docs(lake, snapshot.facts["origin"])
        models = write_dbt_docs(lake, snapshot)
        index = lake.reports / "index.html"
        write_page(index, _index(lake, snapshot, rows, models))
        return index


def _index(lake: Lake, snapshot: Snapshot, rows: list[Row], models: int) -> str:
    accepted, completed = snapshot.facts["accepted"], snapshot.facts["completed_at"][:16].replace("T", " ")
    return render(
        "index.html.j2",
        home="",
        origin=snapshot.facts["origin"],
        told=f"Snapshot {snapshot.id}, completed {completed} UTC, of {len(accepted)} accepted batches.",
        pin=pin.told() if (pin := read_pin(lake)) else None,
        judged=len(rows),
        tables=len({(row.layer, row.table) for row in rows}),
        refused=sum(row.state == "refused" for row in rows),
        models=models,
        notebooks=list(_notebooks(lake, snapshot)),
        out=_kept_out(lake, snapshot, rows),
        published=_tables(lake, snapshot, rows),
    )


def _notebooks(lake: Lake, snapshot: Snapshot) -> Iterator[dict[str, str]]:
    for path in sorted((lake.reports / NOTEBOOKS).glob("[!.]*.html")):
        page = path.read_text(encoding="utf-8")
        title, of = _TITLE.search(page), _OF.search(page)
        name = of[1] if of else "unknown"
        yield {
            "href": f"{NOTEBOOKS}/{path.name}",
            "title": html.unescape(title[1]).strip() if title else path.stem,
            "of": "this snapshot" if name == snapshot.id else f"snapshot {name}",
        }


def _kept_out(lake: Lake, snapshot: Snapshot, rows: list[Row]) -> list[dict[str, Any]]:
    """List the versions newer than the snapshot's of their batch, or of a batch it has not, and why."""
    serving = {
        (source, table, batch): number for source, table, batch, number, *_ in snapshot.facts["accepted"]
    }
    pages = {(row.table, row.subject): row.key for row in reversed(rows) if row.layer == "bronze"}

    def one(version: Version) -> dict[str, Any]:
        verdict = version.verdict or {}
        key = pages.get((version.table, str(version)))
        return {
            "table": version.table,
            "subject": str(version),
            "state": verdict.get("state", "not judged"),
            "by": verdict.get("by", ""),
            "why": verdict.get("reason", ""),
            "href": f"{FOLDER}/{key}.html" if key else None,
        }

    return [
        one(version)
        for version in all_versions(lake)
        if version.number > serving.get((version.source, version.table, version.batch), 0)
    ]


def _line(lake: Lake, snapshot: Snapshot) -> set[str]:
    """Return the ids of a snapshot and of those it was built on, as far as they are still there."""
    ids = {snapshot.id}
    known = {one.id: one.parent for one in list_snapshots(lake)}
    parent = snapshot.parent
    while parent in known and parent not in ids:
        ids.add(parent)
        parent = known[parent]
    return ids | ({parent} if parent else set())


def _tables(lake: Lake, snapshot: Snapshot, rows: list[Row]) -> list[dict[str, Any]]:
    # What was built into a parent was judged with the parent; a build that was not published is no one's.
    line = _line(lake, snapshot)
    latest = {f"{row.layer}.{row.table}": row for row in reversed(rows) if row.snapshot in line}
    found = []
    for name, count in snapshot.facts["rows"].items():
        # Of bronze a gate judges versions, not the table.
        row = None if name.startswith("bronze.") else latest.get(name)
        gate = {"href": f"{FOLDER}/{row.key}.html", "when": row.when, "state": row.state} if row else {}
        found.append({"name": name, "rows": count, "href": None, **gate})
    return found


class _Handler(SimpleHTTPRequestHandler):
    """Files of the site, without a line in the terminal for each."""

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the name in the base class
        """Say nothing."""


@contextmanager
def serving(folder: Path, port: int) -> Iterator[str]:
    """Serve a folder on the loopback and yield the address. Port 0 takes a free one.

    Raises:
        LakeError: the port is taken.
    """
    import threading

    handler = functools.partial(_Handler, directory=str(folder))
    try:
        server = ThreadingHTTPServer(("127.0.0.1", port), handler)
    except OSError as error:
        raise LakeError(
            f"port {port} cannot be used ({error.strerror}): choose another, PORT=8081"
        ) from error
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()
