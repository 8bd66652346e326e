"""Columns of a raw table: declared once in its source module, used for dlt and for Arrow."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa
    from dlt.extract import DltResource

#: dlt's names of the types that raw tables use.
TEXT, WHOLE, REAL, FLAG = "text", "bigint", "double", "bool"

#: The column that every raw table has (TEXT): what the upstream publishes beside the other columns, as a JSON
#: object by published names; null where it publishes nothing else.
OTHER_FIELDS = "other_fields"


def as_other_fields(found: Mapping[str, Any]) -> str | None:
    """Return OTHER_FIELDS of one entry, whose fields without a column are `found`."""
    return json.dumps(found) if found else None


def arrow_schema(columns: dict[str, str]) -> pa.Schema:
    """Return columns `{name: dlt type}` as an Arrow schema."""
    import pyarrow as pa

    kinds = {TEXT: pa.string(), WHOLE: pa.int64(), REAL: pa.float64(), FLAG: pa.bool_()}
    return pa.schema([(name, kinds[kind]) for name, kind in columns.items()])


def rows_resource(table: str, columns: dict[str, str]) -> DltResource:
    """Return the dlt transformer that turns offers into the rows of a table.

    Types are frozen: a drift must fail the batch and not land beside the old type.
    """
    import dlt

    hints: dict[str, Any] = {
        name: {"name": name, "data_type": kind, "nullable": True} for name, kind in columns.items()
    }

    @dlt.transformer(
        name=table,
        columns=hints,
        write_disposition="append",
        schema_contract={"columns": "freeze", "data_type": "freeze"},
    )
    def rows(offer: Any) -> Any:
        yield from offer.rows()

    return rows
