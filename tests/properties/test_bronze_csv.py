"""Whatever a CSV of trips holds, bronze has every record with every value, or refuses the file."""

from __future__ import annotations

import csv
import io

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from bronze.errors import BatchError
from bronze.sources.citibike.trips_csv import LEGACY, LEGACY_EXTRA, MODERN, MemberCount, read_trips

#: Characters that CSV readers trip over, and a few that they should not.
value = st.text(st.sampled_from('ab9.-: ,"\n\r\té\\N'), max_size=8)
schema = st.sampled_from([MODERN, LEGACY, (*LEGACY[:12], LEGACY_EXTRA, *LEGACY[12:])])


@st.composite
def files(draw):
    names = draw(schema)
    quoting = draw(st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]))
    # Outside quotes a carriage return ends a line, for this writer as for every reader.
    cell = value if quoting == csv.QUOTE_ALL else value.map(lambda text: text.replace("\r", ""))
    rows = draw(st.lists(st.tuples(*[cell] * len(names)), min_size=1, max_size=12))
    ending = draw(st.sampled_from(["\n", "\r\n"]))
    text = io.StringIO()
    header = draw(st.sampled_from([",".join(names), ",".join(f'"{name}"' for name in names)]))
    text.write(header.replace("_", draw(st.sampled_from(["_", " "]))) + ending)
    csv.writer(text, quoting=quoting, lineterminator=ending).writerows(rows)
    content = text.getvalue().removesuffix(draw(st.sampled_from(["", ending])))
    return names, rows, (draw(st.sampled_from(["", "\ufeff"])) + content).encode()


def read(content):
    count = MemberCount("m.csv")
    batches = list(read_trips(lambda: io.BytesIO(content), "key.zip", "m.csv", count))
    return count, pa.Table.from_batches(batches).to_pylist() if batches else []


@given(files())
def test_every_record_lands_with_every_value(file):
    names, rows, content = file
    count, landed = read(content)
    assert count.counted == count.parsed == len(rows)
    assert [tuple(row[name] for name in names) for row in landed] == rows
    assert [row["source_record"] for row in landed] == list(range(1, len(rows) + 1))
    absent = set(MODERN) | set(LEGACY) | {LEGACY_EXTRA}
    assert all(row[name] is None for row in landed for name in absent - set(names))


@given(files(), st.data())
def test_a_damaged_file_lands_whole_or_not_at_all(file, data):
    """One byte is taken out: either all records that are left are there, or the file is refused by name."""
    _, _, content = file
    at = data.draw(st.integers(0, len(content) - 1))
    damaged = content[:at] + content[at + 1 :]
    try:
        count, landed = read(damaged)
    except BatchError as error:
        assert "key.zip" in str(error)
    else:
        assert count.counted == count.parsed == len(landed)
