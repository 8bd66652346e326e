"""The lake's files are plain Parquet: every reader opens every published table, and finds the same in it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.interop.__main__ import published
from tests.interop.readers import READERS, differences
from tests.orchestration.lakes import sample_run

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.slow

#: Python with every reader, where `make readers` has made it.
ALL = Path(sys.prefix) / "readers" / "bin" / "python"


@pytest.fixture(scope="module")
def lake(tmp_path_factory):
    """Return a published lake."""
    return sample_run(tmp_path_factory)[0]


def test_every_reader_finds_the_same_rows_and_types(lake):
    python = ALL if ALL.exists() else sys.executable
    done = subprocess.run(
        [python, "-m", "tests.interop", lake.root], cwd=ROOT, capture_output=True, text=True, timeout=500
    )
    print(done.stdout)
    assert done.returncode == 0, done.stdout + done.stderr
    # Every reader has a line; what the project itself needs has read.
    assert len(done.stdout.strip().splitlines()) == 1 + len(READERS)
    assert done.stdout.count(" is not installed") <= (0 if ALL.exists() else 3)


def test_what_is_compared_has_every_case(lake):
    """Months and batches beside each other, tables of one file and of no row, lists, days, instants, nulls."""
    found = published(lake.root)
    empty = {name for name, (_, expected) in found.items() if not expected.num_rows}
    types = {str(field.type) for _, expected in found.values() for field in expected.schema}
    trips = found["silver.fct_trips"][1]
    assert {"bronze.trips", "silver.conservation", "gold.mart_routes"} <= set(found)
    assert "silver.rejected_answers" in empty
    assert {"string", "date32[day]", "timestamp[us]", "int32", "int64", "double", "bool"} <= types
    assert any(of.startswith("list") for of in types)
    assert trips["birth_year"].null_count
    assert len(list(found["gold.mart_routes"][0].glob("trip_month-*.parquet"))) > 1


def test_a_reader_that_finds_something_else_is_told(lake):
    folder, expected = published(lake.root)["gold.mart_routes"]
    reader = READERS["pyarrow dataset"]
    assert differences(reader, folder, expected) == []
    assert "rows, not" in differences(reader, folder, expected.slice(1))[0]
    renamed = expected.rename_columns(["x", *expected.column_names[1:]])
    assert differences(reader, folder, renamed)[0].startswith("columns")
    assert "cannot be read" in differences(reader, folder / "none", expected)[0]
    at = expected.column_names.index("trips")
    other = expected.set_column(at, "trips", expected["trips"].cast("double"))
    assert differences(reader, folder, other) == ["column trips: int64, not double"]


def test_the_layout_of_before_is_what_readers_stumble_over(lake, tmp_path):
    """The column in the file and in the path, as snapshots had it."""
    folder, expected = published(lake.root)["gold.mart_demand_daily"]
    for file in folder.glob("*.parquet"):
        place = tmp_path / file.name.rsplit(".", 2)[0].replace("-", "=", 1)
        place.mkdir()
        (place / "data_0.parquet").write_bytes(file.read_bytes())
    assert "cannot be read" in differences(READERS["pandas"], tmp_path, expected)[0]
