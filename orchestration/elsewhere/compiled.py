"""The models as dbt compiles them for DuckDB, with the type of every expression."""

from __future__ import annotations

import functools
import re
from collections import defaultdict
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lake.compare import columns_of
from lake.snapshots import Snapshot
from orchestration.dbt import BuildError, invoke, parsed, project_on

if TYPE_CHECKING:
    import duckdb

#: How sources are read in compiled SQL.
_SOURCE = re.compile(r"read_parquet\('[^']*/bronze/(\w+)/(\w+)[^)]*\)")


@dataclass(frozen=True)
class Model:
    """A model: its folder (`silver/models/core`), SQL, `{column: DuckDB's type}`, and the query with all its types."""

    name: str
    folder: str
    sql: str
    columns: dict[str, str] = field(default_factory=dict)
    tree: Any = None


def compile_models(snapshot: Snapshot, work: Path) -> tuple[list[Model], dict[str, str]]:
    """Let dbt compile the models for a snapshot's bronze, all of it.

    Returns them in an order they can be built in, and what reads their sources, by the name these have in them.

    Raises:
        BuildError: dbt cannot compile them.
    """
    out, database = work / "out", work / "compiled.duckdb"
    out.mkdir(parents=True, exist_ok=True)
    bronze = snapshot.bronze.resolve()
    quiet = ["--quiet", "--log-level-file", "none", "--no-write-json"]
    quiet += ["--target-path", str(work / "dbt"), "--log-path", str(work / "logs")]
    models_alone = ["--select", "resource_type:model", "--indirect-selection", "empty"]
    with project_on(bronze, out, database):
        told = invoke(["compile", *models_alone, *quiet], parsed(bronze, database, quiet))
    if not told.success:
        raise BuildError(f"dbt cannot compile the models: {told.exception}")
    models, sources = [], {}
    # A model is compiled when those that it reads are.
    for node in (one.node for one in told.result.results):
        for read in _SOURCE.finditer(node.compiled_code):
            sources[f"source_{read[1]}_{read[2]}"] = f"select * from {read[0]}"
        sql = _SOURCE.sub(r"source_\1_\2", node.compiled_code)
        models.append(Model(node.name, str(Path(node.original_file_path).parent), sql))
    return models, sources


@functools.cache
def _scratch() -> duckdb.DuckDBPyConnection:
    """Return a DuckDB without tables, of which each use takes a cursor: to begin one takes longer than a query."""
    import duckdb

    return duckdb.connect()


@functools.cache
def _reckoned() -> list[Any]:
    """Return what is reckoned with columns."""
    from sqlglot import exp
    from sqlglot.helper import subclasses

    return list(subclasses(exp.__name__, exp.Condition, (exp.Column, exp.Subquery)))


def _asking(connection: duckdb.DuckDBPyConnection) -> dict[Any, Any]:
    """Return how sqlglot is to tell the types of what is reckoned with columns: as DuckDB does, which is asked."""
    import duckdb
    from sqlglot import exp
    from sqlglot.dialects.duckdb import DuckDB

    @functools.cache
    def answer(query: str) -> Any:
        try:
            kind = columns_of(connection, query)["asked"]
        except duckdb.Error:
            kind = "unknown"  # a part that stands only within another, which is asked as well
        return exp.DataType.build(kind, dialect="duckdb")

    def annotate(annotator: Any, node: Any) -> Any:
        rows: dict[str, dict[str, str]] = defaultdict(dict)
        for column in node.find_all(exp.Column):
            if column.type:
                rows[column.table][column.name] = f"cast(null as {column.type.sql('duckdb')})"
        query = f"select {node.sql('duckdb')} as asked"
        if rows:
            columns = [f"{table}.{column}" for table, values in rows.items() for column in values]
            tables = (
                f"(select {', '.join(f'{value} as {name}' for name, value in values.items())}) as {table}"
                for table, values in rows.items()
            )
            # Grouped by all of them, so that they may stand beside aggregates.
            query += f" from {', '.join(tables)} group by {', '.join(columns)}"
        if windows := {one.text("alias") for one in node.find_all(exp.Window)} - {""}:
            query += f" window {', '.join(f'{name} as ()' for name in windows)}"
        return annotator._set_type(node, answer(query))

    return {**DuckDB.EXPRESSION_METADATA, **{kind: {"annotator": annotate} for kind in _reckoned()}}


def typed(models: list[Model], sources: dict[str, dict[str, str]]) -> list[Model]:
    """Return the models with every name and type resolved; `sources` have `{column: DuckDB's type}` of each."""
    from sqlglot import exp, parse_one
    from sqlglot.optimizer.annotate_types import annotate_types
    from sqlglot.optimizer.qualify import qualify
    from sqlglot.schema import MappingSchema

    schema = MappingSchema(dialect="duckdb")
    found = []
    # Its tables are temporary, and so the cursor's own.
    with _scratch().cursor() as connection:
        told = _asking(connection)

        def declare(name: str, columns: dict[str, str]) -> None:
            listed = ", ".join(f'"{column}" {kind}' for column, kind in columns.items())
            connection.execute(f"create temp table {name} ({listed})")
            schema.add_table(name, columns)

        for name, columns in sources.items():
            declare(name, columns)
        for model in models:
            tree = parse_one(model.sql, read="duckdb")
            for table in tree.find_all(exp.Table):
                # Relations carry the scratch database's name, which is none here.
                table.set("db", None)
                table.set("catalog", None)
            columns = columns_of(connection, tree.sql("duckdb"))
            tree = qualify(tree, dialect="duckdb", schema=schema, quote_identifiers=False)
            tree = annotate_types(tree, schema=schema, dialect="duckdb", expression_metadata=told)
            declare(model.name, columns)
            found.append(replace(model, columns=columns, tree=tree))
    return found
