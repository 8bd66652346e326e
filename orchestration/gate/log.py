"""What every gate said over the runs, kept below `lake/reports/gates` for the data docs.

A judgement is one JSON file, `<layer>/<table>/<time>-<subject>.json`. It holds counts and up to twenty
examples per expectation, never all rows: those of a refusal are in quarantine, as Parquet.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lake.files import read_json, write_json
from lake.layout import Lake

if TYPE_CHECKING:
    from orchestration.gate.result import GateResult

_EXAMPLES = 20
#: Judgements kept of each table besides its refusals, which all stay.
KEEP = 100
_LONGEST = 300


@dataclass(frozen=True)
class Judgement:
    """One judgement as it was kept.

    `key` is its path below the log without suffix, and `content` has `judged_at` (ISO 8601, UTC), `result`
    (as `GateResult.as_dict`), `snapshot` (None for bronze) and `gx`, Great Expectations' own result.
    """

    key: str
    content: dict[str, Any]

    @property
    def result(self) -> dict[str, Any]:
        """The result in our own words."""
        found: dict[str, Any] = self.content["result"]
        return found

    @property
    def failed(self) -> list[dict[str, Any]]:
        """The checks that did not hold, those that refuse first."""
        checks = [check for check in self.result["checks"] if not check["success"]]
        return sorted(checks, key=lambda check: check["severity"] != "critical")

    @property
    def state(self) -> str:
        """`refused`, `warned` or `passed`."""
        if not self.result["passed"]:
            return "refused"
        return "warned" if self.failed else "passed"


def keep(lake: Lake, result: GateResult, *, snapshot: str | None = None) -> Path | None:
    """Keep a judgement and return its file; None if nothing was judged (no suite, nothing built)."""
    if result.passed and not result.checks:
        return None
    now = datetime.now(UTC)
    subject = re.sub(r"[^A-Za-z0-9_.]+", "-", result.subject)
    folder = lake.reports / "gates" / result.layer / result.table
    folder.mkdir(parents=True, exist_ok=True)
    # To the microsecond: names sort in the order of judging.
    path = folder / f"{now.strftime('%Y%m%d-%H%M%S-%f')}-{subject}.json"
    said = result.as_dict()
    for check in said["checks"]:
        check["rows_query"] = None  # it names a connection that is gone
        check["exception"] = _cut(check["exception"])
    if result.report is not None:
        said["report"] = lake.short(result.report)
    gx = json.loads(json.dumps(_cut(result.raw), default=str))
    content = {"judged_at": now.isoformat(timespec="seconds"), "snapshot": snapshot, "result": said, "gx": gx}
    write_json(path, content)
    return path


def trim(lake: Lake, newest: int = KEEP) -> int:
    """Remove what is older than the `newest` judgements of each table, refusals excepted; return how many."""
    removed = 0
    for table in (lake.reports / "gates").glob("*/*/"):
        for path in sorted(table.glob("[!.]*.json"), reverse=True)[newest:]:
            if _read(path)["result"]["passed"]:
                path.unlink()
                removed += 1
    return removed


def judgements(lake: Lake) -> Iterator[Judgement]:
    """Yield the kept judgements, newest first.

    Raises:
        DamagedError: a file of the log cannot be read, or is none of it; the message names it.
    """
    root = lake.reports / "gates"
    for path in sorted(root.glob("*/*/[!.]*.json"), key=lambda path: path.name, reverse=True):
        yield Judgement(str(path.relative_to(root).with_suffix("")), _read(path))


def _read(path: Path) -> dict[str, Any]:
    kept: dict[str, Any] = read_json(path, {"judged_at": str, "result": dict, "gx": dict}, mend="remove it")
    return kept


def _cut(value: Any) -> Any:
    """Return `value` with its long lists and texts cut: a refusal may list a million rows."""
    if isinstance(value, dict):
        return {
            # An expectation is made of its query again for the pages: cut within a brace, it cannot be.
            str(name): inner if name == "unexpected_rows_query" else _cut(inner)
            for name, inner in value.items()
            if name != "exception_traceback"
        }
    if isinstance(value, list | tuple):
        return [_cut(inner) for inner in value[:_EXAMPLES]]
    if isinstance(value, str) and len(value) > _LONGEST:
        return f"{value[:_LONGEST]}…"
    return value
