"""What a person sees in the terminal while a run goes on, and at its end."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import TYPE_CHECKING, Self

from rich import markup
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

from bronze.offers import LISTING, called
from lake.words import plain

if TYPE_CHECKING:
    from bronze.landing import Landed
    from bronze.offers import Offer, Watch
    from lake.diff import Diff
    from lake.snapshots import Snapshot
    from lake.status import LakeStatus
    from orchestration.gate.result import GateResult

_MARK = {"landed": "[green]landed[/]", "unchanged": "[dim]unchanged[/]", "failed": "[red]failed[/]"}
_MARK["not listed"] = "[yellow]absent[/]"
#: How many columns that nobody asked for are named.
_NAMED = 6


def escape(text: str) -> str:
    """Return text of others' so that neither rich nor a terminal reads anything into it."""
    return markup.escape(plain(text))


def _amount(step: str, done: int, total: int | None, unit: str) -> str:
    if step == "download":
        return f"downloading {done / 1e6:,.0f} of {(total or 0) / 1e6:,.0f} MB"
    return f"{done:,} {unit}"


def _beside(names: list[str]) -> str:
    """Say what was published that has no column of its own."""
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return f"beside the known columns, kept in other_fields: {', '.join(map(repr, names[:_NAMED]))}{more}"


def _cpu_seconds() -> float:
    """Return the processors' time this process and its ended children have used so far."""
    return sum(os.times()[:4])


class Terminal:
    """Progress of a run: a moving bar where there is a terminal, plain lines where there is none."""

    def __init__(self, console: Console | None = None) -> None:
        self.console = console or Console(highlight=False, soft_wrap=True)
        #: How long each step took, and how much of the processors' time.
        self.seconds: dict[str, float] = {}
        self.cpu_seconds: dict[str, float] = {}
        self._progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            TextColumn("{task.fields[amount]}"),
            TimeElapsedColumn(),
            console=self.console,
            transient=True,
            disable=not self.console.is_terminal,
        )
        self._task: TaskID | None = None

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()

    @contextmanager
    def step(self, name: str, doing: str) -> Iterator[None]:
        """Show that a step is going on, and keep how long it took."""
        self._task = self._progress.add_task(doing, total=None, amount="")
        begun, used = time.perf_counter(), _cpu_seconds()
        try:
            yield
        finally:
            self.seconds[name] = round(self.seconds.get(name, 0.0) + time.perf_counter() - begun, 2)
            self.cpu_seconds[name] = round(self.cpu_seconds.get(name, 0.0) + _cpu_seconds() - used, 2)
            self._progress.remove_task(self._task)
            self._task = None

    def watcher(self, offer: Offer) -> Watch:
        """Return what an offer should report its progress to."""

        def watch(step: str, done: int, total: int | None) -> None:
            if self._task is not None:
                self._progress.update(
                    self._task,
                    description=f"land {offer.table} {offer.batch}",
                    completed=done,
                    total=total,
                    amount=_amount(step, done, total, offer.unit),
                )

        return watch

    def landed(self, landed: Landed) -> None:
        """Say what became of one batch; an unchanged one is not worth a line."""
        if landed.outcome == "landed" and landed.version:
            rows = landed.version.record["rows_landed"]
            said = f"version {landed.version.number}, {rows:,} rows"
            if names := landed.version.other_fields:
                said += f"; [yellow]{escape(_beside(names))}[/]"
            if landed.version.state == "held" and (verdict := landed.version.verdict):
                said += f"; [yellow]held by {escape(verdict['by'])}: {escape(verdict['reason'])}[/]"
        elif landed.outcome == "not listed":
            kept = f"; version {landed.version.number} stays in force" if landed.version else ""
            said = f"not in the upstream's listing{kept}"
        elif landed.outcome == "failed":
            said = f"[red]{escape(landed.error or '')}[/]"
        else:
            return
        name = called(landed.source, landed.table, landed.batch)
        self.say(f"  {_MARK[landed.outcome]} {escape(name)}: {said}")

    def judged(self, result: GateResult) -> None:
        """Say what the gate refused or warned of; what passed without is not worth a line."""
        if not result.passed or result.warnings:
            for line in result.lines():
                self.say(f"  [{'yellow' if result.passed else 'red'}]{escape(line)}[/]")

    def changes(self, diff: Diff | None) -> None:
        """Show what a snapshot changes; None: it is the lake's first."""
        from orchestration.changes import diff_tables

        for part in diff_tables(diff) if diff else ["the first snapshot: there is none to compare it with"]:
            self.console.print(part)

    def say(self, text: str) -> None:
        """Print a line above the bar. `text` is rich markup."""
        self.console.print(text)

    def error(self, text: str) -> None:
        """Print what went wrong, as it is."""
        self.console.print(f"[bold red]error:[/] {escape(text)}")


