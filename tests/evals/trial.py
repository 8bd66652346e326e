"""A trial from beginning to end, and the grader's own: a right answer passes whole, each wrong one is caught."""

from __future__ import annotations

import contextlib
import shutil
import sys
from collections.abc import Iterable
from pathlib import Path

from tests.evals.agents import Worked, work
from tests.evals.place import Place
from tests.evals.report import Result
from tests.evals.task import Task


def trial(task: Task, agent: str, root: Path, *, guides: bool = True) -> Result:
    """Prepare a place, let the agent work there, and grade what it left behind.

    Raises:
        ValueError: the agent is none that can be asked.
    """
    place = Place.prepare(root, task, guides=guides)
    with serving(place) as environment:
        done = work(place, agent, **environment)
        return graded(place, agent, done, guides=guides)


def serving(place: Place) -> contextlib.AbstractContextManager[dict[str, str]]:
    """Serve the upstream of a task, if it has one; the block gets the variables that lead there."""
    serve = getattr(place.task.module, "serve", None)
    return serve(place) if serve else contextlib.nullcontext({})


def graded(
    place: Place, agent: str, done: Worked, *, guides: bool = True, only: Iterable[str] = ()
) -> Result:
    """Hold a place to the task's checks. A check that breaks has found something, and says what."""
    chosen = set(only) or place.task.checks.keys()
    found: dict[str, list[str]] = {}
    for name, check in place.task.checks.items():
        if name in chosen:
            try:
                found[name] = check(place)
            except Exception as error:
                found[name] = [f"could not be looked at: {type(error).__name__}: {error}"]
    said = (round(done.seconds, 1), done.ended, done.tokens, done.dollars)
    return Result(place.task.name, agent, guides, *said, found)


def examine(task: Task, root: Path) -> list[str]:
    """Grade the grader on one task: return what is wrong with it, after a line for each answer on stderr."""
    wrong = []
    place = Place.prepare(root, task)
    with serving(place):
        untouched = graded(place, "none", Worked(0, ""))
        if not untouched.failed:
            wrong.append(f"{task.name}: nothing was done, and every check passed")
        task.module.solve(place)
        place.git("add", "-A")
        place.git("commit", "-q", "-m", "The right answer")
        right = graded(place, "right", Worked(0, ""))
        wrong += [
            f"{task.name}: the right answer fails {name}: {right.checks[name]}" for name in right.failed
        ]
        print(
            f"{task.name}: {len(right.checks)} checks, the right answer fails {right.failed}", file=sys.stderr
        )
        for name, mutant in task.mutants.items():
            mutant.spoil(place)
            spoilt = graded(place, name, Worked(0, ""))
            print(f"{task.name}: {name}: failed {spoilt.failed}, meant {mutant.caught_by}", file=sys.stderr)
            if spoilt.failed != [mutant.caught_by]:
                wrong.append(f"{task.name}: {name} fails {spoilt.failed} and not {mutant.caught_by} alone")
            place.git("reset", "-q", "--hard")
            place.git("clean", "-q", "-fd")
    if not wrong:
        shutil.rmtree(root)
    return wrong
