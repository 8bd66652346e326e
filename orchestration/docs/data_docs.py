"""Data docs: the kept judgements as pages, their expectations rendered by Great Expectations.

Great Expectations' own page frame loads its style and scripts from the web and hides a refused batch among
thousands that passed; here its renderer makes the content, and the frame and the list are ours.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lake.layout import Lake
from orchestration.docs.page import render, write_page
from orchestration.gate.log import Judgement, judgements

FOLDER = "gate-pages"
_LINK = re.compile(r"<a\b[^>]*>(.*?)</a>", re.DOTALL)
#: Great Expectations' headings begin at the fifth level; below the page's own stand the second and third.
_HEADING = re.compile(r"(</?h)([56])\b")
_GROUPS = (("refused", "Refused"), ("warned", "Passed with warnings"), ("passed", "Passed"))


@dataclass(frozen=True)
class Row:
    """One line of the list: a judgement in words. `key` is its page's path below the data docs."""

    key: str
    when: str
    layer: str
    table: str
    subject: str
    state: str
    checks: int
    why: str
    snapshot: str | None


def write_data_docs(lake: Lake, origin: str | None) -> list[Row]:
    """Write a page for every kept judgement that has none yet, and the list of all; return the list's rows.

    Pages lie in `lake/reports/gate-pages`. A judgement never changes, so its page is made once; pages of
    judgements that are no longer kept are removed.

    Raises:
        DamagedError: a kept judgement cannot be read; the message names its file.
    """
    folder = lake.reports / FOLDER
    rows = []
    newest_source = max(path.stat().st_mtime for path in Path(__file__).parent.rglob("*.*"))
    for judgement in judgements(lake):
        row = _row(judgement)
        rows.append(row)
        page = folder / f"{row.key}.html"
        if not page.exists() or page.stat().st_mtime < newest_source:
            write_page(page, _page(judgement, row, origin))
    pages = {folder / f"{row.key}.html" for row in rows}
    for path in folder.glob("*/*/*.html"):
        if path not in pages:
            path.unlink()
    groups = [(heading, [row for row in rows if row.state == state]) for state, heading in _GROUPS]
    write_page(folder / "index.html", render("judgements.html.j2", home="../", origin=origin, groups=groups))
    return rows


def _row(judgement: Judgement) -> Row:
    result = judgement.result
    return Row(
        key=judgement.key,
        when=str(judgement.content["judged_at"])[:19].replace("T", " "),
        layer=result["layer"],
        table=result["table"],
        subject=result["subject"],
        state=judgement.state,
        checks=len(result["checks"]),
        why="; ".join(check["title"] for check in judgement.failed) or result["note"] or "",
        snapshot=judgement.content["snapshot"],
    )


def _page(judgement: Judgement, row: Row, origin: str | None) -> str:
    from markupsafe import Markup

    failed = [
        (check, "refused" if check["severity"] == "critical" else "warned", extent(check))
        for check in judgement.failed
    ]
    return render(
        "judgement.html.j2",
        home="../../../",
        origin=origin,
        row=row,
        result=judgement.result,
        snapshot=judgement.content["snapshot"],
        failed=failed,
        batch=row.subject.partition(" version ")[0],
        # Every text in it was escaped before it was rendered.
        gx=Markup(_rendered(_escaped(judgement.content["gx"]))) if judgement.content["gx"] else "",  # noqa: S704
    )


def extent(check: dict[str, Any]) -> str:
    """Say how much of the subject a kept check found wrong, in the words of the gate's own report."""
    from dataclasses import fields

    from orchestration.gate.result import Check

    known = {field.name for field in fields(Check)}
    return Check(**{name: value for name, value in check.items() if name in known}).extent


def _escaped(value: Any) -> Any:
    """Return a validation result with its texts escaped: Great Expectations puts them into HTML as they are.

    Column names and values come from upstream files.
    """
    if isinstance(value, dict):
        return {html.escape(name): _escaped(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_escaped(inner) for inner in value]
    return html.escape(value) if isinstance(value, str) else value


def _rendered(raw: dict[str, Any]) -> str:
    """Return Great Expectations' rendering of a validation result: the sections, without page and scripts."""
    from great_expectations.core.expectation_validation_result import expectationSuiteValidationResultSchema
    from great_expectations.render.renderer import ValidationResultsPageRenderer
    from great_expectations.render.view import DefaultJinjaSectionView

    # Importing an expectation of our own is what makes it known to the renderer.
    from bronze.expectations.rules import rows_within  # noqa: F401
    from orchestration.gate.gx_duckdb import quiet

    with quiet():
        document = ValidationResultsPageRenderer(run_info_at_end=True).render(
            expectationSuiteValidationResultSchema.load(raw)
        )
        view = DefaultJinjaSectionView()
        # The last section repeats how we named the connection; the facts above say it better.
        sections: Iterable[Any] = document.sections[:-1]
        rendered = "".join(
            view.render({"section": section.to_json_dict(), "section_loop": {"index": number}})
            for number, section in enumerate(sections, start=1)
        )
    return _HEADING.sub(lambda tag: f"{tag[1]}{int(tag[2]) - 3}", _LINK.sub(r"\1", rendered))
