"""Silver and gold as one function from CSV files to tables, fast enough to be called thousands of times.

dbt compiles the project once; the compiled models then run on an in-memory DuckDB, in the order of their
dependencies, with bronze read by the project's own CSV reader.
"""

from __future__ import annotations

import graphlib
import io
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import MappingProxyType

import duckdb
import pyarrow as pa

from bronze.sources.citibike.trips_csv import TRIPS, MemberCount, read_trips
from tests.silver.lakefixture import COLUMNS

_SOURCE = re.compile(r"read_parquet\('/bronze/(\w+)/(\w+)[^)]*\)")


@dataclass(frozen=True)
class Models:
    """Compiled SQL by model, in the order in which it can be built, and the schema it names."""

    sql: dict[str, str] = field(repr=False)
    database: str
    #: The models that each one reads.
    reads: dict[str, list[str]] = field(repr=False)

    def _with_what_they_read(self, names: Iterable[str]) -> set[str]:
        return {found for name in names for found in {name, *self._with_what_they_read(self.reads[name])}}

    def build(
        self,
        files: dict[str, dict[str, bytes]],
        *wanted: str,
        raw: Mapping[str, Iterable[Mapping[str, object]]] = MappingProxyType({}),
    ) -> duckdb.DuckDBPyConnection:
        """Build everything from `{batch: {member: CSV}}`, or what is wanted.

        `raw` are rows of other sources' tables, by `<source>_<table>`; what it does not name is empty.
        """
        connection = duckdb.connect()
        connection.execute("set threads = 1")
        connection.execute(f"attach ':memory:' as \"{self.database}\"")
        connection.execute(f'use "{self.database}".main')
        for (source, table), columns in COLUMNS.items():
            listed = ", ".join(f'"{name}" {kind}' for name, kind in columns.items())
            hive = "" if source == "lake" else ", batch varchar, version varchar"
            connection.execute(f"create table source_{source}_{table} ({listed}{hive})")
        for batch, members in files.items():
            counted = 0
            for member, content in members.items():
                count = MemberCount(member)
                batches = list(read_trips(partial(io.BytesIO, content), "key.zip", member, count))
                counted += count.counted
                if batches:
                    read = pa.Table.from_batches(batches)
                    names = ", ".join(f'"{name}"' for name in TRIPS.columns)
                    connection.execute(
                        f"insert into source_citibike_trips select {names}, '{batch}', '1' from read"
                    )
            connection.execute(
                "insert into source_lake_versions by name select 'citibike' as source, "
                "'trips' as table_name, $batch as batch, 1 as version, $counted as rows_counted, "
                "true as is_in_snapshot, 'suite bronze.trips' as state_by, 'accepted' as state",
                {"batch": batch, "counted": counted},
            )
        for table, rows in raw.items():
            read = pa.Table.from_pylist(list(rows))
            if read.num_rows:
                connection.execute(f"insert into source_{table} by name select * from read")
        needed = self._with_what_they_read(wanted or self.sql)
        for name, sql in self.sql.items():
            if name not in needed:
                continue
            connection.execute(f"create table {name} as ({sql}\n)")
        return connection


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
    return Models(sql, database.stem, reads)
