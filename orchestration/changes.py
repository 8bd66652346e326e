"""What differs between two snapshots, for a person: nothing of what does not differ."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

from rich.table import Table

from lake.diff import BatchDiff, Diff, Held, MeasureChange, TableDiff, diff
from lake.names import place_of
from lake.snapshots import hold_snapshot
from lake.words import figure
from orchestration.terminal import escape

if TYPE_CHECKING:
    from lake.layout import Lake

#: Partitions of one table, batches, and measures of one table that are told one by one.
_TOLD = 8
#: Changed rows that are shown, and how long the line of one may be.
_EXAMPLES, _LONGEST = 5, 300


def changes(lake: Lake, before: str, after: str) -> Diff:
    """Compare two snapshots by their names (`lake.names`); neither is collected meanwhile.

    Raises:
        LakeError: a name is none, or a snapshot is gone or cannot be read.
    """
    with (
        hold_snapshot(*place_of(lake, before)) as one,
        hold_snapshot(*place_of(lake, after)) as other,
    ):
        return diff(one, other)


def diff_tables(found: Diff) -> Iterator[Table | str]:
    """Return what differs: rows by table and month, measures, columns, a few rows, and batches of bronze."""
    if found.is_equal:
        yield (
            f"[green]no difference[/] between {found.before} and {found.after}: {found.same_tables} tables; "
            f"{found.skipped} partitions are the same files, {found.compared} were compared row by row"
        )
        return
    yield f"{found.before} → {found.after}: tables that differ: {len(found.tables)}, that do not: {found.same_tables}"
    if found.batches:
        batches = _table("batches", "batch", "version before", "after")
        for one in found.batches[:_TOLD]:
            batches.add_row(f"{one.table} {one.batch}", _held(one.before), _after(one))
        yield batches
        yield from _more(len(found.batches), "batches")
    if found.tables:
        rows = _table("rows that differ", "table", "partition", *("added", "gone", "changed"), numbers=3)
        for table in found.tables:
            for number, part in enumerate(table.parts[:_TOLD]):
                name = table.table if not number else ""
                rows.add_row(
                    name, escape(part.partition), *(f"{n:,}" for n in (part.added, part.gone, part.changed))
                )
            if len(table.parts) > _TOLD:
                rows.add_row(
                    "", f"all {len(table.parts)}", f"{table.added:,}", f"{table.gone:,}", f"{table.changed:,}"
                )
        if rows.row_count:
            yield rows
    if any(table.measures for table in found.tables):
        yield _measures(found.tables)
    for table in found.tables:
        yield from _lines(table)
    changed = [
        f"{table.table}, for instance {one.told()}"
        for table in found.tables
        for one in table.sample
        if one.change == "changed"
    ]
    # A few examples; JSON has those of all tables, and rows that were added or are gone.
    for line in changed[:_EXAMPLES]:
        yield f"[dim]{escape(line if len(line) <= _LONGEST else line[: _LONGEST - 1] + '…')}[/]"


def _table(title: str, *columns: str, numbers: int = 0) -> Table:
    """Return an empty table of these columns, the last `numbers` of them to the right."""
    table = Table(title=title, title_justify="left", show_edge=False, pad_edge=False)
    for place, column in enumerate(columns, 1):
        table.add_column(
            column, justify="right" if place > len(columns) - numbers else "left", overflow="fold"
        )
    return table


def _more(there: int, what: str) -> Iterator[str]:
    if there > _TOLD:
        yield f"and {there - _TOLD:,} {what} more"


def _held(one: Held | None) -> str:
    return f"{one.version} ({one.rows:,} rows)" if one else "none"


def _after(one: BatchDiff) -> str:
    """Say what is held now, and by whose word where that is what changed."""
    if one.before and one.after and one.before.version == one.after.version:
        if one.before.content_hash != one.after.content_hash:
            return f"{_held(one.after)}, another content"
        return f"{_held(one.after)}, by {escape(f'{one.after.by}: {one.after.reason}')}"
    return _held(one.after)


def _measures(tables: list[TableDiff]) -> Table:
    shown = _table("measures", "measure", "month", "before", "after", "change", numbers=3)
    for table in tables:
        for one in sorted(table.measures, key=_weight)[:_TOLD]:
            numbers = (figure(value) for value in (one.before, one.after))
            change = f"{one.percent:+.3g} %" if one.percent is not None else ""
            shown.add_row(f"{table.table}.{one.measure}", one.month or "all", *numbers, change)
        if (more := len(table.measures) - _TOLD) > 0:
            shown.add_row("", f"{more} more", "", "", "")
    return shown


def _weight(one: MeasureChange) -> tuple[bool, float]:
    """Order measures so that the whole table's come first, then the months by how much they changed, then new ones."""
    percent = one.percent
    return one.month is not None, -abs(percent) if percent is not None and percent == percent else math.inf


def _lines(table: TableDiff) -> Iterator[str]:
    if table.state != "changed":
        yield f"{table.table} is {'new' if table.state == 'added' else 'gone'}"
    for column in table.columns:
        yield f"{table.table}: {escape(column.told())}"
    if table.is_reordered:
        yield f"{table.table}: its columns stand in another order"
