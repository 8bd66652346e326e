"""How the files of built tables lie in a snapshot."""

from __future__ import annotations

import os

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import lake as lake_package
from lake import LakeError, locate
from lake.contents import flatten, partitions
from lake.snapshots import begin, current_id, publish
from lake.versions import all_versions
from tests.lake.rows import SCHEMAS, land

MONTHS = "(values ('2024-01', 1), ('2024-02', 2), ('2024-02', 3)) as rows (trip_month, trips)"


def write(table, rows=MONTHS):
    """Write a partitioned table as dbt does."""
    table.mkdir(parents=True)
    duckdb.sql(f"copy (from {rows} limit 0) to '{table}/_schema.parquet'")
    duckdb.sql(
        f"copy (from {rows}) to '{table}' "
        "(format parquet, partition_by (trip_month), write_partition_columns true, overwrite_or_ignore true)"
    )


def files(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def test_partitions_lie_beside_each_other_and_the_schema_file_is_gone(tmp_path):
    write(tmp_path / "mart")
    (tmp_path / "mart/trip_month=2024-02/data_7.parquet").write_bytes(b"more of it")
    flatten(tmp_path)
    assert files(tmp_path / "mart") == [
        "trip_month-2024-01.0.parquet",
        "trip_month-2024-02.0.parquet",
        "trip_month-2024-02.1.parquet",
    ]
    assert partitions(tmp_path / "mart") == {"trip_month": ["2024-01", "2024-02"]}


def test_a_table_without_rows_keeps_one_file_with_its_columns(tmp_path):
    write(tmp_path / "mart", f"(from {MONTHS} where false)")
    flatten(tmp_path)
    assert files(tmp_path / "mart") == ["data.parquet"]
    assert partitions(tmp_path / "mart") == {}


def test_what_lies_flat_already_stays(tmp_path):
    write(tmp_path / "mart")
    duckdb.sql(f"copy (select 1 as n) to '{tmp_path}/mart/trip_month-2023-12.0.parquet'")
    flatten(tmp_path)
    flatten(tmp_path)
    assert partitions(tmp_path / "mart") == {"trip_month": ["2023-12", "2024-01", "2024-02"]}


@pytest.mark.parametrize("layout", ["in folders, as before", "flat"])
def test_snapshots_of_both_layouts_are_read(layout):
    lake = locate()
    land(lake, "b-1", [1])
    snapshot = begin(lake, all_versions(lake), SCHEMAS, parent=current_id(lake))
    write(snapshot.path / "gold" / "mart")
    if layout == "flat":
        flatten(snapshot.path / "gold")
    publish(lake, snapshot, {"origin": "sample", "rows": {}})
    read = lake_package.connect().sql("from gold.mart order by all")
    assert read.columns == ["trip_month", "trips"]
    assert read.fetchall() == [("2024-01", 1), ("2024-02", 2), ("2024-02", 3)]


def test_a_file_from_before_a_column_has_it_in_snapshots_and_stays_as_it_landed():
    """So every reader of the folder finds the same columns; what was written once serves the next snapshot."""
    lake = locate()
    old = land(lake, "b-1", [1, 2])
    land(lake, "b-2", [3])
    wider = {key: schema.append(pa.field("other", pa.string())) for key, schema in SCHEMAS.items()}
    [file] = old.files
    landed = file.read_bytes()
    inodes = []
    for _ in range(2):
        begun = begin(lake, all_versions(lake), wider, parent=current_id(lake))
        publish(lake, begun, {"rows": {}, "origin": "sample"})
        found = [path for path in begun.bronze.rglob("*.parquet") if "things" in path.parts]
        assert {tuple(pq.read_schema(path).names) for path in found} == {("name", "amount", "other")}
        written = begun.bronze / file.relative_to(lake.bronze)
        assert pq.read_table(written, partitioning=None).to_pydict() == {
            "name": ["b-1-0", "b-1-1"], "amount": [1, 2], "other": [None, None],
        }  # fmt: skip
        inodes.append(written.stat().st_ino)
    assert inodes[0] == inodes[1]
    assert file.read_bytes() == landed
    with lake_package.connect() as connection:
        assert connection.sql("select sum(amount) from bronze.things").fetchone() == (6,)


def test_a_file_from_when_a_column_was_of_another_type_has_that_of_now_in_snapshots():
    """A reader takes the types of the first file: it made 2 of 1.5 in all that came later."""
    lake = locate()
    whole = land(lake, "b-1", [1, 2])
    real = {key: schema.set(1, pa.field("amount", pa.float64())) for key, schema in SCHEMAS.items()}
    begun = begin(lake, all_versions(lake), real, parent=None)
    written = begun.bronze / whole.files[0].relative_to(lake.bronze)
    assert pq.read_schema(written).field("amount").type == pa.float64()
    assert pq.read_table(written, partitioning=None)["amount"].to_pylist() == [1.0, 2.0]
    assert pq.read_schema(whole.files[0]).field("amount").type == pa.int64()


def test_a_value_that_is_none_of_its_columns_type_now_stops_the_snapshot_and_says_where():
    lake = locate()
    land(lake, "b-1", [1], names=["five"])
    other = {key: schema.set(0, pa.field("name", pa.int64())) for key, schema in SCHEMAS.items()}
    with pytest.raises(LakeError, match=r"batch=b-1/version=1/part.parquet holds what .*five.*make run"):
        begin(lake, all_versions(lake), other, parent=None)


def test_what_was_written_for_the_parent_is_written_anew_where_that_is_asked_for():
    """Damaged, it would else be handed on for ever: `make run FULL=1` is what `make verify` says of it."""
    lake = locate()
    old = land(lake, "b-1", [1, 2])
    wider = {key: schema.append(pa.field("other", pa.string())) for key, schema in SCHEMAS.items()}
    name = old.files[0].relative_to(lake.bronze)
    begun = begin(lake, all_versions(lake), wider, parent=None)
    publish(lake, begun, {"rows": {}, "origin": "sample"})
    damaged, times = begun.bronze / name, old.files[0].stat()
    damaged.chmod(0o644)
    damaged.write_bytes(b"\0" * damaged.stat().st_size)
    os.utime(damaged, ns=(times.st_atime_ns, times.st_mtime_ns))
    again = begin(lake, all_versions(lake), wider, parent=current_id(lake), anew=True)
    assert pq.read_table(again.bronze / name, partitioning=None)["amount"].to_pylist() == [1, 2]
