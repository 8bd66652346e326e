"""The readers of Parquet that people have: each opens a folder with its defaults and gives an Arrow table."""

from __future__ import annotations

import functools
import shutil
import tempfile
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pyarrow as pa

Read = Callable[[Path], pa.Table]


@dataclass(frozen=True)
class Reader:
    """A way to open a folder. `package` is what must be installed.

    `own` are the types that the tool itself gives other names, whoever wrote the file: `{ours: its own}`.
    """

    package: str
    read: Read
    own: Mapping[str, str] = field(default_factory=dict)

    @property
    def version(self) -> str:
        """Return the version that is installed."""
        return version(self.package)


def _pandas(folder: Path) -> pa.Table:
    import pandas as pd

    return _of_frame(pd.read_parquet(folder))


def _fastparquet(folder: Path) -> pa.Table:
    import fastparquet

    return _of_frame(fastparquet.ParquetFile(str(folder)).to_pandas())


def _of_frame(frame: Any) -> pa.Table:
    return pa.Table.from_pandas(frame, preserve_index=False)


def _dataset(**options: Any) -> Read:
    def read(folder: Path) -> pa.Table:
        import pyarrow.dataset

        return pyarrow.dataset.dataset(folder, format="parquet", **options).to_table()

    return read


def _polars(glob: str = "", **options: Any) -> Read:
    def read(folder: Path) -> pa.Table:
        import polars as pl

        return pl.scan_parquet(f"{folder}{glob}", **options).collect().to_arrow()

    return read


def _duckdb(glob: str, options: str = "") -> Read:
    def read(folder: Path) -> pa.Table:
        import duckdb

        with duckdb.connect() as connection:
            return connection.sql(f"from read_parquet('{folder}{glob}'{options})").to_arrow_table()

    return read


def _datafusion(folder: Path) -> pa.Table:
    from datafusion import SessionContext

    context = SessionContext()
    context.register_parquet("it", str(folder))
    return context.table("it").to_arrow_table()


@functools.cache
def _session() -> Any:
    from pyspark.sql import SparkSession

    place = tempfile.mkdtemp()
    builder = SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false")
    builder = builder.config("spark.driver.bindAddress", "127.0.0.1").config("spark.driver.host", "127.0.0.1")
    session = builder.config("spark.local.dir", place).config("spark.sql.warehouse.dir", place).getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    return session


def _spark(folder: Path) -> pa.Table:
    return _session().read.parquet(str(folder)).toArrow()


#: A number of pandas has no null, so that whole numbers with nulls are floats; objects that are all null, or
#: not there, have no type.
_FRAME = {
    "int32": "double",
    "int64": "double",
    "string": "null",
    "bool": "null",
    "date32[day]": "null",
    "list of string": "list of null",
}
READERS = {
    "pandas": Reader("pandas", _pandas, _FRAME),
    "pyarrow dataset": Reader("pyarrow", _dataset()),
    "pyarrow dataset, hive": Reader("pyarrow", _dataset(partitioning="hive")),
    "Polars, folder": Reader("polars", _polars()),
    "Polars, glob": Reader("polars", _polars("/**/*.parquet")),
    "Polars, hive": Reader("polars", _polars(hive_partitioning=True)),
    "DuckDB, glob": Reader("duckdb", _duckdb("/**/*.parquet")),
    "DuckDB, hive": Reader("duckdb", _duckdb("/**/*.parquet", ", hive_partitioning = true")),
    "DuckDB, no hive": Reader("duckdb", _duckdb("/**/*.parquet", ", hive_partitioning = false")),
    "DataFusion": Reader("datafusion", _datafusion),
    # It has days as instants, too.
    "fastparquet": Reader("fastparquet", _fastparquet, {**_FRAME, "date32[day]": "timestamp[ns]"}),
    "Spark": Reader("pyspark", _spark),
}


def lacking(reader: Reader) -> str | None:
    """Say what is not there for a reader; None if it can read."""
    try:
        version(reader.package)
    except ModuleNotFoundError:
        return f"{reader.package} is not installed: `make readers`"
    if reader.package == "pyspark" and not shutil.which("java"):
        return "there is no Java for Spark"
    return None


def kind(of: pa.DataType) -> str:
    """Return a type without how a tool lays it out in memory."""
    if pa.types.is_large_string(of) or pa.types.is_string_view(of):
        return "string"
    if pa.types.is_list(of) or pa.types.is_large_list(of):
        return f"list of {kind(of.value_type)}"
    return str(of)


def differences(
    reader: Reader, folder: Path, expected: pa.Table, left_out: Collection[str] = ()
) -> list[str]:
    """Return a line for everything in which a reader's table is not the expected one; rows have no order.

    Columns that are `left_out` are not looked at, if the reader has them.
    """
    import duckdb

    try:
        read = reader.read(folder)
    except Exception as error:
        return [f"cannot be read: {type(error).__name__}: {str(error).splitlines()[0]}"]
    read = read.select([name for name in read.column_names if name not in left_out])
    if read.column_names != expected.column_names:
        return [f"columns {read.column_names}, not {expected.column_names}"]
    found = []
    for name in expected.column_names:
        ours, theirs = kind(expected.schema.field(name).type), kind(read.schema.field(name).type)
        if theirs not in (ours, reader.own.get(ours)):
            found.append(f"column {name}: {theirs}, not {ours}")
    if found:
        return found
    theirs, ours = read.cast(expected.schema), expected
    with duckdb.connect() as connection:
        query = "from (from ours except all from theirs) union all (from theirs except all from ours)"
        rows = connection.sql(query).fetchall()
    if rows or read.num_rows != expected.num_rows:
        found.append(f"{read.num_rows:,} rows, not {expected.num_rows:,}; {len(rows):,} differ: {rows[:1]}")
    return found
