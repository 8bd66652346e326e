"""Readers in a loop while snapshots are published, rolled back and collected: no error, no mixed answer."""

from __future__ import annotations

import threading

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import lake as lake_package
from lake import locate
from lake.retention import collect
from lake.rollback import release, rollback
from lake.snapshots import begin, current_id, prepare_layer, publish
from lake.versions import all_versions
from tests.lake.rows import SCHEMAS, land

PUBLICATIONS, READERS = 40, 3
FACTS = {"origin": "sample", "rows": {}}


def publish_number(lake, number):
    """Publish a snapshot all of whose tables say `number`."""
    land(lake, "b-1", [number])
    snapshot = begin(lake, all_versions(lake), SCHEMAS, parent=current_id(lake))
    for layer in ("silver", "gold"):
        prepare_layer(lake, snapshot, layer, None)
        for table in ("one", "two"):
            folder = snapshot.path / layer / table / f"part={number % 2}"
            folder.mkdir(parents=True)
            pq.write_table(pa.table({"amount": [number]}), folder / "data.parquet")
    publish(lake, snapshot, FACTS)


def numbers_seen():
    """Ask every table by a query of its own on one connection; return the numbers they say."""
    tables = ["bronze.things", "silver.one", "silver.two", "gold.one", "gold.two"]
    with lake_package.connect() as connection:
        return {connection.sql(f"select max(amount) from {table}").fetchone()[0] for table in tables}


@pytest.fixture
def readers():
    """Readers that go on until told to stop, and what they saw."""
    seen, faults, done = [], [], threading.Event()

    def read():
        try:
            while not done.is_set():
                seen.append(numbers_seen())
        except Exception as error:
            faults.append(error)

    threads = [threading.Thread(target=read) for _ in range(READERS)]
    yield threads, seen, faults
    done.set()
    for thread in threads:
        thread.join(30)


@pytest.mark.slow
def test_readers_never_fail_and_never_see_two_snapshots_at_once(readers):
    threads, seen, faults = readers
    lake = locate()
    publish_number(lake, 0)
    for thread in threads:
        thread.start()
    for number in range(1, PUBLICATIONS):
        publish_number(lake, number)
        if number % 5 == 0:
            rollback(lake, by="anna", reason="trial")
            release(lake)
        collect(lake, 1)
    assert faults == []
    mixed = [numbers for numbers in seen if len(numbers) != 1]
    assert mixed == []
    assert len({tuple(numbers) for numbers in seen}) > 1, "readers saw more than one publication"
