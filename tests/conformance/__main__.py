"""Tell what every source still lacks, layer by layer: `make conformance`, `make conformance SOURCE=nager`.

A gap is one line: the layer, the piece, the file to write and what to do, a file that shows how, and who
owns it. The exit status is 0 when nothing is lacking, 1 when something is.
"""

from __future__ import annotations

import argparse
import gc
import re
import sys
from pathlib import Path

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


def main(arguments: list[str] | None = None) -> int:
    """Print the report and return 0 when nothing is lacking, else 1."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.conformance",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--source", type=source_name, help="look at this one only; it need not be there yet")
    parser.add_argument("--root", type=Path, default=ROOT, help="the project's folder, if it is another")
    options = parser.parse_args(arguments)
    # The packages that are loaded are those of the folder that is looked at.
    sys.path.insert(0, str(options.root.resolve()))
    project = Project(options.root)
    project.begin_asking()
    told, is_whole = report(project, options.source)
    print(*told, sep="\n")
    return 0 if is_whole else 1


if __name__ == "__main__":
    # It ends before there is much garbage: to look for it took a tenth.
    gc.disable()
    sys.exit(main())
