"""Running the models on a Spark session."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import track
from sqlglot import exp

from lake.words import keep_secret, shown
from orchestration.elsewhere.compiled import Model
from orchestration.elsewhere.spark import steps, to_spark


class ElsewhereError(Exception):
    """The other engine could not do it: the message names the model, and what the engine said."""


@contextmanager
def _in_words(what: str) -> Iterator[None]:
    """Make an ElsewhereError of what Spark's client raises; `what` stands before what it says."""
    from grpc import RpcError  # type: ignore[import-untyped]
    from pyspark.errors import PySparkException

    try:
        yield
    except (PySparkException, RpcError, ValueError) as error:
        raise ElsewhereError(f"{what}: {shown(error)[:2000]}") from error


@contextmanager
def session(remote: str | None) -> Iterator[Any]:
    """Open a session on a Spark Connect server, `sc://host:port`; without one on Sail in this process.

    Raises:
        ElsewhereError: `remote` is no such address, or the server there does not give one.
    """
    with ExitStack() as ends:
        if remote is None:
            from pysail.spark import SparkConnectServer

            server = SparkConnectServer("127.0.0.1", 0)
            server.start(background=True)
            ends.callback(server.stop)
            remote = "sc://{}:{}".format(*server.listening_address)
        keep_secret(*remote.split(";")[1:])  # a token
        with _in_words(f"no session on {shown(remote)}"):
            from pyspark.sql import SparkSession
            from pyspark.sql.connect.client.retries import DefaultPolicy

            spark = SparkSession.builder.remote(remote).create()
            ends.callback(spark.stop)
            patient = spark.client.get_retry_policies()
            # A server that does not answer is asked for a second or two, where Spark's client would take minutes.
            spark.client.set_retry_policies([DefaultPolicy(max_retries=3)])
            spark.conf.set("spark.sql.session.timeZone", "UTC")
            spark.client.set_retry_policies(patient)
        yield spark


def spark_type(kind: str) -> str:
    """Return DuckDB's type in Spark's words."""
    return str(exp.DataType.build(kind, dialect="duckdb").sql("spark"))


def read_source(spark: Any, name: str, query: str, columns: Mapping[str, str]) -> None:
    """Let the session read a source from the lake, under the name it has in the models.

    Raises:
        ElsewhereError: it cannot.
    """
    schema = ", ".join(f"`{column}` {spark_type(kind)}" for column, kind in columns.items())
    # Folders `batch=…/version=…/` are columns, where the folder above them is read.
    folder = query.split("'")[1].split("/*")[0]
    with _in_words(name):
        spark.read.schema(schema).parquet(folder).createOrReplaceTempView(name)


def build(spark: Any, models: list[Model], out: Path) -> None:
    """Build every model, and show how far it is; what is published is in `built` below `out`.

    A model is written before the next reads it, and so is a step that it reads twice: of a view Spark reckons all that
    lies below it anew wherever it is read.

    Raises:
        ElsewhereError: the engine refused a model.
    """
    for model in track(models, "models", console=Console(stderr=True), transient=True):
        with _in_words(model.name):
            for step, query in steps(model.tree, {one.name for one in models}):
                _write(spark.sql(query), step, out / "steps" / model.name / step)
            place, columns = "steps", ["*"]
            if model.folder.endswith(("/core", "/marts")):
                kinds = {one: spark_type(kind) for one, kind in model.columns.items()}
                place, columns = (
                    "built",
                    [f"cast(`{one}` as {kind}) as `{one}`" for one, kind in kinds.items()],
                )
            frame = spark.sql(to_spark(model.tree)).selectExpr(*columns)
            _write(frame, model.name, out / place / model.folder.partition("/")[0] / model.name)


def _write(frame: Any, name: str, place: Path) -> None:
    frame.write.mode("overwrite").parquet(str(place))
    if not any(place.glob("*.parquet")):
        # An engine may write no file of no rows, and a folder without one has no columns.
        from pyarrow.parquet import write_table

        place.mkdir(parents=True, exist_ok=True)
        write_table(frame.limit(0).toArrow(), place / "none.parquet")
    frame.sparkSession.read.schema(frame.schema).parquet(str(place)).createOrReplaceTempView(name)
