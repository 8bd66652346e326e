"""Are the rows of two queries the same? The one way in which this project compares tables.

Rows are compared as bags and by value: NULL equals NULL, NaN equals NaN, doubles exactly (0.0 and -0.0 are one, as in
SQL), and types are told apart. DuckDB hashes each row to 64 bits, and no row comes into Python but the few that are shown.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from lake.sql import name

if TYPE_CHECKING:
    import duckdb

_NESTED = ("STRUCT(", "MAP(", "UNION(")
Change = Literal["added", "gone", "changed"]
#: Rows shown of each kind of difference.
SHOWN = 3
#: What DuckDB may take before it goes on in a temporary folder.
MEMORY = "1GB"


@dataclass(frozen=True)
class ColumnChange:
    """A column that only one side has, or of another type there: its types, None where it is not."""

    name: str
    before: str | None
    after: str | None

    def told(self) -> str:
        """Say what has become of the column."""
        if self.before is None:
            return f"column {self.name} ({self.after}) added"
        if self.after is None:
            return f"column {self.name} ({self.before}) gone"
        return f"column {self.name}: {self.before} is {self.after} now"


@dataclass(frozen=True)
class Sample:
    """A row that differs, its values as text.

    `row` has the key's columns of a changed one, with `values` of the columns that differ, (before, after); else all.
    """

    change: Change
    row: dict[str, str | None]
    values: dict[str, tuple[str | None, str | None]]

    def told(self) -> str:
        """Return the row in words."""
        said = ", ".join(f"{name}={value}" for name, value in self.row.items())
        changed = ", ".join(f"{name} {before} → {after}" for name, (before, after) in self.values.items())
        return f"{said}: {changed}" if changed else said


@dataclass(frozen=True)
class Rows:
    """How many rows only one side has. `changed` are on both by their `key`; 0 where rows have no key."""

    added: int = 0
    gone: int = 0
    changed: int = 0
    key: tuple[str, ...] = ()
    sample: tuple[Sample, ...] = ()

    @property
    def differ(self) -> bool:
        """Whether any row does."""
        return bool(self.added or self.gone or self.changed)

    def without_key(self) -> Rows:
        """Return the same with each changed row as one that is gone and one that was added."""
        kept = tuple(one for one in self.sample if one.change != "changed")
        return Rows(self.added + self.changed, self.gone + self.changed, sample=kept)


@contextmanager
def comparing() -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a DuckDB in memory that stays within MEMORY and puts what is more into a temporary folder."""
    import tempfile

    import duckdb

    with (
        tempfile.TemporaryDirectory(prefix="lake-diff-") as scratch,
        duckdb.connect() as connection,
    ):
        connection.execute(f"set temp_directory = '{scratch}'; set memory_limit = '{MEMORY}'")
        connection.execute("set preserve_insertion_order = false; set timezone = 'UTC'")
        yield connection


def quoted(names: Sequence[str]) -> str:
    """Return columns as SQL names them."""
    return ", ".join(map(name, names))


def _hash(types: Mapping[str, str], columns: Sequence[str]) -> str:
    """Return the SQL that hashes these columns of a row.

    What is nested is hashed as text as well: to DuckDB's hash a list that is null, one that is empty and one of a null
    are the same, and a struct that is null is one of nulls.
    """
    nested = [one for one in columns if types[one].endswith("]") or types[one].startswith(_NESTED)]
    return f"hash({', '.join([quoted(columns), *(f'cast({name(one)} as varchar)' for one in nested)])})"


def columns_of(connection: duckdb.DuckDBPyConnection, query: str) -> dict[str, str]:
    """Return the columns of a query in their order, with their types."""
    return {name: kind for name, kind, *_ in connection.execute(f"describe ({query})").fetchall()}


def compare_columns(before: dict[str, str], after: dict[str, str]) -> list[ColumnChange]:
    """Return the columns that are gone, added or of another type, in this order of names as they stand."""
    return [
        ColumnChange(name, before.get(name), after.get(name))
        for name in dict.fromkeys([*before, *after])
        if before.get(name) != after.get(name)
    ]


def count(connection: duckdb.DuckDBPyConnection, query: str) -> int:
    """Return the number of rows of a query."""
    [(rows,)] = connection.execute(f"select count(*) from ({query})").fetchall()
    return int(rows)


