"""How rows are handed to dlt: as row groups of one length."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from bronze import columns


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
