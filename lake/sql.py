"""Values and names as SQL: what comes from outside is quoted and never becomes a statement."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence


def quote(text: str) -> str:
    """Return `text` as an SQL string literal."""
    return "'" + text.replace("'", "''") + "'"


def name(text: str) -> str:
    """Return `text` as an SQL identifier."""
    return '"' + text.replace('"', '""') + '"'


def literal(value: object) -> str:
    """Return a value of Python as SQL; a list or tuple is a list there, and whatever has no literal its text."""
    if value is None:
        return "null"
    if isinstance(value, bool | int | float):
        return str(value).lower()
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(literal, value))}]"
    return quote(str(value))


def values(columns: Mapping[str, str], rows: Iterable[Sequence[object]]) -> str:
    """Return the query that gives these rows, with columns `{name: type}`; there may be none."""
    lines = [f"({', '.join(map(literal, row))})" for row in rows]
    typed = ", ".join(f"{name(column)}::{kind} as {name(column)}" for column, kind in columns.items())
    told = ", ".join(map(name, columns))
    if not lines:
        return f"select {typed} from (select {', '.join('null' for _ in columns)}) told({told}) where false"
    return f"select {typed} from (values {', '.join(lines)}) told({told})"
