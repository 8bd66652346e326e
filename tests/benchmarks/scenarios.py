"""What is measured: a lake from nothing, a run when nothing is new, and one more month on lakes that grow."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from tests.benchmarks.agree import disagreements
from tests.benchmarks.measure import BenchError
from tests.benchmarks.runs import Bench, Run, median_of, ratio
from tests.benchmarks.upstream import months

FRESH_MONTHS = 2
#: Trips in each month of `growth`: so few that what is left is the work that goes with the number of months.
GROWTH_ROWS = 150
#: Months in the lake of `growth`: of ten months there are 21 batches, of 145 there are 303.
GROWTH = {"unchanged": (10, 145), "added": (12, 60, 200)}
#: A scenario's figures, as they are written to JSON.
Figures = dict[str, Any]


@dataclass
class Session:
    """The scenarios of one call. They share a lake, so that what one has built another need not build again.

    `say` is told what goes on; `repeat` is how often each figure is taken.
    """

    bench: Bench
    repeat: int
    sizes: Sequence[int]
    say: Callable[[str], None]
    _held: int = field(default=0, init=False)  # months in the shared lake; 0: it is not this session's

    def fresh(self) -> Figures:
        """Measure a lake of two months from nothing, and the bare script on the same archives, in turns.

        Raises:
            BenchError: one of them failed, or their tables differ.
        """
        taken: dict[str, list[Run]] = {"ours": [], "bare": []}
        for number in range(self.repeat):
            # Who goes first changes, so that neither always finds the machine as the other left it.
            for kind in ("ours", "bare") if number % 2 == 0 else ("bare", "ours"):
                run = self._build(FRESH_MONTHS) if kind == "ours" else self.bench.bare(months(FRESH_MONTHS))
                taken[kind].append(run)
                self._tell(f"fresh: {kind}", number, run)
        if differing := disagreements(self.bench.lake, self.bench.bare_output):
            raise BenchError("ours and the bare script do not agree:\n  " + "\n  ".join(differing))
        shutil.rmtree(self.bench.bare_output)
        return {
            **{kind: _figures(runs) for kind, runs in taken.items()},
            "ratio": ratio(median_of(taken["ours"]), median_of(taken["bare"])),
        }

    def unchanged(self) -> Figures:
        """Measure a further run on a lake of two months when nothing is new.

        Raises:
            BenchError: the run failed, or it published something.
        """
        return _figures(self._unchanged(FRESH_MONTHS))

    def added(self) -> Figures:
        """Measure the run that adds one month, for each size of the lake (in months) before it.

        Raises:
            BenchError: a run failed.
        """
        return _compared({size: self._added(size) for size in sorted(set(self.sizes))})

    def growth(self) -> Figures:
        """Measure both on one lake of tiny months that grows, at the sizes of `GROWTH`.

        Raises:
            BenchError: a run failed, or published something where nothing was new.
        """
        taken: dict[str, dict[int, list[Run]]] = {kind: {} for kind in GROWTH}
        for size, kind in sorted((size, kind) for kind, sizes in GROWTH.items() for size in sizes):
            taken[kind][size] = self._unchanged(size) if kind == "unchanged" else self._added(size)
        return {kind: _compared(runs) for kind, runs in taken.items()}

    def _unchanged(self, size: int) -> list[Run]:
        self._grow(size)
        runs = []
        for number in range(self.repeat):
            runs.append(self.bench.ours(months(size)))
            if runs[-1].steps:
                raise BenchError("nothing is new, and yet the run published a snapshot")
            self._tell(f"unchanged at {size} months", number, runs[-1])
        return runs

    def _added(self, size: int) -> list[Run]:
        copy = self.bench.work / "lake-with-one-month-more"
        self._grow(size)
        runs = []
        for number in range(self.repeat):
            _copy_lake(self.bench.lake, copy)
            runs.append(self.bench.ours(months(size + 1), copy))
            self._tell(f"added to {size} months", number, runs[-1])
        shutil.rmtree(copy)
        return runs

    def _build(self, size: int) -> Run:
        """Build the shared lake of `size` months from nothing."""
        shutil.rmtree(self.bench.lake, ignore_errors=True)
        run = self.bench.ours(months(size))
        self._held = size
        return run

    def _grow(self, size: int) -> None:
        """Let the shared lake have `size` months. What that takes is not kept."""
        if self._held == size:
            return
        self.say(f"a lake of {size} months is built")
        if 0 < self._held < size:
            self.bench.ours(months(size))
            self._held = size
        else:
            self._build(size)

    def _tell(self, what: str, number: int, run: Run) -> None:
        took = f"{run.wall_seconds:,.1f} s, {run.cpu_seconds:,.1f} s CPU, {run.peak_bytes / 2**20:,.0f} MiB"
        self.say(f"{what}, {number + 1} of {self.repeat}: {took}")


def _figures(runs: Sequence[Run]) -> Figures:
    return {"median": asdict(median_of(runs)), "runs": [asdict(run) for run in runs]}


def _compared(taken: dict[int, list[Run]]) -> Figures:
    """Return the figures by the lake's months, each with its ratio to those of the smallest lake."""
    smallest = median_of(taken[min(taken)])
    return {
        str(size): {**_figures(runs), "ratio": ratio(median_of(runs), smallest)}
        for size, runs in taken.items()
    }


def _copy_lake(lake: Path, copy: Path) -> None:
    """Copy a lake in place of what `copy` holds. Parquet is linked, since nothing ever writes to it again."""

    def link(source: str, target: str) -> None:
        if source.endswith(".parquet"):
            os.link(source, target)
        else:
            shutil.copy2(source, target)

    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(lake, copy, symlinks=True, copy_function=link)
