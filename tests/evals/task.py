"""A task: a sentence for an agent, what is prepared for it, and what its work is held to."""

from __future__ import annotations

import importlib
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from tests.structure.copies import edit

if TYPE_CHECKING:
    from tests.evals.place import Place

TASKS = Path(__file__).parent / "tasks"
#: Looks at what an agent left behind, and returns what is wrong with it; nothing where all is well.
Check = Callable[["Place"], list[str]]
#: Does to a place what an agent is to do, or spoils what was done.
Doing = Callable[["Place"], None]


@dataclass(frozen=True)
class Mutant:
    """A way in which an answer can be wrong, and the one check that has to find it."""

    spoil: Doing
    caught_by: str


def edited(caught_by: str, *edits: tuple[str, str, str]) -> Mutant:
    """Return a wrong answer that replaces in files what matches there in one place: file, pattern, replacement."""

    def spoil(place: Place) -> None:
        for file, old, new in edits:
            edit(place.clone, file, old, new)

    return Mutant(spoil, caught_by)


@dataclass(frozen=True)
class Task:
    """One task. `may_change` are globs of the files that are its own; nothing else may differ afterwards.

    `minutes` is how long an agent may take. What only code can say stands in the module of the folder: `prepare`,
    `CHECKS`, `solve` (a right answer), `MUTANTS` (wrong ones by name) and, where it has an upstream of its own, `serve`.
    """

    name: str
    kind: str
    sentence: str
    minutes: int
    may_change: tuple[str, ...]
    module: ModuleType

    @property
    def checks(self) -> Mapping[str, Check]:
        """What the work is held to, by name."""
        return {check.__name__: check for check in self.module.CHECKS}

    @property
    def dear(self) -> Sequence[Check]:
        """The checks of its own that take as long as those of `checks.DEAR`."""
        return getattr(self.module, "DEAR", ())

    @property
    def mutants(self) -> Mapping[str, Mutant]:
        """Wrong answers by name."""
        found: Mapping[str, Mutant] = self.module.MUTANTS
        return found


def names() -> list[str]:
    """Return the names of all tasks."""
    return sorted(path.parent.name for path in TASKS.glob("*/task.toml"))


def load(name: str) -> Task:
    """Read a task.

    Raises:
        ValueError: there is none of that name.
    """
    if name not in names():
        raise ValueError(f"no task {name!r}; there are {', '.join(names())}")
    told = tomllib.loads((TASKS / name / "task.toml").read_text())
    return Task(
        name,
        told["kind"],
        " ".join(told["sentence"].split()),
        told["minutes"],
        tuple(told.get("may_change", ())),
        importlib.import_module(f"tests.evals.tasks.{name}"),
    )
