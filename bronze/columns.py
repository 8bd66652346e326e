"""Columns of a raw table: their types, and values of JSON as rows of such types."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from bronze.errors import BatchError

if TYPE_CHECKING:
    import pyarrow as pa

#: dlt's names of the types that raw tables use.
TEXT, WHOLE, REAL, FLAG = KINDS = "text", "bigint", "double", "bool"

#: The column that every raw table has (TEXT): what the upstream publishes beside the other columns, as a JSON
#: object by published names; null where it publishes nothing else.
OTHER_FIELDS = "other_fields"

#: Rows of a row group in bronze: what dlt is given at once. `buffer_max_items` and `row_group_size` in
#: .dlt/config.toml are the same.
ROW_GROUP = 122_880


def as_other_fields(found: Mapping[str, Any]) -> str | None:
    """Return OTHER_FIELDS of one entry, whose fields without a column are `found`."""
    return json.dumps(found) if found else None


class Written(float):
    """A number that remembers how it was written: `40.70` is not `40.7` before somebody says so."""

    text: str

    def __new__(cls, text: str) -> Written:
        """Take a number as JSON writes it."""
        made = super().__new__(cls, text)
        made.text = text
        return made


def written(text: str) -> Written | str:
    """Return a number of JSON as `bronze.http.parse_json` is to make it; one that no float holds stays a text."""
    made = Written(text)
    return made if math.isfinite(made) else text


def as_text(value: Any) -> str | None:
    """Return a value of JSON as the text it was written in; a text is itself, without quotes."""
    if value is None:
        return None
    if type(value) is int:  # by far the most, and `json.dumps` takes ten times as long
        return str(value)
    if isinstance(value, str):
        # Half of a surrogate pair, which no file in UTF-8 holds, as it was escaped: one entry is no reason to
        # refuse all others.
        return value if value.isascii() else value.encode("utf-8", "backslashreplace").decode()
    return value.text if isinstance(value, Written) else json.dumps(value)


def arrow_schema(columns: Mapping[str, str]) -> pa.Schema:
    """Return columns `{name: dlt type}` as an Arrow schema."""
    import pyarrow as pa

    kinds = {TEXT: pa.string(), WHOLE: pa.int64(), REAL: pa.float64(), FLAG: pa.bool_()}
    return pa.schema([(name, kinds[kind]) for name, kind in columns.items()])


_NAMES = {TEXT: "text", WHOLE: "whole number", REAL: "number"}


def _as_kind(value: Any, kind: str) -> Any:
    """Return a value of JSON as one of a column's type and equal to it.

    Raises:
        ValueError: it is no such value. So are truth as a number, and what no float holds.
    """
    if value is None or (kind == FLAG and isinstance(value, bool)):
        return value
    if kind == TEXT and isinstance(value, str):
        value.encode()
        return value
    if kind in (WHOLE, REAL) and isinstance(value, int | float) and not isinstance(value, bool):
        made = int(value) if kind == WHOLE else float(value)
        if made == value and (kind == REAL or -(2**63) <= made < 2**63) and math.isfinite(made):
            return made
    raise ValueError


def batch_of(columns: Mapping[str, str], values: Mapping[str, Sequence[Any]], key: str) -> pa.RecordBatch:
    """Return values of JSON, a sequence per column `{name: dlt type}`, as rows in which none is changed.

    Arrow by itself makes 1986 of 1986.5 and 0.0 of a false.

    Raises:
        BatchError: a value is not of its column's type; the message names `key`, row (from 1) and column.
    """
    import pyarrow as pa

    made: dict[str, list[Any]] = {name: [] for name in columns}
    for name, kind in columns.items():
        for row, value in enumerate(values[name], 1):
            try:
                made[name].append(_as_kind(value, kind))
            except (ValueError, OverflowError) as error:
                raise BatchError(
                    f"{key}: row {row:,} has {repr(value)[:80]} as {name}, which is "
                    + (f"no {_NAMES[kind]}" if kind in _NAMES else "neither true nor false")
                    + "; a value of another type is not landed, for it would be changed"
                ) from error
    return pa.RecordBatch.from_pydict(made, schema=arrow_schema(columns))


def row_groups(batches: Iterable[pa.RecordBatch], length: int = ROW_GROUP) -> Iterator[pa.Table]:
    """Yield the rows of the batches in their order, `length` at a time and the rest.

    dlt works out the schema of whatever it is given anew, and writes a short row group for what is left over.
    """
    import pyarrow as pa

    waiting: list[pa.RecordBatch] = []
    missing = length
    for batch in batches:
        rest = batch
        while rest.num_rows >= missing:
            yield pa.Table.from_batches([*waiting, rest.slice(0, missing)])
            rest, waiting, missing = rest.slice(missing), [], length
        if rest.num_rows:
            waiting.append(rest)
            missing -= rest.num_rows
    if waiting:
        yield pa.Table.from_batches(waiting)
