"""Agents, measured: `make eval AGENT='claude -p {sentence}'` lets one work on tasks and grades what it leaves behind.

python -m tests.evals run --agent 'claude -p {sentence}' --task doubled_month --repeat 3
python -m tests.evals self                      # the grader is graded: right answers pass, wrong ones are caught
python -m tests.evals compare BEFORE AFTER      # two files of results, before and after a change of the guides
python -m tests.evals prepare --task doubled_month --place FOLDER   # an agent that no command starts: prepare,
python -m tests.evals grade --place FOLDER                          # let it work in FOLDER/clone, and grade
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

from tests.evals import report
from tests.evals.agents import Worked
from tests.evals.place import ROOT, Place
from tests.evals.task import load, names
from tests.evals.trial import examine, graded, serving, trial

RESULTS = ROOT / "target" / "evals"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tests.evals",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    verbs = parser.add_subparsers(dest="verb", required=True)
    run = verbs.add_parser("run", help="let an agent work, and grade")
    run.add_argument("--agent", required=True, help="none, patch:<file>, or a command with {sentence} in it")
    run.add_argument("--repeat", type=int, default=1)
    run.add_argument(
        "--no-guides", action="store_true", help="in a clone without CLAUDE.md files, subagents and skills"
    )
    own = verbs.add_parser("self", help="grade the grader")
    prepare = verbs.add_parser("prepare", help="make a place, and leave it to be worked in")
    grade = verbs.add_parser("grade", help="grade a place in which somebody has worked")
    for verb in (prepare, grade):
        verb.add_argument("--place", type=Path, required=True)
    prepare.add_argument("--no-guides", action="store_true")
    grade.add_argument("--minutes", type=float, default=0.0, help="how long it took, as whoever watched says")
    for verb in (run, own, prepare):
        verb.add_argument(
            "--task", action="append", help=f"one or more of {', '.join(names())}; all, if not given"
        )
    compare = verbs.add_parser("compare", help="two files of results side by side")
    compare.add_argument("before", type=Path, nargs="?", help="the last but one, if not given")
    compare.add_argument("after", type=Path, nargs="?", help="the last")
    return parser


def main(arguments: list[str] | None = None) -> int:
    """Carry out one command; exit status 1 where a check failed, 2 where the command itself could not be carried out."""
    asked = _parser().parse_args(arguments)
    try:
        return _carry_out(asked)
    except (ValueError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2


def _carry_out(asked: argparse.Namespace) -> int:
    if asked.verb == "compare":
        kept = sorted(RESULTS.glob("*.json"))[-2:]
        if not asked.after and len(kept) < 2:
            raise ValueError(f"{RESULTS.relative_to(ROOT)} holds {len(kept)} results: two runs are compared")
        before, after = (asked.before, asked.after) if asked.after else kept
        print(report.compared(report.read(before), report.read(after)))
        return 0
    if asked.verb == "grade":
        place = Place.reopen(asked.place)
        with serving(place):
            results = [graded(place, "by hand", Worked(asked.minutes * 60, "as whoever watched says"))]
        return _told(results)
    tasks = [load(name) for name in asked.task or names()]
    if asked.verb == "prepare":
        for task in tasks:
            place = Place.prepare(asked.place, task, guides=not asked.no_guides)
            print(f"{place.clone}\n{task.sentence}")
        return 0
    base = Path(tempfile.mkdtemp(prefix="evals-"))
    if asked.verb == "self":
        wrong = [line for task in tasks for line in examine(task, base / task.name)]
        mutants = sum(len(task.mutants) for task in tasks)
        print(
            "\n".join(
                [*wrong, f"{len(tasks)} tasks, {mutants} wrong answers, {len(wrong)} faults of the grader"]
            )
        )
        return 1 if wrong else 0
    results = []
    for task in tasks:
        for number in range(asked.repeat):
            root = base / f"{task.name}-{number + 1}"
            results.append(trial(task, asked.agent, root, guides=not asked.no_guides))
            print(f"{task.name}: failed {results[-1].failed or 'nothing'} (kept in {root})", file=sys.stderr)
    return _told(results)


def _told(results: list[report.Result]) -> int:
    path = RESULTS / f"{time.strftime('%Y%m%d-%H%M%S')}.json"
    report.write(path, results)
    print(f"{report.table(results)}\n\nwritten to {path.relative_to(ROOT)}")
    return 1 if any(one.failed for one in results) else 0


if __name__ == "__main__":
    sys.exit(main())
