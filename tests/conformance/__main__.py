"""Tell what every source still lacks, layer by layer: `make conformance`, `make conformance SOURCE=nager`.

A gap is one line: the layer, the piece, the file to write and what to do, a file that shows how, and who
owns it. The exit status is 0 when nothing is lacking, 1 when something is.
"""

from __future__ import annotations

import argparse
import re
import sys
from dataclasses import dataclass
from pathlib import Path

from lake import answers
from lake.commands import collect_seldom, in_words
from tests.conformance import bronze, readers, silver  # noqa: F401  # they register their checks
from tests.conformance.finding import findings
from tests.conformance.project import Project
from tests.conformance.report import lines, owner
from tests.conformance.subject import Subject, strays, subjects

ROOT = Path(__file__).parents[2]
#: The smallest source is the one to imitate; the others where it has nothing to show.
REFERENCE = "nager"


def source_name(text: str) -> str:
    """Return a source's name, which is a module's as well."""
    if not re.fullmatch(r"[a-z][a-z0-9_]*", text):
        raise argparse.ArgumentTypeError(f"{text!r} is no name of a source: small letters, digits and _")
    return text


@dataclass(frozen=True)
class Lacking:
    """A piece of a source that is missing or not whole: the file to write, what to do, and who owns it.

    `unread` says why a piece could not be looked at; then there is no file to write.
    """

    source: str
    layer: str
    piece: str
    file: str
    todo: str
    owner: str
    unread: str


@dataclass(frozen=True)
class Conformance:
    """Every source that was looked at, and what is lacking."""

    sources: list[str]
    lacking: list[Lacking]


def conformance(project: Project, only: str | None = None) -> Conformance:
    """Return what every source lacks, or only one."""
    every = subjects(project)
    found = {subject.name: findings(subject) for subject in every if only in (None, subject.name)}
    if only and only not in found:
        found[only] = findings(Subject(project, only))
    lacking = [
        Lacking(name, one.layer, one.piece, gap.file, gap.todo, owner(project, gap.file), "")
        for name, all_of in found.items()
        for one in all_of
        for gap in one.gaps
    ]
    lacking += [
        Lacking(name, one.layer, one.piece, "", "", "", one.unread)
        for name, all_of in found.items()
        for one in all_of
        if one.unread
    ]
    lacking += [
        Lacking("", "bronze", "suite", gap.file, gap.todo, owner(project, gap.file), "")
        for gap in ([] if only else strays(project, every))
    ]
    return Conformance(sorted(found), lacking)


def report(project: Project, only: str | None = None) -> tuple[list[str], bool]:
    """Return the report in lines, and whether everything is there; `only` limits it to one source."""
    every = subjects(project)
    found = {subject.name: findings(subject) for subject in every}
    if only and only not in found:
        found[only] = findings(Subject(project, only))
    order = sorted(found, key=lambda name: (name != REFERENCE, name))
    told, is_whole = [], True
    for name in [only] if only else sorted(found):
        gaps = sum(len(one.gaps) for one in found[name])
        unread = sum(bool(one.unread) for one in found[name])
        counts = [f"lacks {gaps}"] * bool(gaps) + [f"{unread} could not be looked at"] * bool(unread)
        told.append(f"{name}: {', '.join(counts) or 'conforms'}")
        told += lines(project, found[name], [(other, found[other]) for other in order if other != name])
        is_whole = is_whole and not counts
    for gap in [] if only else strays(project, every):
        told.append(
            f"  lacks   {'bronze':<14} {'suite':<13} {gap.file}: {gap.todo} → {owner(project, gap.file)}"
        )
        is_whole = False
    return told, is_whole


@in_words
def main(arguments: list[str] | None = None) -> int:
    """Print the report and return 0 when nothing is lacking, else 1."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.conformance",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--source", type=source_name, help="look at this one only; it need not be there yet")
    parser.add_argument("--root", type=Path, default=ROOT, help="the project's folder, if it is another")
    parser.add_argument(answers.OPTION, action="store_true", help="answer with one JSON object")
    options = parser.parse_args(arguments)
    # The packages that are loaded are those of the folder that is looked at.
    sys.path.insert(0, str(options.root.resolve()))
    project = Project(options.root)
    project.begin_asking()
    if answers.wanted():
        answered = conformance(project, options.source)
        answers.answer(answered)
        return 1 if answered.lacking else 0
    told, is_whole = report(project, options.source)
    print(*told, sep="\n")
    return 0 if is_whole else 1


if __name__ == "__main__":
    collect_seldom()
    sys.exit(main())
