"""One measured run of the pipeline or of the bare script, with what it leaves on disk and its steps."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from tests.benchmarks.measure import BenchError, Measured, measure, stored_bytes

LAYERS = ("bronze", "silver", "gold")
#: What no step accounts for: the start of Python, what is imported before the first step, the publishing.
REST = "the rest"


@dataclass(frozen=True)
class Run:
    """What one run took and left behind; of several runs, the median of each figure.

    Seconds are on the wall and of CPU, `peak_bytes` the greatest resident memory (see `Measured`).
    `layer_bytes` are the bytes on disk by layer, of ours in all snapshots together. `steps` has `seconds`
    and, where the run tells them, `cpu_seconds` by step; it is empty where a run published nothing.
    """

    wall_seconds: float
    cpu_seconds: float
    peak_bytes: int
    layer_bytes: dict[str, int]
    steps: dict[str, dict[str, float]]


@dataclass(frozen=True)
class Bench:
    """Where and on what is measured: `upstream` is the folder served, `environment` points a run at it."""

    work: Path
    upstream: Path
    environment: Mapping[str, str]

    @property
    def lake(self) -> Path:
        """The lake that the scenarios share."""
        return self.work / "lake"

    @property
    def bare_output(self) -> Path:
        """What the bare script writes."""
        return self.work / "bare"

    def ours(self, months: Sequence[str], lake: Path | None = None) -> Run:
        """Run the pipeline in a fresh process on `months`, in the shared lake or in another one.

        Raises:
            BenchError: the run failed or refused a batch.
        """
        lake = lake or self.lake
        before = _published(lake)
        command = [sys.executable, "-m", "orchestration", "run"]
        scope = {"LAKE_ROOT": str(lake.absolute()), "SOURCES__MONTHS": ",".join(months)}
        measured = measure(command, {**self.environment, **scope}, self.work / "logs" / "ours.txt")
        folders = {layer: [lake / layer, *lake.glob(f"snapshots/*/{layer}")] for layer in LAYERS}
        published = _published(lake)
        facts = {} if published == before or published is None else _facts(published / "snapshot.json")
        return _run(measured, folders, facts)

    def bare(self, months: Sequence[str]) -> Run:
        """Run the bare script in a fresh process on the archives of `months`.

        Raises:
            BenchError: the script failed.
        """
        shutil.rmtree(self.bare_output, ignore_errors=True)
        command = [sys.executable, "-m", "tests.benchmarks.bare", "--upstream", str(self.upstream.absolute())]
        command += ["--out", str(self.bare_output.absolute()), "--months", ",".join(months)]
        measured = measure(command, self.environment, self.work / "logs" / "bare.txt")
        folders = {layer: [self.bare_output / layer] for layer in LAYERS}
        return _run(measured, folders, _facts(self.bare_output / "facts.json"))


def _published(lake: Path) -> Path | None:
    """Return the folder of the published snapshot."""
    return (lake / "current").resolve() if (lake / "current").exists() else None


def _facts(path: Path) -> dict[str, Any]:
    facts = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(facts, dict):
        raise BenchError(f"{path} holds no facts")
    return facts


def _run(measured: Measured, folders: dict[str, list[Path]], facts: dict[str, Any]) -> Run:
    whole = {"seconds": measured.wall_seconds, "cpu_seconds": measured.cpu_seconds}
    steps = {}
    for kind, total in whole.items():
        if told := facts.get(kind):
            steps[kind] = {**told, REST: round(total - sum(told.values()), 2)}
    stored = {layer: stored_bytes(places) for layer, places in folders.items()}
    return Run(measured.wall_seconds, measured.cpu_seconds, measured.peak_bytes, stored, steps)


def median_of(runs: Sequence[Run]) -> Run:
    """Return the median of each figure of runs of the same kind."""
    first = runs[0]
    return Run(
        wall_seconds=round(median(run.wall_seconds for run in runs), 2),
        cpu_seconds=round(median(run.cpu_seconds for run in runs), 2),
        peak_bytes=int(median(run.peak_bytes for run in runs)),
        layer_bytes={
            layer: int(median(run.layer_bytes[layer] for run in runs)) for layer in first.layer_bytes
        },
        steps={
            kind: {step: round(median(run.steps[kind][step] for run in runs), 2) for step in steps}
            for kind, steps in first.steps.items()
        },
    )


def ratio(run: Run, other: Run) -> dict[str, float]:
    """Return how many times as much as `other` a run took: wall, CPU and peak memory."""
    return {
        "wall_seconds": round(run.wall_seconds / other.wall_seconds, 2),
        "cpu_seconds": round(run.cpu_seconds / other.cpu_seconds, 2),
        "peak_bytes": round(run.peak_bytes / other.peak_bytes, 2),
    }
