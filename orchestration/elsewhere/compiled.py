"""The models as dbt compiles them for DuckDB, with the type of every expression."""

from __future__ import annotations

import graphlib
import re
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lake.snapshots import Snapshot
from orchestration.dbt import BuildError, invoke, parsed, project_on

if TYPE_CHECKING:
    import duckdb

#: How sources are read in compiled SQL.
_SOURCE = re.compile(r"read_parquet\('[^']*/bronze/(\w+)/(\w+)[^)]*\)")
#: Types of functions that sqlglot does not know in DuckDB; `timezone` has that of the time that it is not given.
_RETURNS = {
    "varchar": "Chr Dayname GroupConcat ArrayToString Left Lower MD5 Pad RegexpExtract RegexpReplace Replace Right"
    " SplitPart Trim",
    "double": "Asin Avg Cos Div Exp Ln Median Pow Sin Sqrt StddevSamp list_aggregate",
    "boolean": "ArrayContains ArrayOverlaps Contains Glob RegexpFullMatch",
    "bigint": "ArraySize Count RowNumber WeekOfYear epoch_us strlen",
    "ubigint": "hash",
    "timestamp": "TimestampTrunc UnixToTime try_strptime",
    "interval": "to_hours to_seconds",
    "varchar[]": "Split",
}
_RETURNED = {name: kind for kind, names in _RETURNS.items() for name in names.split()}
#: Have the type of what they are given first.
_AS_GIVEN = ("ArgMax", "ArrayFilter", "First", "FirstValue", "Lag", "LastDay", "Lead")


@dataclass(frozen=True)
class Model:
    """A model: its folder (`silver/models/core`), SQL, the relations it reads, and `{column: DuckDB's type}`."""

    name: str
    folder: str
    sql: str
    reads: tuple[str, ...] = ()
    columns: dict[str, str] = field(default_factory=dict)
    tree: Any = None

    @property
    def layer(self) -> str:
        """Return `silver` or `gold`."""
        return self.folder.partition("/")[0]

    @property
    def is_published(self) -> bool:
        """Whether it becomes files of a snapshot."""
        return self.folder.endswith(("/core", "/marts"))


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
    with project_on(bronze, out, database):
        told = invoke(["compile", "--select", "resource_type:model", *quiet], parsed(bronze, database, quiet))
    if not told.success:
        raise BuildError(f"dbt cannot compile the models: {told.exception}")
    nodes = {
        one.node.unique_id: one.node for one in told.result.results if one.node.unique_id.startswith("model.")
    }
    graph = {key: [one for one in node.depends_on.nodes if one in nodes] for key, node in nodes.items()}
    sources = {}
    models = []
    for node in (nodes[key] for key in graphlib.TopologicalSorter(graph).static_order()):
        for read in _SOURCE.finditer(node.compiled_code):
            sources[f"source_{read[1]}_{read[2]}"] = f"select * from {read[0]}"
        sql = _SOURCE.sub(r"source_\1_\2", node.compiled_code)
        models.append(Model(node.name, str(Path(node.original_file_path).parent), sql))
    return models, sources


def columns_of(connection: duckdb.DuckDBPyConnection, query: str) -> dict[str, str]:
    """Return the columns of a query with their types, in DuckDB's words."""
    return {name: kind for name, kind, *_ in connection.execute(f"describe {query}").fetchall()}


def _types() -> dict[Any, Any]:
    """Return what sqlglot knows of types in DuckDB, and what it does not."""
    from sqlglot import exp
    from sqlglot.dialects.duckdb import DuckDB

    def build(kind: str) -> Any:
        return exp.DataType.build(kind, dialect="duckdb")

    def of_function(annotator: Any, call: Any) -> Any:
        kind = _RETURNED.get(call.name.lower(), "unknown")
        if call.name.lower() == "timezone":
            is_instant = call.expressions[1].type == build("timestamptz")
            kind = "timestamp" if is_instant else "timestamptz"
        return annotator._set_type(call, build(kind))

    def of_literal(annotator: Any, call: Any) -> Any:
        # Of digits with a point DuckDB makes a decimal, and sqlglot a double.
        kind = "varchar" if call.is_string else "int" if call.is_int else "decimal"
        return annotator._set_type(call, exp.DataType.build(kind))

    returns = {
        getattr(exp, name): {"returns": build(kind)} for name, kind in _RETURNED.items() if name[0].isupper()
    }
    as_given = {"annotator": lambda annotator, call: annotator._set_type(call, call.this.type)}
    return {
        **DuckDB.EXPRESSION_METADATA,
        **returns,
        **{getattr(exp, name): as_given for name in _AS_GIVEN},
        exp.Anonymous: {"annotator": of_function},
        exp.Literal: {"annotator": of_literal},
    }


def typed(models: list[Model], sources: dict[str, dict[str, str]]) -> list[Model]:
    """Return the models with every name and type resolved; `sources` have `{column: DuckDB's type}` of each.

    DuckDB tells the types of a model's columns, and within the model sqlglot goes on from there.
    """
    import duckdb
    from sqlglot import exp, parse_one
    from sqlglot.optimizer.annotate_types import annotate_types
    from sqlglot.optimizer.qualify import qualify
    from sqlglot.schema import MappingSchema

    schema = MappingSchema(dialect="duckdb")
    known = _types()
    found = []
    with duckdb.connect() as connection:

        def declare(name: str, columns: dict[str, str]) -> None:
            told = ", ".join(f'"{column}" {kind}' for column, kind in columns.items())
            connection.execute(f"create table {name} ({told})")
            schema.add_table(name, columns)

        for name, columns in sources.items():
            declare(name, columns)
        for model in models:
            # Relations carry the scratch database's name, which is none here.
            tree = parse_one(model.sql, read="duckdb")
            for table in tree.find_all(exp.Table):
                table.set("db", None)
                table.set("catalog", None)
            columns = columns_of(connection, tree.sql("duckdb"))
            tree = qualify(tree, dialect="duckdb", schema=schema, quote_identifiers=False)
            tree = annotate_types(tree, schema=schema, dialect="duckdb", expression_metadata=known)
            declare(model.name, columns)
            ours = {cte.alias for cte in tree.find_all(exp.CTE)}
            reads = dict.fromkeys(table.name for table in tree.find_all(exp.Table) if table.name not in ours)
            found.append(replace(model, reads=tuple(reads), columns=columns, tree=tree))
    return found
