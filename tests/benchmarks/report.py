"""The figures as tables for the terminal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rich.table import Table

from tests.benchmarks.runs import LAYERS
from tests.benchmarks.scenarios import GROWTH_ROWS, Figures

_MEASURES = {
    "wall_seconds": "wall, s",
    "cpu_seconds": "CPU, s",
    "peak_bytes": "peak memory, MiB",
}


def tables(results: dict[str, Any]) -> Iterator[tuple[str, Table]]:
    """Return titles and tables: one or two for each scenario that `results` has."""
    rows = results["settings"]["rows"]
    if fresh := results.get("fresh"):
        yield f"fresh: 2 months of {rows:,} trips into an empty lake", _fresh(fresh)
        yield "steps of fresh", _steps(fresh)
    if unchanged := results.get("unchanged"):
        table = _table("ours")
        for measure, title in _MEASURES.items():
            table.add_row(title, _number(measure, unchanged["median"][measure]))
        yield "unchanged: a further run when nothing is new", table
    if added := results.get("added"):
        yield f"added: one more month of {rows:,} trips", _by_size(added)
    if growth := results.get("growth"):
        yield (
            f"growth: nothing is new, in lakes of months of {GROWTH_ROWS} trips",
            _by_size(growth["unchanged"]),
        )
        yield f"growth: one more month of {GROWTH_ROWS} trips", _by_size(growth["added"])


def _table(*columns: str) -> Table:
    table = Table(show_edge=False, pad_edge=False)
    table.add_column("")
    for column in columns:
        table.add_column(column, justify="right")
    return table


def _number(measure: str, value: float) -> str:
    return f"{value / 2**20:,.0f}" if measure == "peak_bytes" else f"{value:,.1f}"


def _fresh(fresh: Figures) -> Table:
    table = _table("ours", "bare script", "ours ÷ bare")
    ours, bare = fresh["ours"]["median"], fresh["bare"]["median"]
    for measure, title in _MEASURES.items():
        figures = (_number(measure, run[measure]) for run in (ours, bare))
        table.add_row(title, *figures, f"{fresh['ratio'][measure]:.2f}")
    table.add_section()
    for layer in LAYERS:
        held = [run["layer_bytes"][layer] for run in (ours, bare)]
        table.add_row(f"{layer}, MB", *(f"{size / 1e6:,.1f}" for size in held), f"{held[0] / held[1]:.2f}")
    return table


def _steps(fresh: Figures) -> Table:
    table = _table("wall, s", "CPU, s")
    for kind, title in (("ours", "ours"), ("bare", "bare script")):
        steps = fresh[kind]["median"]["steps"]
        cpu = steps.get("cpu_seconds", {})
        for step, seconds in steps["seconds"].items():
            used = f"{cpu[step]:,.2f}" if step in cpu else "–"
            table.add_row(f"{title}: {step}", f"{seconds:,.2f}", used)
        table.add_section()
    return table


def _by_size(taken: Figures) -> Table:
    table = _table(*(f"at {size} months" for size in taken))
    for measure, title in _MEASURES.items():
        table.add_row(title, *(_number(measure, one["median"][measure]) for one in taken.values()))
    table.add_section()
    smallest = next(iter(taken))
    for measure in ("wall_seconds", "cpu_seconds"):
        title = f"{_MEASURES[measure].partition(',')[0]} ÷ that of {smallest} months"
        table.add_row(title, *(f"{one['ratio'][measure]:.2f}" for one in taken.values()))
    return table
