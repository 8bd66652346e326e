"""Running the models on a Spark session, and holding what it wrote against what was published."""

from __future__ import annotations

import importlib.util
import re
import socket
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lake.catalog import files_sql
from lake.compare import columns_of, compare_columns, compare_rows, comparing, count
from lake.paths import remove_tree
from orchestration.elsewhere.compiled import Model
from orchestration.elsewhere.spark import steps, to_spark

_SPARK = {"VARCHAR": "string", "TIMESTAMP": "timestamp_ntz", "INTEGER": "int"}


class ElsewhereError(Exception):
    """The other engine could not do it: the message names the model, and what the engine said."""


@dataclass(frozen=True)
class Compared:
    """A published table on both sides: its rows as published, and a line for everything in which they differ."""

    table: str
    rows: int
    differences: tuple[str, ...] = ()


def check_engine(remote: str | None, timeout: float = 5) -> None:
    """See that there is what a session needs, before anything is compiled for it.

    Raises:
        ElsewhereError: `remote` is no address of a server, nothing listens there, or packages are missing.
    """
    if remote is not None:
        told = re.fullmatch(r"sc://(\[[0-9a-fA-F:]+\]|[^:/;\[\]\s]+):([0-9]{1,5})(/.*)?", remote)
        if not told or not 0 < int(told[2]) < 65536:
            raise ElsewhereError(f"REMOTE is {shown(remote)!r}, and has to be sc://host:port")
        try:
            socket.create_connection((told[1].strip("[]"), int(told[2])), timeout).close()
        except (OSError, UnicodeError) as error:
            raise ElsewhereError(f"nothing listens at {shown(remote)}: {error}") from error
    wanted = ["pyspark", "grpc"] + ["pysail"] * (remote is None)
    if missing := [name for name in wanted if importlib.util.find_spec(name) is None]:
        raise ElsewhereError(
            f"not installed: {', '.join(missing)}; `make elsewhere` installs it and runs this"
        )


def shown(remote: str) -> str:
    """Return an address without what may follow it: a token."""
    return remote.partition("/;")[0]


@contextmanager
def _in_words(what: str) -> Iterator[None]:
    """Make an ElsewhereError of what Spark's client raises; `what` stands before what it says."""
    from grpc import RpcError  # type: ignore[import-untyped]
    from pyspark.errors import PySparkException

    try:
        yield
    except (PySparkException, RpcError) as error:
        raise ElsewhereError(f"{what}: {str(error)[:2000]}") from error


@contextmanager
def session(remote: str | None) -> Iterator[Any]:
    """Open a session on a Spark Connect server, `sc://host:port`; without one on Sail in this process.

    Raises:
        ElsewhereError: the server does not give one.
    """
    from pyspark.sql import SparkSession

    with ExitStack() as ends:
        if remote is None:
            from pysail.spark import SparkConnectServer

            server = SparkConnectServer("127.0.0.1", 0)
            server.start(background=True)
            ends.callback(server.stop)
            remote = "sc://{}:{}".format(*server.listening_address)
        with _in_words(f"no session on {shown(remote)}"):
            opened = SparkSession.builder.remote(remote).create()
            ends.callback(opened.stop)
            opened.conf.set("spark.sql.session.timeZone", "UTC")
        yield opened


def spark_type(kind: str) -> str:
    """Return DuckDB's type in Spark's words."""
    if kind.endswith("[]"):
        return f"array<{spark_type(kind[:-2])}>"
    return _SPARK.get(kind, kind.lower())


def schema_of(columns: Mapping[str, str]) -> str:
    """Return columns as Spark declares them."""
    return ", ".join(f"`{name}` {spark_type(kind)}" for name, kind in columns.items())


def read_source(spark: Any, name: str, query: str, columns: Mapping[str, str]) -> None:
    """Let the session read a source from the lake, under the name it has in the models.

    Raises:
        ElsewhereError: it cannot.
    """
    [files] = re.findall(r"read_parquet\('([^']*)'", query)
    # Folders `batch=…/version=…/` are columns, where the folder above them is read.
    with _in_words(name):
        spark.read.schema(schema_of(columns)).parquet(files.split("/*")[0]).createOrReplaceTempView(name)


def build(spark: Any, models: list[Model], out: Path) -> Iterator[tuple[str, float]]:
    """Build every model and write it below `out`; yield its name and the seconds that it took.

    A model is written before the next reads it, and so is a step that it reads twice: of a view Spark reckons all that
    lies below it anew wherever it is read.

    Raises:
        ElsewhereError: the engine refused a model.
    """
    remove_tree(out, out.parent)
    names = {model.name for model in models}
    for model in models:
        began = time.monotonic()
        with _in_words(model.name):
            for step, query in steps(model.tree, names):
                _write(spark.sql(query), step, out / "steps" / model.name / step)
            frame = spark.sql(to_spark(model.tree))
            if model.is_published:
                kinds = model.columns.items()
                frame = frame.selectExpr(
                    *(f"cast(`{one}` as {spark_type(kind)}) as `{one}`" for one, kind in kinds)
                )
            _write(frame, model.name, out / model.layer / model.name)
        yield model.name, time.monotonic() - began


def _write(frame: Any, name: str, place: Path) -> None:
    frame.write.mode("overwrite").parquet(str(place))
    if not any(place.glob("*.parquet")):
        # An engine may write no file of no rows, and a folder without one has no columns.
        from pyarrow.parquet import write_table

        place.mkdir(parents=True, exist_ok=True)
        write_table(frame.limit(0).toArrow(), place / "none.parquet")
    frame.sparkSession.read.schema(frame.schema).parquet(str(place)).createOrReplaceTempView(name)


def compare(published: Mapping[str, str], out: Path, models: list[Model]) -> Iterator[Compared]:
    """Compare what was written with what was published (the query that reads it, by table), both ways."""
    built = {model.name: model for model in models if model.is_published}
    with comparing() as connection:
        for table in sorted(published.keys() | built.keys()):
            rows = count(connection, published[table]) if table in published else 0
            said: tuple[str, ...] = ()
            if table not in built or table not in published:
                said = (f"only the {'models make it' if table in built else 'snapshot has it'}",)
            elif files := sorted((out / built[table].layer / table).glob("*.parquet")):
                said = tuple(_differ(connection, published[table], files_sql(files)))
            else:
                said = ("nothing was written: it was not built",)
            yield Compared(table, rows, said)


def _differ(connection: Any, published: str, written: str) -> Iterator[str]:
    was, now = columns_of(connection, published), columns_of(connection, written)
    yield from (one.told() for one in compare_columns(was, now))
    if not was.keys() ^ now.keys() and list(was) != list(now):
        yield f"order of columns: {', '.join(was)} as published, {', '.join(now)} elsewhere"
    common = [name for name in was if now.get(name) == was[name]]
    found = compare_rows(connection, published, written, common)
    for number, side in ((found.gone, "as published"), (found.added, "elsewhere")):
        if number:
            yield f"{number:,} rows only {side}"
    yield from (
        f"  {'published' if one.change == 'gone' else 'elsewhere'}: {one.told()}" for one in found.sample
    )
