"""What changed between two snapshots: batches, columns, rows by key and month, and the totals of measures.

Partitions that are the same file, or whose files have the same hash, are passed over and cost nothing.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from lake.catalog import files_sql
from lake.compare import (
    SHOWN,
    Change,
    ColumnChange,
    Rows,
    Sample,
    columns_of,
    compare_columns,
    compare_rows,
    comparing,
    count,
)
from lake.inventory import files_below, read_inventory
from lake.meaning import Measure, TableMeaning, read_meanings
from lake.snapshots import Snapshot

if TYPE_CHECKING:
    import duckdb

_FLAT = re.compile(r"(?P<column>\w+)-(?P<value>.+)\.\d+\.parquet")
#: Partition columns that hold months or days end so (`orchestration.plan`).
_OF_TIME = ("_month", "_day")
#: Sums of doubles depend in their last digits on the order in which threads add them up.
_SAME = 1e-12


@dataclass(frozen=True)
class Part:
    """Rows of one partition (`trip_month=2024-05`; empty for a table in one piece) that differ."""

    partition: str
    added: int
    gone: int
    changed: int


@dataclass(frozen=True)
class MeasureChange:
    """A measure of a table that differs, of all its rows or those of a `month`; None where it has no value."""

    measure: str
    unit: str
    month: str | None
    before: float | None
    after: float | None

    @property
    def percent(self) -> float | None:
        """By how much it changed, in per cent of what it was; None where that was nothing, or is."""
        if not self.before or self.after is None:
            return None
        return (self.after - self.before) / abs(self.before) * 100


@dataclass(frozen=True)
class TableDiff:
    """A table that differs. `rows_…` count all its rows, `added`, `gone` and `changed` those that differ.

    Rows are changed by `key`; where it is empty, a changed one counts as gone and added. A row whose month is another
    now is gone from the one and added to the other.
    """

    table: str
    state: Change
    rows_before: int
    rows_after: int
    added: int
    gone: int
    changed: int
    key: tuple[str, ...]
    columns: list[ColumnChange]
    is_reordered: bool
    parts: list[Part]
    sample: list[Sample]
    measures: list[MeasureChange]


@dataclass(frozen=True)
class Held:
    """A version that a snapshot holds, with its rows as landed, and who accepted it and why."""

    version: int
    rows: int
    content_hash: str
    by: str | None
    reason: str | None


@dataclass(frozen=True)
class BatchDiff:
    """A batch of which one snapshot holds another version than the other, None where it holds none."""

    source: str
    table: str
    batch: str
    before: Held | None
    after: Held | None


@dataclass(frozen=True)
class Diff:
    """What differs between two snapshots, by their ids; empty lists mean nothing.

    `same_tables` counts tables without a difference, `skipped` partitions that are the same files, `compared` those
    whose rows were compared.
    """

    before: str
    after: str
    batches: list[BatchDiff]
    tables: list[TableDiff]
    same_tables: int
    skipped: int
    compared: int

    @property
    def is_equal(self) -> bool:
        """Whether nothing differs."""
        return not self.batches and not self.tables


@dataclass(frozen=True)
class _File:
    path: Path
    made: str | None

    def same(self) -> tuple[int, int]:
        facts = self.path.stat()
        return facts.st_dev, facts.st_ino


_Parts = dict[str, list[_File]]


def diff(
    before: Snapshot,
    after: Snapshot,
    shown: int = SHOWN,
    only: Collection[str] | None = None,
    cut: bool = True,
) -> Diff:
    """Compare two snapshots, published or not, of one lake or two. Hold them (`hold_snapshot`) while this reads.

    Keys and measures are those that `after` names, else `before`. `shown` is how many rows of each kind are shown, `only`
    names the tables to compare where not all are wanted. Without `cut` each is one piece, however it is partitioned.

    Raises:
        DamagedError: what lies in one of them cannot be read.
    """
    old, new = (
        {name: of for name, of in _tables(side.path, cut).items() if only is None or name in only}
        for side in (before, after)
    )
    meanings = read_meanings(before.path) | read_meanings(after.path)
    found: list[TableDiff] = []
    skipped = compared = 0
    with comparing() as connection:
        for table in sorted(old.keys() | new.keys()):
            one, other = old.get(table, {}), new.get(table, {})
            differing = [part for part in sorted(one.keys() | other.keys()) if not _is_same(one, other, part)]
            skipped += len(one.keys() | other.keys()) - len(differing)
            compared += sum(part in one and part in other for part in differing)
            if differing:
                meaning = meanings.get(table, TableMeaning())
                if told := _Compared(connection, table, one, other, meaning).diff(differing, shown):
                    found.append(told)
        batches = _batches(connection, before.path, after.path)
    same = len(old.keys() | new.keys()) - len(found)
    return Diff(before.id, after.id, batches, found, same, skipped, compared)


def _tables(snapshot: Path, cut: bool) -> dict[str, _Parts]:
    """Return the files of each table of silver and gold by partition: what was published, else what lies there."""
    names: Mapping[str, str | None]
    if (listed := read_inventory(snapshot)) is None:
        names = {
            path.relative_to(snapshot).as_posix(): None
            for path in files_below(snapshot)
            if path.suffix == ".parquet" and not path.name.startswith((".", "_"))
        }
    else:
        names = {name: made for name, (_, made) in listed.items()}
    found: dict[str, _Parts] = {}
    for name, made in names.items():
        layer, table, *rest = PurePosixPath(name).parts
        if layer == "bronze" or not rest:
            continue
        flat = _FLAT.fullmatch(rest[-1])
        # Snapshots from before have folders, `<column>=<value>/`.
        partition = "/".join(rest[:-1]) or (f"{flat['column']}={flat['value']}" if flat else "")
        parts = found.setdefault(f"{layer}.{table}", {})
        parts.setdefault(partition if cut else "", []).append(_File(snapshot / name, made))
    return found


def _is_same(old: _Parts, new: _Parts, part: str) -> bool:
    one, other = old.get(part), new.get(part)
    if one is None or other is None:
        return False
    if all(file.made for file in one + other):
        return sorted(str(file.made) for file in one) == sorted(str(file.made) for file in other)
    return sorted(file.same() for file in one) == sorted(file.same() for file in other)


def _sql(files: Iterable[_File]) -> str:
    return files_sql(file.path for file in files)


def _month(partition: str) -> str | None:
    column, _, value = partition.partition("=")
    return value[:7] if column.endswith(_OF_TIME) else None


@dataclass(frozen=True)
class _Compared:
    """One table on both sides."""

    connection: duckdb.DuckDBPyConnection
    table: str
    old: _Parts
    new: _Parts
    meaning: TableMeaning

    def diff(self, differing: list[str], shown: int) -> TableDiff | None:
        """Compare the partitions that are not the same files; None where all values are the same."""
        was, now = (self._columns(side) for side in (self.old, self.new))
        columns = compare_columns(was, now) if was and now else []
        moved = bool(was and now and not columns and list(was) != list(now))
        common = [name for name in now if was.get(name) == now[name]]
        rows: dict[str, Rows] = {}
        for part in differing:
            is_shown = any(one.sample for one in rows.values())
            rows[part] = self._rows(part, common, 0 if is_shown else shown)
        key = self.meaning.key
        if any(
            one.differ and part in self.old and part in self.new and not one.key for part, one in rows.items()
        ):
            # A key that does not tell rows apart in one month is none of the table's.
            rows, key = {part: one.without_key() for part, one in rows.items()}, ()
        rows = {part: one for part, one in rows.items() if one.differ}
        if not rows and not columns and not moved and self.old and self.new:
            return None
        state: Change = "changed" if self.old and self.new else "added" if self.new else "gone"
        return TableDiff(
            self.table,
            state,
            self._count(self.old),
            self._count(self.new),
            sum(one.added for one in rows.values()),
            sum(one.gone for one in rows.values()),
            sum(one.changed for one in rows.values()),
            tuple(key),
            columns,
            moved,
            [Part(part, one.added, one.gone, one.changed) for part, one in sorted(rows.items())],
            [one for of in rows.values() for one in of.sample],
            list(self._measures({month for part in rows if (month := _month(part))})),
        )

    def _columns(self, side: _Parts) -> dict[str, str]:
        return columns_of(self.connection, _sql(next(iter(side.values())))) if side else {}

    def _count(self, side: _Parts) -> int:
        return count(self.connection, _sql(file for files in side.values() for file in files)) if side else 0

    def _rows(self, part: str, columns: list[str], shown: int) -> Rows:
        one, other = self.old.get(part), self.new.get(part)
        if one is None or other is None:
            rows = count(self.connection, _sql(one or other or []))
            return Rows(added=rows) if one is None else Rows(gone=rows)
        return compare_rows(self.connection, _sql(one), _sql(other), columns, self.meaning.key, shown)

    def _measures(self, months: set[str]) -> Iterator[MeasureChange]:
        """Yield the measures that differ, of the whole table and of the months in which rows do."""
        for month in (None, *sorted(months)):
            was, now = (
                measured(
                    self.connection,
                    [
                        file.path
                        for part, files in side.items()
                        if month is None or _month(part) == month
                        for file in files
                    ],
                    self.meaning.measures,
                )
                for side in (self.old, self.new)
            )
            for name, measure in self.meaning.measures.items():
                before, after = was[name], now[name]
                if not _are_equal(before, after):
                    yield MeasureChange(name, measure.unit, month, before, after)


def _are_equal(before: float | None, after: float | None) -> bool:
    if before is None or after is None:
        return before is after
    return math.isclose(before, after, rel_tol=_SAME) or (math.isnan(before) and math.isnan(after))


def measured(
    connection: duckdb.DuckDBPyConnection, files: list[Path], measures: Mapping[str, Measure]
) -> dict[str, float | None]:
    """Return what measures are over the rows of files; None where a file lacks a column, or there is no file."""
    import duckdb

    found: dict[str, float | None] = dict.fromkeys(measures)
    for name, measure in measures.items() if files else ():
        query = f"select cast(({measure.expression}) as double) from ({files_sql(files)})"
        try:
            [(found[name],)] = connection.execute(query).fetchall()
        except duckdb.BinderException:
            continue  # of a snapshot from before the column came
    return found


def _batches(connection: duckdb.DuckDBPyConnection, before: Path, after: Path) -> list[BatchDiff]:
    """Return the batches of which the snapshots hold other versions, or of which something else is said."""
    old, new = (_held(connection, path) for path in (before, after))
    return [
        BatchDiff(*batch, old.get(batch), new.get(batch))
        for batch in sorted(old.keys() | new.keys())
        if old.get(batch) != new.get(batch)
    ]


def _held(connection: duckdb.DuckDBPyConnection, snapshot: Path) -> dict[tuple[str, str, str], Held]:
    versions = snapshot / "bronze" / "lake" / "versions.parquet"
    if not versions.exists():
        return {}
    rows = connection.execute(
        "select source, table_name, batch, version, rows_landed, content_hash, state_by, reason "
        f"from ({files_sql([versions])}) where is_in_snapshot"
    ).fetchall()
    return {(source, table, batch): Held(*held) for source, table, batch, *held in rows}