def closing_tables(
    snapshot: Snapshot, seconds: dict[str, float], cpu_seconds: dict[str, float]
) -> Iterator[Table]:
    """Return rows per layer and table, and the time each step took."""
    table = Table(title=f"snapshot {snapshot.id}", title_justify="left", show_edge=False, pad_edge=False)
    table.add_column("table")
    table.add_column("rows", justify="right")
    for name, rows in snapshot.facts["rows"].items():
        table.add_row(name, f"{rows:,}")
    yield table
    steps = Table(show_edge=False, pad_edge=False)
    steps.add_column("step")
    for name in ("seconds", "CPU seconds"):
        steps.add_column(name, justify="right")
    for step, taken in seconds.items():
        steps.add_row(step, f"{taken:.1f}", f"{cpu_seconds[step]:.1f}")
    steps.add_section()
    steps.add_row("all", f"{sum(seconds.values()):.1f}", f"{sum(cpu_seconds.values()):.1f}")
    yield steps


def status_tables(status: LakeStatus) -> Iterator[Table | str]:
    """Return the lake's state for the terminal: snapshots, then batches by state. What is narrow folds and cuts nothing."""
    if status.failed:
        failed = Table(title="failed to land in the last run", title_justify="left", show_edge=False)
        for name in ("source", "table", "batch", "why"):
            failed.add_column(name, overflow="fold")
        for one in status.failed:
            which = "(listing)" if one.batch == LISTING else one.batch
            failed.add_row(one.source, one.table, which, escape(one.error))
        yield failed
    for feed in status.feeds:
        yield escape(feed.told())
    if not status.batches:
        yield f"The lake in {status.root} is empty: `make run` fills it."
        return
    if status.pin:
        yield f"[bold yellow]pinned[/] to {escape(status.pin.told())}: `make release` lets runs publish again"
    if status.branch:
        yield escape(f"This is a branch of the lake. {status.branch.told()}")
    snapshots = Table(title="snapshots", title_justify="left", show_edge=False, pad_edge=False)
    for name in ("id", "completed (UTC)", "data", "trips", ""):
        snapshots.add_column(name, overflow="fold")
    for snapshot in status.snapshots:
        trips = f"{snapshot.rows.get('silver.fct_trips', 0):,}"
        tags = [tag.name for tag in status.tags if tag.snapshot == snapshot.id]
        mark = ", ".join(["published"] * snapshot.is_current + tags)
        snapshots.add_row(snapshot.id, snapshot.completed_at[:19], snapshot.origin, trips, mark)
    yield snapshots
    for branch in status.branches:
        yield escape(branch.told())
    batches = Table(title="batches", title_justify="left", show_edge=False, pad_edge=False)
    for name in ("state", "batch", "version", "rows"):
        batches.add_column(name, overflow="fold", no_wrap=name != "batch")
    batches.add_column("in force, why, where to look", overflow="fold")
    rejected = {(one.source, one.table, one.batch): one for one in status.rejected}
    waiting = status.waiting()
    # What needs a person stands first.
    for batch in sorted(
        status.batches, key=lambda one: (one.state == "accepted", one.state, one.table, one.batch)
    ):
        said = []
        if batch.in_force != batch.version:
            said.append(f"in force: version {batch.in_force}" if batch.in_force else "no version is in force")
        if batch in waiting:
            what = f"version {batch.published} stays published" if batch.published else "not published"
            said.append(f"{what} {status.until()}")
        # What a suite accepted needs no words; what a person decided is always said.
        if batch.state != "accepted" or not (batch.by or "").startswith("suite "):
            said += filter(None, [f"{batch.by}: {batch.reason}" if batch.by else None, batch.report])
        if most := rejected.get((batch.source, batch.table, batch.batch)):
            said.append(most.told())
        if batch.other_fields:
            said.append(_beside(batch.other_fields))
        batches.add_row(
            batch.state,
            f"{batch.table} {batch.batch}",
            str(batch.version),
            f"{batch.rows:,}",
            escape("; ".join(said)),
        )
    yield batches
    for found in status.strange:
        yield f"[yellow]not the lake's:[/] {escape(found)}; look at it, and remove it"
    if status.asked_at:
        parts = ", ".join(f"{count} {state}" for state, count in status.listed.items())
        yield f"in scope when upstreams were asked, {status.asked_at[:19]} UTC: {parts}"
