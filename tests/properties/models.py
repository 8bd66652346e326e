"""Silver and gold as one function from CSV files to tables, fast enough to be called thousands of times.

dbt compiles the project once; the compiled models then run on an in-memory DuckDB, in the order of their
dependencies, with bronze read by the project's own CSV reader. To plan a model takes DuckDB several times as long as
to run it on a few rows: each is planned once, and only what reads something else than before runs again.
"""

from __future__ import annotations

import graphlib
import io
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path
from types import MappingProxyType
from typing import Any

import duckdb
import pyarrow as pa

from bronze.sources.citibike.trips_csv import TRIPS, MemberCount, read_trips
from tests.silver.lakefixture import COLUMNS

_SOURCE = re.compile(r"read_parquet\('/bronze/(\w+)/(\w+)[^)]*\)")
#: How many builds one database serves.
_BUILDS = 200


@dataclass(frozen=True)
class Models:
    """Compiled SQL by model, in the order in which it can be built, and the schema it names."""

    sql: dict[str, str] = field(repr=False)
    database: str
    #: The models that each one reads.
    reads: dict[str, list[str]] = field(repr=False)
    #: The layer of each.
    layers: dict[str, str] = field(repr=False)

    @cached_property
    def _tables(self) -> _Tables:
        return _Tables(self)

    def _anew(self) -> _Tables:
        """Return tables without rows. After so many builds they are others: rows that are deleted take memory still."""
        if self._tables.builds == _BUILDS:
            del self.__dict__["_tables"]
        self._tables.clear()
        return self._tables

    def build(
        self,
        files: dict[str, dict[str, bytes]],
        raw: Mapping[str, Iterable[Mapping[str, object]]] = MappingProxyType({}),
    ) -> duckdb.DuckDBPyConnection:
        """Build everything from `{batch: {member: CSV}}`; what is next built replaces it.

        `raw` are rows of other sources' tables, by `<source>_<table>`; what it does not name is empty.
        """
        tables = self._anew()
        for batch, members in files.items():
            counted = 0
            for member, content in members.items():
                count = MemberCount(member)
                batches = list(read_trips(partial(io.BytesIO, content), "key.zip", member, count))
                counted += count.counted
                if batches:
                    names = ", ".join(f'"{name}"' for name in TRIPS.columns)
                    rows = f"select {names}, '{batch}' as batch, '1' as version"
                    tables.insert("citibike_trips", pa.Table.from_batches(batches), rows)
            version = {
                "source": "citibike",
                "table_name": "trips",
                "batch": batch,
                "version": 1,
                "rows_counted": counted,
                "is_in_snapshot": True,
                "state_by": "suite bronze.trips",
                "state": "accepted",
            }
            tables.insert("lake_versions", pa.Table.from_pylist([version]))
        for table, given in raw.items():
            read = pa.Table.from_pylist(list(given))
            if read.num_rows:
                tables.insert(table, read)
        tables.run()
        return tables.cursor()

    def ask(self, sql: str) -> list[Any]:
        """Answer a question of what was built last, as it is asked of each build: it is planned once as well."""
        return self._tables.answer(sql)


class _Tables:
    """The tables of all models, each planned once and filled anew where what it reads is another."""

    def __init__(self, models: Models) -> None:
        self.models = models
        self.connection = duckdb.connect()
        self.connection.execute("set threads = 1")
        # What is planned once must not rely on what was in the tables then: nothing, say. Whole runs have that pass on.
        self.connection.execute("set disabled_optimizers = 'statistics_propagation'")
        self.connection.execute(f"attach ':memory:' as \"{models.database}\"")
        self.connection.execute(f'use "{models.database}".main')
        self.builds = 0
        #: Raw tables that have rows, and models that were made of others than there are now.
        self.filled: set[str] = set()
        self.outdated: set[str] = set()
        #: Names of what is planned, by its SQL.
        self.planned: dict[str, str] = {}
        #: Raw tables that a model is made of.
        self.made_of: dict[str, set[str]] = {}
        for (source, table), columns in COLUMNS.items():
            listed = ", ".join(f'"{name}" {kind}' for name, kind in columns.items())
            hive = "" if source == "lake" else ", batch varchar, version varchar"
            self.connection.execute(f"create table source_{source}_{table} ({listed}{hive})")
        # All that there will be: a change of the catalog would have everything planned again.
        for layer in sorted(set(models.layers.values())):
            self.connection.execute(f"create schema {layer}")
        raw = {f"{source}_{table}" for source, table in COLUMNS}
        for name, sql in models.sql.items():
            self.connection.execute(f"create table {name} as ({sql}\n)")
            self.connection.execute(f"create view {models.layers[name]}.{name} as from main.{name}")
            own = raw.intersection(re.findall(r"\bsource_(\w+)", sql))
            self.made_of[name] = own.union(*(self.made_of[parent] for parent in models.reads[name]))

    def clear(self) -> None:
        """Take the rows of all raw tables away."""
        self.builds += 1
        self._outdate()
        for table in self.filled:
            self.connection.execute(f"delete from source_{table}")
        self.filled.clear()

    def insert(self, table: str, read: pa.Table, select: str = "select *") -> None:
        """Add rows to a raw table."""
        self.filled.add(table)
        self.connection.execute(f"insert into source_{table} by name {select} from read")

    def run(self) -> None:
        """Run all models that are made of a table which has other rows now."""
        self._outdate()
        for name, sql in self.models.sql.items():
            if name in self.outdated:
                self.connection.execute(f"delete from {name}")
                self.answer(f"insert into {name} ({sql}\n)")
                self.outdated.remove(name)

    def answer(self, sql: str) -> list[Any]:
        if sql not in self.planned:
            self.connection.execute(f"prepare planned_{len(self.planned)} as {sql}")
            self.planned[sql] = f"planned_{len(self.planned)}"
        return self.connection.execute(f"execute {self.planned[sql]}").fetchall()

    def cursor(self) -> duckdb.DuckDBPyConnection:
        """Return a connection that its user may close."""
        cursor = self.connection.cursor()
        cursor.execute(f'use "{self.models.database}".main')
        return cursor

    def _outdate(self) -> None:
        self.outdated.update(name for name, of in self.made_of.items() if of & self.filled)


def compile_models(work: Path) -> Models:
    """Let dbt compile the project into `work`."""
    from orchestration.dbt import invoke, parsed, project_on

    bronze, database = Path("/bronze"), work / "build.duckdb"
    quiet = ["--quiet", "--log-level-file", "none", "--no-write-json"]
    quiet += ["--target-path", str(work / "target"), "--log-path", str(work / "logs")]
    with project_on(bronze, work / "out", database):
        result = invoke(
            ["compile", "--select", "resource_type:model", *quiet], parsed(bronze, database, quiet)
        )
    assert result.success, result.exception
    nodes = {run.node.unique_id: run.node for run in result.result.results}
    models = {key: node for key, node in nodes.items() if key.startswith("model.")}
    order = graphlib.TopologicalSorter({key: node.depends_on.nodes for key, node in models.items()})
    sql = {
        models[key].name: _SOURCE.sub(r"source_\1_\2", models[key].compiled_code)
        for key in order.static_order()
        if key in models
    }
    reads = {
        node.name: [models[parent].name for parent in node.depends_on.nodes if parent in models]
        for node in models.values()
    }
    layers = {node.name: node.original_file_path.split("/")[0] for node in models.values()}
    return Models(sql, database.stem, reads, layers)
