"""A trial from beginning to end, and the grader's own: a right answer passes whole, each wrong one is caught."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
from collections.abc import Collection, Iterator
from pathlib import Path

from tests.evals.agents import Worked, work
from tests.evals.checks import DEAR, OF_GUIDES
from tests.evals.place import Place
from tests.evals.report import Result
from tests.evals.task import Task

_NOBODY = Worked(0.0, "nobody was asked")


def trial(task: Task, agent: str, root: Path, *, guides: bool = True) -> Result:
    """Prepare a place, let the agent work there, and grade what it left behind.

    Raises:
        ValueError: the agent is none that can be asked.
    """
    place = Place.prepare(root, task, guides=guides)
    with serving(place):
        return graded(place, agent, work(place, agent))


@contextlib.contextmanager
def serving(place: Place) -> Iterator[None]:
    """Serve the upstream of a task, if it has one, for the time of the block: `place.served` leads there."""
    serve = getattr(place.task.module, "serve", None)
    with serve(place) if serve else contextlib.nullcontext({}) as place.served:
        yield


def graded(place: Place, agent: str, done: Worked, *, without: Collection[str] = ()) -> Result:
    """Hold a place to the task's checks, `without` some. A check that breaks has found something, and says what.

    Where there are no guides, nothing is asked of what reads them.
    """
    found: dict[str, list[str]] = {}
    for name, check in place.task.checks.items():
        if name in without or (check in OF_GUIDES and not place.guides):
            continue
        try:
            found[name] = check(place)
        except Exception as error:
            found[name] = [f"could not be looked at: {type(error).__name__}: {error}"]
    said = (round(done.seconds, 1), done.ended, done.tokens, done.dollars)
    return Result(place.task.name, agent, place.guides, *said, found)


def examine(task: Task, root: Path) -> list[str]:
    """Grade the grader on one task: return what is wrong with it, after a line for each answer on stderr.

    What takes a minute and goes by the code alone is looked at where all is right, and of a wrong answer only where
    that is what has to find it.
    """
    wrong = []
    dear = {check.__name__ for check in (*DEAR, *task.dear)}
    place = Place.prepare(root, task)
    with serving(place):
        if not graded(place, "none", _NOBODY, without=dear).failed:
            wrong.append(f"{task.name}: nothing was done, and every check passed")
        task.module.solve(place)
        place.git("add", "-A")
        place.git("commit", "-q", "-m", "The right answer")
        right = graded(place, "right", _NOBODY)
        wrong += [
            f"{task.name}: the right answer fails {name}: {right.checks[name]}" for name in right.failed
        ]
        _tell(f"{task.name}: {len(right.checks)} checks, the right answer fails {right.failed or 'none'}")
        _copy(place.clone / "lake", place.root / "lake")
        for name, mutant in task.mutants.items():
            mutant.spoil(place)
            failed = graded(place, name, _NOBODY, without=dear - {mutant.caught_by}).failed
            _tell(f"{task.name}: {name}: failed {failed}, meant {mutant.caught_by}")
            if failed != [mutant.caught_by]:
                wrong.append(f"{task.name}: {name} fails {failed} and not {mutant.caught_by} alone")
            _undo(place)
    if not wrong:
        shutil.rmtree(root)
    return wrong


def _undo(place: Place) -> None:
    """Take back what a wrong answer did to the clone, code and lake."""
    place.git("reset", "-q", "--hard")
    place.git("clean", "-q", "-fd")
    shutil.rmtree(place.clone / "lake")
    _copy(place.root / "lake", place.clone / "lake")


def _copy(source: Path, target: Path) -> None:
    shutil.copytree(source, target, symlinks=True, copy_function=os.link)


def _tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
