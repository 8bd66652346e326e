"""Great Expectations on DuckDB: a dialect that works, and a batch over one view.

Great Expectations 1.24 has no DuckDB engine of its own, and with duckdb-engine under SQLAlchemy 2 the
ROLLBACK it implies after every query discards DuckDB's result (`MetricResolutionError: list index out of
range`). The dialect here leaves transactions alone; everything judged is only read.
"""

from __future__ import annotations

import contextlib
import functools
import importlib
import itertools
import logging
import os
import sys
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import duckdb
from duckdb_engine import ConnectionWrapper, Dialect
from sqlalchemy.dialects import registry
from sqlalchemy.types import NullType

from lake.layout import LAYERS

_DRIVER = "gateduckdb"
#: Connections that engines may use, by the name in their connection string; only while being judged.
_CONNECTIONS: dict[str, duckdb.DuckDBPyConnection] = {}
_NUMBERS = itertools.count(1)
#: What Great Expectations loads for expectations that no suite has: a third of its start.
_SELDOM = ("altair", "scipy.stats")


class GateDialect(Dialect):  # type: ignore[misc]  # duckdb_engine has no types here
    """duckdb-engine without transactions, on connections that are already open."""

    supports_statement_cache = False

    def connect(self, *_: Any, **parameters: Any) -> Any:
        """Return a cursor of the open connection named in the connection string; it sees the same views."""
        return ConnectionWrapper(_CONNECTIONS[parameters["database"]].cursor())

    def get_columns(self, connection: Any, table_name: str, *_: Any, **__: Any) -> list[dict[str, Any]]:
        """Return a view's columns by name: no rule asks for types, and PostgreSQL's catalogue takes its time."""
        described = connection.exec_driver_sql(f'describe "{table_name}"').fetchall()
        return [
            {"name": name, "type": NullType(), "nullable": True, "default": None} for name, *_ in described
        ]

    def get_pk_constraint(self, *_: Any, **__: Any) -> dict[str, Any]:
        """Return that there is no key: what is judged is a view."""
        return {"constrained_columns": [], "name": None}

    def do_begin(self, connection: Any) -> None:
        """Begin nothing."""

    def do_commit(self, connection: Any) -> None:
        """Commit nothing."""

    def do_rollback(self, connection: Any) -> None:
        """Roll nothing back: the result just queried would be gone."""


registry.register(_DRIVER, __name__, "GateDialect")


@contextlib.contextmanager
def database() -> Iterator[duckdb.DuckDBPyConnection]:
    """Open an in-memory DuckDB to judge in.

    What does not fit into memory is spilled to the system's temporary folder, not to the working folder.
    """
    connection = duckdb.connect()
    try:
        spill = Path(tempfile.gettempdir()) / f"gate-{os.getpid()}"
        connection.execute(f"set temp_directory = '{spill}'")
        # Each rule asks the same files again.
        connection.execute("set parquet_metadata_cache = true")
        yield connection
    finally:
        connection.close()


def define(connection: duckdb.DuckDBPyConnection, relations: dict[str, str]) -> None:
    """Make a view for each entry of `<layer>.<name>` → SQL query. Those of a judgement before are gone.

    Raises:
        duckdb.Error: a query is not valid, or a file it reads is missing.
    """
    for layer in LAYERS:
        connection.execute(f"drop schema if exists {layer} cascade; create schema {layer}")
    for name, query in relations.items():
        connection.execute(f"create view {name} as {query}")


@contextlib.contextmanager
def batch(connection: duckdb.DuckDBPyConnection, view: str) -> Iterator[Any]:
    """Yield a view of the connection as a batch of Great Expectations, to call `validate` on.

    The view is in the main schema: metrics about columns lose the name of any other on the way.
    Meant for one use after the other within a process.
    """
    with _named(connection) as name, quiet(), _configured_once():
        source = _source()
        # With another name all that knows of the connection before is made anew: engine, caches.
        source.connection_string = name
        try:
            yield _whole(view).get_batch()
        finally:
            source.get_engine().dispose()


@contextlib.contextmanager
def _named(connection: duckdb.DuckDBPyConnection) -> Iterator[str]:
    """Yield a connection string for an open connection, good for the block and never used again."""
    key = f"judged{next(_NUMBERS)}"
    _CONNECTIONS[key] = connection
    try:
        yield f"{_DRIVER}:///{key}"
    finally:
        del _CONNECTIONS[key]


class _Later(ModuleType):
    """Stands for a module, which is loaded when something of it is asked for."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        _take_back(self)
        return getattr(importlib.import_module(self.__name__), name)


def _take_back(module: _Later) -> None:
    if sys.modules.get(module.__name__) is module:
        del sys.modules[module.__name__]


@functools.cache
def load() -> None:
    """Load Great Expectations, and for itself alone none of what it seldom uses."""
    put_off = {name: _Later(name) for name in _SELDOM if name not in sys.modules}
    sys.modules.update(put_off)
    try:
        import great_expectations  # noqa: F401
    finally:
        for module in put_off.values():
            _take_back(module)


@functools.cache
def _source() -> Any:
    """Return the one data source of this process: with each that is added the whole configuration is written.

    The context is ephemeral, sends no analytics, shows no progress bars and logs nothing: an expectation
    that errors says so in its result.
    """
    os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")
    import great_expectations as gx
    from great_expectations.data_context.types.base import ProgressBarsConfig

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False, metric_calculations=False)
    with duckdb.connect() as nothing, _named(nothing) as name:  # it is tried when it is added
        return context.data_sources.add_sql(name="judged", connection_string=name, create_temp_table=False)


@functools.cache
def _whole(view: str) -> Any:
    """Return the definition of the batch that is a whole view, whichever connection has it."""
    asset = _source().add_table_asset(name=view, table_name=view)
    return asset.add_batch_definition_whole_table(name="whole")


@contextlib.contextmanager
def _configured_once() -> Iterator[None]:
    """Let each expectation make its configuration once during the block.

    Great Expectations 1.24 asks for it sixty times per expectation, and every time pydantic makes it anew: more
    than a third of a judgement.
    """
    load()
    from great_expectations.expectations.expectation import Expectation

    made: dict[int, tuple[Any, Any]] = {}  # with the expectation, so that its id stays its own
    whenever = Expectation.configuration

    def once(expectation: Any) -> Any:
        key = id(expectation)
        if key not in made:
            made[key] = expectation, whenever.fget(expectation)
        return made[key][1]

    Expectation.configuration = property(once)
    try:
        yield
    finally:
        Expectation.configuration = whenever


_NOWHERE = logging.NullHandler()


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Keep Great Expectations from logging and warning during the block."""
    logger = logging.getLogger("great_expectations")
    level, propagate = logger.level, logger.propagate
    logger.setLevel(logging.CRITICAL)
    # Some of its modules set a level of their own: what they say must not reach the root's handlers.
    logger.propagate = False
    logger.addHandler(_NOWHERE)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.removeHandler(_NOWHERE)
        logger.propagate = propagate
        logger.setLevel(level)
