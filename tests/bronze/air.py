"""A source of two tables, of tests only: sensors of a city, and what they read, both under the same batch names.

What it publishes is `PUBLISHED`, by table and batch; a table in `SILENT` cannot be listed.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import dlt
import pyarrow as pa

from bronze.columns import OTHER_FIELDS, REAL, TEXT, WHOLE, batch_of
from bronze.errors import UnreachableError
from bronze.offers import Offer, listed
from bronze.tables import Table, rows_resource

SENSORS = Table(
    "sensors", {"sensor": TEXT, "published_version": TEXT, "source_record": WHOLE, OTHER_FIELDS: TEXT}
)
READINGS = Table(
    "readings", {"sensor": TEXT, "at": TEXT, "pm25": REAL, "source_record": WHOLE, OTHER_FIELDS: TEXT}
)
TABLES = (SENSORS, READINGS)
PUBLISHED: dict[str, dict[str, list[dict[str, Any]]]] = {}
SILENT: dict[str, Exception] = {}


def publish() -> None:
    """Publish two batches of each table, and let everything be listed."""
    SILENT.clear()
    for table in TABLES:
        PUBLISHED[table.name] = {}
    for number, batch in enumerate(("nyc-2024-04", "nyc-2024-05"), 1):
        PUBLISHED["sensors"][batch] = [{"sensor": "a"}, {"sensor": "b"}][:number]
        PUBLISHED["readings"][batch] = [{"sensor": "a", "at": f"{batch[-7:]}-03", "pm25": 9.5}] * (number + 2)


@dataclass
class AirOffer(Offer):
    """Entries of one table and month."""

    columns: Any = field(kw_only=True)

    def prepare(self) -> str | None:
        """Hash the entries."""
        self.facts.content_hash = json.dumps(PUBLISHED[self.table][self.batch])
        return self.facts.content_hash

    def rows(self) -> Iterator[pa.RecordBatch]:
        """Yield the entries."""
        found = PUBLISHED[self.table][self.batch]
        values = {name: [entry.get(name) for entry in found] for name in self.columns}
        yield batch_of(self.columns, values | {"source_record": range(1, len(found) + 1)}, self.key)
        self.facts.rows_counted, self.facts.months = len(found), [self.batch[-7:]]


def list_table(table: Table) -> Iterator[Offer]:
    """Yield the batches of a table; one that is silent has told half of them before it fails."""
    for batch in sorted(PUBLISHED[table.name]):
        yield AirOffer(
            source="air", table=table.name, batch=batch, key=f"{table.name}/{batch}", columns=table.columns
        )
        if table.name in SILENT:
            raise SILENT[table.name]


def list_offers() -> Iterator[Offer]:
    """Yield what is published of both tables, one after the other."""
    if "air" in SILENT:
        raise UnreachableError("http://air.test could not be reached")
    for table in TABLES:
        yield from listed("air", table.name, list_table(table))


@dlt.source(name="air", max_table_nesting=0)
def air() -> Any:
    """Sensors and readings."""
    offers = dlt.resource(list_offers, name="offers", selected=False)()
    return offers, *(offers | rows_resource(table) for table in TABLES)
