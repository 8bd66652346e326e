"""What a check says of one piece of a source, and the list of all checks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.conformance.subject import Subject


class UnreadError(Exception):
    """A part of the project cannot be read; the message says why, in one line."""


@dataclass(frozen=True)
class Gap:
    """What is missing: the file to write or change, and what to do in it."""

    file: str
    todo: str


@dataclass(frozen=True)
class Found:
    """Where a piece is, in words for a person, and what it lacks. `file` is what others may imitate."""

    file: str
    gaps: list[Gap] = field(default_factory=list)


@dataclass(frozen=True)
class Finding:
    """The outcome of one check. `unread` says why it could not be looked at; then there are no gaps."""

    layer: str
    piece: str
    file: str = ""
    gaps: tuple[Gap, ...] = ()
    unread: str = ""

    @property
    def is_ok(self) -> bool:
        """Whether the piece is there and whole."""
        return not self.gaps and not self.unread


Check = Callable[["Subject"], Found]
#: Every check in the order of the data's way, by (layer, piece).
CHECKS: dict[tuple[str, str], Check] = {}


def piece(layer: str, name: str, *, of_each_table: bool = False) -> Callable[[Check], Check]:
    """Register a check for this piece of a layer, which the source has once, or once for each of its tables."""

    def register(check: Check) -> Check:
        CHECKS[layer, name] = _for_each_table(check) if of_each_table else check
        return check

    return register


def _for_each_table(check: Check) -> Check:
    def of_all(subject: Subject) -> Found:
        found = [check(part) for part in subject.parts]
        return Found(found[0].file, [gap for one in found for gap in one.gaps])

    return of_all


def findings(subject: Subject) -> list[Finding]:
    """Run every check on a source. A check that cannot read the project says so and stops no other."""
    found = []
    for (layer, name), check in CHECKS.items():
        # What is a skeleton owes what its marks say, whatever it looks like: the rule of all pieces.
        if marks := subject.project.marks.get((subject.name, f"{layer} {name}")):
            found.append(Finding(layer, name, marks[0].file, tuple(marks)))
            continue
        try:
            one = check(subject)
        except UnreadError as error:
            found.append(Finding(layer, name, unread=str(error)))
        # What is half done may be anything: the other checks are to be heard all the same.
        except Exception as error:
            found.append(Finding(layer, name, unread=f"{type(error).__name__}: {error}"))
        else:
            found.append(Finding(layer, name, one.file, tuple(one.gaps)))
    return found + list(_of_no_piece(subject))


def _of_no_piece(subject: Subject) -> Iterator[Finding]:
    """Yield what marks owe that no check knows: somebody has written them by hand."""
    pieces = {f"{layer} {name}" for layer, name in CHECKS}
    for (source, piece), marks in subject.project.marks.items():
        if source == subject.name and piece not in pieces:
            for gap in marks:
                layer = next((layer for layer, _ in CHECKS if f"{layer}/" in gap.file), "bronze")
                yield Finding(layer, "mark", gap.file, (gap,))
