from __future__ import annotations

import csv
import hashlib
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bronze.sources.citibike.records import RecordStream


def count(content: bytes, block: int = 7) -> RecordStream:
    stream = RecordStream(io.BytesIO(content))
    while stream.read(block):
        pass
    return stream


@pytest.mark.parametrize(
    ("content", "records"),
    [
        (b"", 0),
        (b"a,b\n", 1),
        (b"a,b\n1,2\n", 2),
        (b"a,b\n1,2", 2),
        (b"a,b\r\n1,2\r\n", 2),
        (b"a,b\n\n\n1,2\n\n", 2),
        (b"a,b\r\n\r\n1,2\r\n\r\n", 2),
        (b'a,b\n"x\ny",2\n', 2),
        (b'a,b\n"x\n\n\ny",2\n3,4\n', 3),
        (b'a,b\n"he said ""no""\n",2\n', 2),
        (b"\n\n", 0),
        (b"\r\n", 0),
        (b'"\n"', 1),
    ],
)
@pytest.mark.parametrize("block", [1, 2, 3, 1024])
def test_records_are_counted_whatever_the_block(content, records, block):
    assert count(content, block).records == records


def test_an_open_quote_shows():
    assert count(b'a,b\n"x,2\n').in_quotes
    assert not count(b'a,b\n"x",2\n').in_quotes


field = st.text(st.sampled_from('ab"\n\r, é'), max_size=6)


@given(
    rows=st.lists(st.tuples(field, field), max_size=20),
    ending=st.sampled_from(["\n", "\r\n"]),
    block=st.integers(1, 40),
    last=st.booleans(),
)
def test_the_count_agrees_with_the_csv_module(rows, ending, block, last):
    """Every row is fully quoted, so no row can be an empty line and both must agree."""
    file = io.StringIO()
    csv.writer(file, quoting=csv.QUOTE_ALL, lineterminator=ending).writerows(rows)
    content = file.getvalue().encode()
    if not last:
        content = content.removesuffix(ending.encode())
    counted = count(content, block)
    assert counted.records == len(rows)
    assert not counted.in_quotes
    assert counted.digest == hashlib.sha256(content).hexdigest()
