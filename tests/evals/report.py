"""What came of trials: a JSON file, a table, and two of them side by side."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Result:
    """One trial: who worked on what, how, and by check what is wrong (nothing: it passed)."""

    task: str
    agent: str
    guides: bool
    seconds: float
    ended: str
    tokens: int | None
    dollars: float | None
    checks: Mapping[str, list[str]]

    @property
    def failed(self) -> list[str]:
        """The checks that found something."""
        return [name for name, faults in self.checks.items() if faults]


def write(path: Path, results: Iterable[Result]) -> None:
    """Write results as JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"results": [asdict(one) for one in results]}, indent=2) + "\n")


def read(path: Path) -> list[Result]:
    """Read results.

    Raises:
        ValueError: the file holds none.
    """
    try:
        return [Result(**one) for one in json.loads(path.read_text())["results"]]
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{path} holds no results: {error}") from error


def _by_task(results: Iterable[Result]) -> dict[str, list[Result]]:
    found: dict[str, list[Result]] = defaultdict(list)
    for one in results:
        found[one.task].append(one)
    return dict(sorted(found.items()))


def _cells(trials: list[Result]) -> dict[str, Any]:
    """Return what a line says of a task: checks passed at the first try, and of how many tries all passed."""
    first = trials[0]
    passed = sum(not one.failed for one in trials)
    return {
        "checks": f"{len(first.checks) - len(first.failed)} of {len(first.checks)}",
        "pass@1": f"{passed / len(trials):.2f}",
        "all": "yes" if passed == len(trials) else "no",
        "minutes": f"{sum(one.seconds for one in trials) / len(trials) / 60:.1f}",
        "failed": ", ".join(sorted({name for one in trials for name in one.failed})) or "nothing",
    }


def table(results: Iterable[Result]) -> str:
    """Return the results as a table in Markdown, a line a task; `pass@1` is the share of tries that passed whole."""
    lines = [
        "| task | tries | checks of the first | pass@1 | all of them | minutes | failed |",
        "|---|---|---|---|---|---|---|",
    ]
    for task, trials in _by_task(results).items():
        said = _cells(trials)
        lines.append(f"| {task} | {len(trials)} | {' | '.join(said.values())} |")
    return "\n".join(lines)


def compared(before: Iterable[Result], after: Iterable[Result]) -> str:
    """Return two sets of results side by side, a line a task that both have."""
    old, new = _by_task(before), _by_task(after)
    lines = [
        "| task | checks before | after | minutes before | after | no longer fails | fails now |",
        "|---|---|---|---|---|---|---|",
    ]
    for task in sorted(old.keys() & new.keys()):
        one, other = _cells(old[task]), _cells(new[task])
        was, now = ({name for trial in trials for name in trial.failed} for trials in (old[task], new[task]))
        mended, broken = (", ".join(sorted(names)) or "-" for names in (was - now, now - was))
        lines.append(
            f"| {task} | {one['checks']} | {other['checks']} | {one['minutes']} | {other['minutes']} | {mended} | {broken} |"
        )
    return "\n".join(lines)
