"""The raw tables of a source, each declared once in its module: used for dlt, for Arrow and by whoever looks."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bronze.columns import KINDS, arrow_schema, row_groups
from bronze.errors import BatchError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import pyarrow as pa
    from dlt.extract import DltResource

#: Columns that the lake and silver put beside those of a table: whose row it is, and what became of it. An
#: upstream's field of that name would be overwritten in every reader, without a word.
OF_THE_LAKE = ("source", "table", "table_name", "batch", "version", "outcome", "reason", "detail")
_NAME = re.compile(r"[a-z][a-z0-9_]*")


@dataclass(frozen=True)
class Table:
    """A raw table: its name, unique over all sources, and its columns `{name: type of bronze.columns}`."""

    name: str
    columns: Mapping[str, str]

    def __post_init__(self) -> None:
        """Refuse what no reader would find again under its name.

        Raises:
            ValueError: a name is not in small letters, the lake has a column of it, or its type is none.
        """
        for name in (self.name, *self.columns):
            if not _NAME.fullmatch(name):
                raise ValueError(f"{name!r} in table {self.name!r}: use small letters, digits and _ only")
        for name, kind in self.columns.items():
            if what := _taken(name):
                raise ValueError(f"table {self.name!r}: {what}")
            if kind not in KINDS:
                raise ValueError(f"{name!r} in table {self.name!r} is {kind!r}: no type of bronze/columns.py")

    @property
    def schema(self) -> pa.Schema:
        """The columns as Arrow has them."""
        return arrow_schema(self.columns)


def _taken(column: str) -> str | None:
    """Say what to call a column whose name the lake has a use for; None if it has none."""
    if column.lower() in OF_THE_LAKE or column.lower().startswith("_dlt"):
        bare = column.lower().lstrip("_")
        return f'the lake has a column "{column}" of its own: land the upstream\'s as "published_{bare}"'
    return None


def _declared(batches: Iterable[pa.RecordBatch], table: Table, key: str) -> Iterator[pa.RecordBatch]:
    """Pass on rows whose columns are those of the table, in its order.

    Raises:
        BatchError: a column is none of the table, or missing, of another type or elsewhere.
    """
    wanted = table.schema
    for batch in batches:
        names = batch.schema.names
        for name in names:
            if name not in table.columns:
                what = _taken(name) or "declare it, or keep it in other_fields"
                raise BatchError(f"{key}: {name!r} is no column of table {table.name!r}: {what}")
        differ = [f"no {name!r}" for name in wanted.names if name not in names]
        differ += [f"{name!r} twice" for name in wanted.names if names.count(name) > 1]
        differ += [
            f"{field.name!r} as {field.type} instead of {wanted.field(field.name).type}"
            for field in batch.schema
            if field.type != wanted.field(field.name).type
        ]
        if not differ and names != wanted.names:
            differ = [f"the columns {', '.join(map(repr, wanted.names))} in another order"]
        if differ:
            raise BatchError(
                f"{key}: rows of table {table.name!r} have {', '.join(differ)}: give each batch the columns as "
                "declared, as bronze.columns.batch_of does"
            )
        yield batch


def rows_resource(table: Table) -> DltResource:
    """Return the dlt transformer that turns a source's offers into the rows of one of its tables.

    Offers of other tables are left to theirs. Types are frozen: a drift must fail the batch and not land
    beside the old type.
    """
    import dlt

    hints: dict[str, Any] = {
        name: {"name": name, "data_type": kind, "nullable": True} for name, kind in table.columns.items()
    }

    @dlt.transformer(
        name=table.name,
        columns=hints,
        write_disposition="append",
        schema_contract={"columns": "freeze", "data_type": "freeze"},
    )
    def rows(offer: Any) -> Any:
        if offer.table == table.name:
            yield from row_groups(_declared(offer.rows(), table, offer.key))

    return rows
