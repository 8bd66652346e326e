"""The report: per source one line for each layer that is whole, and one for each gap."""

from __future__ import annotations

from collections.abc import Iterable

from tests.conformance.finding import Finding, Gap, UnreadError
from tests.conformance.project import Project

_OWNERS = ".awos/scripts/owners.py"


def owner(project: Project, file: str) -> str:
    """Return which subagent owns a file, whether it is there or yet to be written."""
    try:
        owners = project.load(_OWNERS)
        return " and ".join(owners.owners_of(file, owners.owners(project.root))) or "nobody"
    except (UnreadError, OSError, ValueError) as error:
        return f"(owners cannot be read: {error})"


def _gap(project: Project, gap: Gap, layer: str, piece: str, reference: tuple[str, str] | None) -> str:
    like = ""
    if reference:
        name, file = reference
        like = f" (as {file})" if file != gap.file else f" (as {name} does)"
    return f"  lacks   {layer:<14} {piece:<13} {gap.file}: {gap.todo}{like} → {owner(project, gap.file)}"


def lines(
    project: Project, found: list[Finding], reference: Iterable[tuple[str, list[Finding]]]
) -> list[str]:
    """Return the report on one source; `reference` are the others' findings, the one to imitate first."""
    told: list[str] = []
    seen: set[str] = set()
    models = [(name, one) for name, findings in reference for one in findings if one.is_ok]
    for layer in dict.fromkeys(one.layer for one in found):
        pieces = [one for one in found if one.layer == layer]
        if whole := [one.piece for one in pieces if one.is_ok]:
            told.append(f"  ok      {layer:<14} {', '.join(whole)}")
        for one in pieces:
            like = next(
                ((name, m.file) for name, m in models if (m.layer, m.piece) == (layer, one.piece)), None
            )
            told += [_gap(project, gap, layer, one.piece, like) for gap in one.gaps]
        if unread := [one for one in pieces if one.unread]:
            names = ", ".join(one.piece for one in unread)
            why = unread[0].unread
            told.append(f"  unread  {layer:<14} {names}: {why if why not in seen else 'for the same reason'}")
            seen.add(why)
    return told