def compare_rows(
    connection: duckdb.DuckDBPyConnection,
    before: str,
    after: str,
    columns: Sequence[str],
    key: Sequence[str] = (),
    shown: int = SHOWN,
) -> Rows:
    """Compare the rows of two queries in `columns`, which both have with the same types.

    With a `key`, rows that differ are paired by it where it names each of them once on either side. `connection` gets
    temporary tables, which are dropped again.
    """
    if not columns:
        less = count(connection, after) - count(connection, before)
        return Rows(added=max(less, 0), gone=max(-less, 0))
    hashed = _hash(columns_of(connection, before), columns)
    # Hashed once more, since the sum of hashes that were put together from columns can be the same for values that
    # changed places.
    whole = "select count(*), sum(hash(h)), bit_xor(hash(h)) from (select {} as h from ({}))"
    sums = [connection.execute(whole.format(hashed, side)).fetchall() for side in (before, after)]
    if sums[0] == sums[1]:
        return Rows()
    try:
        connection.execute(
            f"""create or replace temp table odd as
            select h, cast(sum(side) as bigint) as n from (
                select {hashed} as h, 1 as side from ({after}) union all select {hashed}, -1 from ({before})
            ) group by h having sum(side) <> 0"""
        )
        if key and set(key) <= set(columns):
            paired = _by_key(connection, before, after, hashed, columns, key, shown)
            if paired:
                return paired
        [(added, gone)] = connection.execute(
            "select coalesce(sum(n) filter (n > 0), 0), coalesce(-sum(n) filter (n < 0), 0) from odd"
        ).fetchall()
        sides: tuple[tuple[Change, str, str], ...] = (("gone", before, "<"), ("added", after, ">"))
        sample = [
            Sample(change, row, {})
            for change, query, sign in sides
            for _, row in _few(
                connection, query, hashed, columns, f"(select h from odd where n {sign} 0)", columns, shown
            )
        ]
        return Rows(int(added), int(gone), sample=tuple(sample))
    finally:
        connection.execute("drop table if exists odd_before; drop table if exists odd_after")
        connection.execute("drop table if exists odd")


def _by_key(
    connection: duckdb.DuckDBPyConnection,
    before: str,
    after: str,
    hashed: str,
    columns: Sequence[str],
    key: Sequence[str],
    shown: int,
) -> Rows | None:
    """Pair the rows that differ by their key; None where it does not name each of them once on either side."""
    names = quoted(key)
    for table, query, sign in (("odd_before", before, "<"), ("odd_after", after, ">")):
        connection.execute(
            f"""create or replace temp table {table} as select {names}, h
            from (select {names}, {hashed} as h from ({query})) where h in (select h from odd where n {sign} 0)"""
        )
        twice = f"select 1 from {table} group by {names} having count(*) > 1 limit 1"
        if connection.execute(twice).fetchone():
            return None
    same = " and ".join(f"b.{quoted([name])} is not distinct from a.{quoted([name])}" for name in key)
    pairs = f"from odd_before b join odd_after a on {same}"
    changed = count(connection, f"select 1 {pairs}")
    gone, added = (count(connection, f"from {table}") - changed for table in ("odd_before", "odd_after"))
    ordered = ", ".join(f"b.{quoted([name])}" for name in key)
    found = connection.execute(f"select b.h, a.h {pairs} order by {ordered} limit {shown}").fetchall()
    sample: list[Sample] = []
    if found:
        was, now = (
            dict(_few(connection, query, hashed, columns, f"({', '.join(map(str, hashes))})", key, shown))
            for query, hashes in zip((before, after), zip(*found, strict=True), strict=True)
        )
        for one, other in found:
            values = {
                name: (was[one][name], now[other][name])
                for name in columns
                if was[one][name] != now[other][name]
            }
            sample.append(Sample("changed", {name: was[one][name] for name in key}, values))
    sides: tuple[tuple[Change, str, str, str], ...] = (
        ("gone", "odd_before b", "odd_after a", before),
        ("added", "odd_after b", "odd_before a", after),
    )
    for change, table, other_table, query in sides:
        only = f"select b.h from {table} anti join {other_table} on {same} order by {ordered} limit {shown}"
        if hashes := [str(h) for (h,) in connection.execute(only).fetchall()]:
            rows = _few(connection, query, hashed, columns, f"({', '.join(hashes)})", key, shown)
            sample += [Sample(change, row, {}) for _, row in rows]
    return Rows(added, gone, changed, tuple(key), tuple(sample))


def _few(
    connection: duckdb.DuckDBPyConnection,
    query: str,
    hashed: str,
    columns: Sequence[str],
    hashes: str,
    order: Sequence[str],
    shown: int,
) -> list[tuple[int, dict[str, str | None]]]:
    """Return the first rows of a query that have one of the hashes, as text by column, each with its hash."""
    if not shown:
        return []
    answer = connection.execute(
        f"""select h, {", ".join(f"cast({quoted([name])} as varchar)" for name in columns)} from (
            select distinct {quoted(columns)}, {hashed} as h from ({query})
            where {hashed} in {hashes}
        ) order by {", ".join(quoted([name]) for name in order)} limit {shown}"""
    ).fetchall()
    return [(h, dict(zip(columns, values, strict=True))) for h, *values in answer]
