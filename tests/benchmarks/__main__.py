"""Measure the pipeline: `make bench`.

    python -m tests.benchmarks --scenario fresh added --rows 5000000 --repeat 3

Scenarios: `fresh`, two months into an empty lake, beside a bare DuckDB script on the same archives;
`unchanged`, a further run when nothing is new; `added`, one more month on lakes of several sizes; `growth`,
both on lakes of up to 200 tiny months, of which each run is measured once: what follows the lake and not what
is new. That takes about ten minutes, whatever `--rows`, `--repeat` and `--sizes` say.
Archives are generated once for each number of months and rows, and kept; lakes are removed at the end,
unless a run fails.
A million trips are a winter month of some years ago; a month of summer has nearly five million now.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console

from tests.benchmarks import scenarios
from tests.benchmarks.measure import ROOT, BenchError, machine
from tests.benchmarks.report import tables
from tests.benchmarks.runs import Bench
from tests.benchmarks.scenarios import FRESH_MONTHS, Session
from tests.benchmarks.upstream import prepare, served

SCENARIOS = ("fresh", "unchanged", "added", "growth")


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--scenario", nargs="+", choices=SCENARIOS, default=list(SCENARIOS))
    parser.add_argument("--rows", type=number_above_zero, default=1_000_000, help="trips in each month")
    parser.add_argument("--repeat", type=number_above_zero, default=3, help="how often each figure is taken")
    parser.add_argument(
        "--sizes",
        type=number_above_zero,
        nargs="+",
        default=[2, 6, 12],
        help="months in the lake before one is added",
    )
    parser.add_argument("--work", type=Path, default=ROOT / "lake" / "work" / "bench")
    return parser.parse_args(arguments)


def number_above_zero(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError(text)
    return number


def run(options: argparse.Namespace, console: Console) -> dict[str, Any]:
    """Run the chosen scenarios and return their figures, with the machine's and the settings.

    Raises:
        BenchError: a measured process failed; the message shows its output.
    """
    results: dict[str, Any] = {
        "machine": machine(),
        "settings": {name: getattr(options, name) for name in ("scenario", "rows", "repeat", "sizes")},
    }
    longest = max(FRESH_MONTHS, *options.sizes) + 1 if "added" in options.scenario else FRESH_MONTHS
    chosen = [name for name in SCENARIOS if name in options.scenario and name != "growth"]
    if chosen:
        results |= _measured(options, console, chosen, longest, options.rows, options.repeat)
    if "growth" in options.scenario:
        longest = max(size for sizes in scenarios.GROWTH.values() for size in sizes) + 1
        results |= _measured(options, console, ["growth"], longest, scenarios.GROWTH_ROWS, 1)
    return results


def _measured(
    options: argparse.Namespace, console: Console, chosen: list[str], count: int, rows: int, repeat: int
) -> dict[str, Any]:
    """Run scenarios on `count` months of `rows` trips each and return their figures by scenario."""
    console.print(f"{count} months of {rows:,} trips, generated if they are not there yet")
    upstream = prepare(options.work, count, rows)
    with served(upstream) as environment:
        bench = Bench(options.work, upstream, environment)
        session = Session(bench, repeat, options.sizes, lambda text: console.print(f"  [dim]{text}[/]"))
        results = {scenario: getattr(session, scenario)() for scenario in chosen}
    # After a failure the lake stays: what the run said names logs in it.
    shutil.rmtree(bench.lake)
    return results


def main(arguments: list[str] | None = None) -> int:
    """Measure, print tables, write `<work>/results-<moment>.json`; return 0, or 1 after a failed process."""
    options = _options(arguments)
    console = Console(highlight=False)
    options.work = options.work.absolute()
    options.work.mkdir(parents=True, exist_ok=True)
    try:
        results = run(options, console)
    except BenchError as error:
        console.print(f"error: {error}", markup=False, soft_wrap=True)
        return 1
    for title, table in tables(results):
        console.print("", f"[italic]{title}[/]", table, sep="\n")
    path = options.work / f"results-{datetime.now(UTC):%Y%m%d-%H%M%S}.json"
    path.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")
    console.print(f"\nfigures: {path}", soft_wrap=True, markup=False)
    return 0


if __name__ == "__main__":
    sys.exit(main())
