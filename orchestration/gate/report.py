"""The report on a refusal: what was refused and why, for people, with all offending rows as Parquet."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from lake.files import sync_folder, sync_tree, utc_now
from lake.layout import temporary_name
from lake.paths import remove_tree

if TYPE_CHECKING:
    from orchestration.gate.result import Check, GateResult

_EXAMPLES = 10
#: Columns that say where a row came from, printed before the ones a rule names.
_ORIGIN = ("batch", "version", "source_member", "source_record")
_WAY_FORWARD = """\
## The way forward

- **Fix it upstream, or wait.** A corrected file is landed as the next version of the batch, and judged anew.
- **Change the suite**, if it is the suite that is wrong. A refused version is judged again when its suite
  changes.
- **Accept it with a reason**, if the data is right as it is: `make accept BATCH={batch} REASON="…"`. The
  reason is recorded and shown wherever the data is; rows that silver cannot read are rejected there all the
  same.
- **Hold it with a reason**, to keep it out until somebody decides: `make hold BATCH={batch} REASON="…"`.
"""
_WAY_FORWARD_LAYER = """\
## The way forward

The snapshot was not published; readers still see the one before. The fault is in a model, or in a version
that the gate on bronze let through: find the rows above in their batches, repair the model or extend the
suite of bronze, and run again.
"""


def write_report(result: GateResult, connection: duckdb.DuckDBPyConnection, folder: Path) -> Path:
    """Write `report.md`, `result.json`, `gx.json` and `rows/<check>.parquet` into `folder`.

    Returns the path of the report.

    The folder appears whole, by one rename; an earlier report there is replaced. `connection` is the one
    that was judged: the offending rows are queried on it, every one of them.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    temporary = temporary_name(folder)
    remove_tree(temporary, folder.parent)
    (temporary / "rows").mkdir(parents=True)
    sections = [
        _section(check, connection, temporary / "rows") for check in (*result.refusals, *result.warnings)
    ]
    (temporary / "report.md").write_text(_page(result, sections), encoding="utf-8")
    for name, content in (("result.json", result.as_dict()), ("gx.json", result.raw)):
        text = json.dumps(content, indent=2, ensure_ascii=False, default=str)
        (temporary / name).write_text(text + "\n", encoding="utf-8")
    sync_tree(temporary)
    old = temporary_name(folder.with_name(f"{folder.name}.old"))
    if folder.exists():
        folder.rename(old)
    temporary.rename(folder)
    sync_folder(folder.parent)
    remove_tree(old, folder.parent)
    return folder / "report.md"


def _page(result: GateResult, sections: list[str]) -> str:
    refusals, warned = len(result.refusals), len(result.warnings)
    batch = result.subject.partition(" version ")[0]
    way = _WAY_FORWARD.format(batch=batch) if result.layer == "bronze" else _WAY_FORWARD_LAYER
    head = (
        f"# Refused: {result.layer} {result.table}, {result.subject}\n\n"
        f"Judged {utc_now()} by suite `{result.suite}` ({result.suite_hash}): "
        f"{len(result.checks)} checks, {refusals} refuse, {warned} warn.\n"
    )
    notes = [] if result.note is None else [f"**{result.note}**\n"]
    return "\n".join([head, *notes, *sections, way])


def _section(check: Check, connection: duckdb.DuckDBPyConnection, rows: Path) -> str:
    kind = "Refuses" if check.blocks else "Warns"
    lines = [f"## {kind}: {check.title}", "", f"**{check.extent}.** {check.reason}", ""]
    if check.exception is not None:
        lines += ["```", check.exception.strip()[:2000], "```", ""]
    elif check.rows_query is not None:
        target = rows / f"{check.name}.parquet"
        connection.execute(
            f"copy ({check.rows_query}) to '{_quoted(target)}' (format parquet, compression zstd)"
        )
        found = connection.sql(f"from read_parquet('{_quoted(target)}')")
        names = _columns(found.columns, check.show)
        examples = (
            found.select(*(duckdb.ColumnExpression(name) for name in names)).limit(_EXAMPLES).fetchall()
        )
        filled = [i for i in range(len(names)) if any(row[i] is not None for row in examples)]
        lines += _table([names[i] for i in filled], [tuple(row[i] for i in filled) for row in examples])
        lines += ["", f"All of them: `rows/{target.name}`", ""]
    return "\n".join(lines)


def _columns(available: list[str], show: tuple[str, ...]) -> list[str]:
    named = [name for name in (*_ORIGIN, *(name.strip('"') for name in show)) if name in available]
    return list(dict.fromkeys(named)) if show and named else available[:10]


def _table(names: list[str], rows: list[tuple[Any, ...]]) -> list[str]:
    body = ["| " + " | ".join(_cell(value) for value in row) + " |" for row in rows]
    return ["| " + " | ".join(names) + " |", "|" + " --- |" * len(names), *body]


def _cell(value: Any) -> str:
    if value is None:
        return ""
    text = " ".join(str(value).split()) or "(blank)"
    return (text if len(text) <= 60 else f"{text[:59]}…").replace("|", "\\|")


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")
