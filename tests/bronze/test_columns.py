"""How rows are handed to dlt: as row groups of one length, of which it does not keep more and more."""

from __future__ import annotations

import gc
import tomllib
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bronze import columns
from bronze.landing import settings as dlt_finds_its_settings
from bronze.offers import Offer
from bronze.tables import Table
from bronze.writing import write


@settings(deadline=None)
@given(lengths=st.lists(st.integers(0, 25), max_size=12), group=st.integers(1, 20))
def test_row_groups_hold_every_row_once_in_order_and_are_full_but_the_last(lengths, group):
    numbers = iter(range(sum(lengths)))
    kind = pa.schema({"row": pa.int64()})
    batches = [pa.record_batch([[next(numbers) for _ in range(many)]], kind) for many in lengths]

    made = list(columns.row_groups(batches, group))

    assert [row for table in made for row in table["row"].to_pylist()] == list(range(sum(lengths)))
    assert all(table.num_rows == group for table in made[:-1])
    assert all(0 < table.num_rows <= group for table in made)


def test_dlt_writes_row_groups_of_that_length():
    configured = tomllib.loads((Path(columns.__file__).parents[1] / ".dlt/config.toml").read_text())
    writer = configured["data_writer"]
    assert writer["buffer_max_items"] == writer["row_group_size"] == columns.ROW_GROUP


@dataclass
class Words(Offer):
    """Eight row groups of one text, and how much memory Arrow held before each of them, in bytes."""

    held: list[int] = field(default_factory=list)

    def rows(self):
        for _ in range(8):
            self.held.append(pa.total_allocated_bytes())
            yield pa.record_batch({"words": pa.repeat("w" * 64, columns.ROW_GROUP)})


@pytest.fixture
def nobody_looks_for_garbage():
    """As in a run: the circles that dlt makes are few, and what they hold is much."""
    gc.disable()
    yield
    gc.enable()


def test_memory_does_not_grow_with_the_rows_that_land(tmp_path, nobody_looks_for_garbage):
    dlt_finds_its_settings()
    offer = Words(source="words", table="words", batch="all", key="all")
    write(tmp_path, offer, Table("words", {"words": columns.TEXT}))
    assert max(offer.held) - offer.held[0] < 3 * 64 * columns.ROW_GROUP
    assert pa.total_allocated_bytes() - offer.held[0] < 3 * 64 * columns.ROW_GROUP
