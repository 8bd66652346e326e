"""The snapshot as the pages read it: pinned once per run, a cursor per question, answers kept by its id."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import duckdb
import polars as pl
import streamlit as st

import lake
from lake import pin
from lake.errors import DamagedError, GoneError, NothingPublishedError
from lake.snapshots import BUILDING, current_id, load

if TYPE_CHECKING:
    from collections.abc import Mapping

_TABLE = re.compile(r"\b((?:gold|silver|measure)\.\w+)")


class MissingTableError(LookupError):
    """The snapshot lacks a table or measure that a question needs; the message is its name."""


class NoSnapshotError(LookupError):
    """There is no snapshot to ask: nothing is published, or it cannot be read."""


@dataclass(frozen=True)
class Reader:
    """One pinned snapshot. Whoever has a reader sees this snapshot, whatever is published meanwhile.

    `root` is the lake's folder, `facts` what snapshot.json says, `tables` the names like `gold.mart_routes`
    that can be asked, measures like `measure.net_flow` among them. The connection keeps the snapshot from being collected.
    """

    root: str
    snapshot: str
    facts: Mapping[str, Any]
    tables: frozenset[str]
    connection: duckdb.DuckDBPyConnection

    @property
    def is_sample(self) -> bool:
        """Whether the data is generated."""
        return bool(self.facts["origin"] == "sample")

    def ask(self, sql: str, **parameters: Any) -> pl.DataFrame:
        """Answer a query with named parameters; the same question to the same snapshot is computed once.

        Raises:
            MissingTableError: the snapshot lacks a table or measure that the query names.
            duckdb.Error: a file cannot be read.
        """
        for table in names_of(sql):
            if table not in self.tables:
                raise MissingTableError(table)
        # Every question is offered all filters, and those that it does not name are refused: what does not know
        # riders, say, is not asked again when others are chosen.
        used = {name: value for name, value in parameters.items() if f"${name}" in sql}
        return _answer(self.root, self.snapshot, sql, used, self.connection)


def names_of(sql: str) -> list[str]:
    """Return the tables of silver and gold, and the measures, that a query names."""
    return sorted(set(_TABLE.findall(sql)))


# Bounded: a question is asked with many dates over the weeks that a server runs.
@st.cache_data(max_entries=400, show_spinner=False)
def _answer(
    root: str, snapshot: str, sql: str, parameters: dict[str, Any], _connection: duckdb.DuckDBPyConnection
) -> pl.DataFrame:
    # A cursor of our own: sessions run in threads, and a connection shared by threads mixes up their results.
    with _connection.cursor() as cursor:
        return cursor.execute(sql, parameters).pl()


# Two: the published snapshot, and the one before it for sessions in the middle of a run. More would keep old
# snapshots from being collected for as long as the server runs.
@st.cache_resource(max_entries=2, show_spinner=False)
def _reader(root: str, snapshot: str) -> Reader:
    connection = lake.connect(snapshot, root=root)
    # DuckDB's own list of functions has thousands, and takes as long as the views.
    known = """
        select schema_name || '.' || view_name from duckdb_views() where not internal
        union all
        select 'measure.' || measure from lake.measures
    """
    names = connection.execute(known).fetchall()
    facts = load(lake.locate(root), snapshot).facts
    return Reader(root, snapshot, facts, frozenset(name for (name,) in names), connection)


def open_reader() -> Reader:
    """Pin the snapshot that is published now.

    Raises:
        NothingPublishedError: nothing is published.
        DamagedError, GoneError, OSError, duckdb.Error: the published snapshot cannot be read.
    """
    place = lake.locate()
    while True:
        wanted = current_id(place)
        if wanted is None:
            raise NothingPublishedError
        try:
            return _reader(str(place.root), wanted)
        except (DamagedError, GoneError, OSError, duckdb.Error):
            # Another one was published and this one collected in between: ask again. Else it is damaged.
            if current_id(place) == wanted:
                raise


def built_by() -> str:
    """Say which commands build what the published snapshot lacks."""
    try:
        return pin.built_by(lake.locate())
    except lake.LakeError:  # there is no such lake, which is what a person is about to be told
        return "`make run FULL=1` builds it"


def is_being_built() -> bool:
    """Say whether a run is building a snapshot, or was killed while it did."""
    place = lake.locate()
    published = current_id(place)
    return any(path.parent.name != published for path in place.snapshots.glob(f"*/{BUILDING}"))
