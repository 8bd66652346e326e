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
    from sqlglot import exp

#: How sources are read in compiled SQL.
_SOURCE = re.compile(r"read_parquet\('[^']*/bronze/(\w+)/(\w+)[^)]*\)")
#: Types of functions that sqlglot does not know in DuckDB; `timezone` has that of the time that it is not given.
_RETURNS = {
    "epoch_us": "bigint",
    "hash": "ubigint",
    "list_aggregate": "double",
    "strlen": "bigint",
    "to_hours": "interval",
    "to_seconds": "interval",
    "try_strptime": "timestamp",
    **dict.fromkeys(
        ("Left", "Right", "SplitPart", "Pad", "RegexpExtract", "RegexpReplace", "Chr"), "varchar"
    ),
    **dict.fromkeys(
        ("ArrayToString", "GroupConcat", "Trim", "Lower", "MD5", "Replace", "Dayname"), "varchar"
    ),
    **dict.fromkeys(
        ("Median", "Avg", "StddevSamp", "Sqrt", "Pow", "Exp", "Ln", "Sin", "Cos", "Asin", "Div"), "double"
    ),
    **dict.fromkeys(("RegexpFullMatch", "ArrayOverlaps", "ArrayContains", "Contains", "Glob"), "boolean"),
    **dict.fromkeys(("RowNumber", "ArraySize", "Count", "WeekOfYear"), "bigint"),
    "Split": "varchar[]",
    "UnixToTime": "timestamp",
    "TimestampTrunc": "timestamp",
}


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

    def of_function(annotator: Any, call: exp.Expression) -> Any:
        kind = _RETURNS.get(call.name.lower())
        if call.name.lower() == "timezone":
            kind = "timestamp" if is_instant(call.expressions[1]) else "timestamptz"
        return annotator._set_type(call, exp.DataType.build(kind or "unknown", dialect="duckdb"))

    def of_first(annotator: Any, call: exp.Expression) -> Any:
        return annotator._set_type(call, call.this.type)

    def of_literal(annotator: Any, call: exp.Expression) -> Any:
        kind = "varchar" if call.is_string else "int" if call.is_int else "decimal"
        return annotator._set_type(call, exp.DataType.build(kind))

    known = dict(DuckDB.EXPRESSION_METADATA)
    known[exp.Anonymous] = {"annotator": of_function}
    first = (
        exp.ArrayFilter,
        exp.Lag,
        exp.Lead,
        exp.FirstValue,
        exp.First,
        exp.ArgMax,
        exp.LastDay,
    )
    known |= dict.fromkeys(first, {"annotator": of_first})
    known[exp.Literal] = {"annotator": of_literal}
    for name, kind in _RETURNS.items():
        if name[0].isupper():
            known[getattr(exp, name)] = {"returns": exp.DataType.build(kind, dialect="duckdb")}
    return known


def is_instant(node: exp.Expression) -> bool:
    """Whether it is a time with a zone."""
    return bool(node.type and node.type.sql("duckdb") == "TIMESTAMPTZ")


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
