"""What differs between two snapshots, on snapshots made by hand."""

from __future__ import annotations

import os
import shutil
import time

import duckdb
import pytest

from lake.diff import diff
from lake.inventory import take_inventory
from lake.meaning import Measure, TableMeaning, write_meanings
from lake.snapshots import Snapshot

MEASURES = {
    "trips": Measure("sum(trips)", ("trips",), "trips", "Rides."),
    "days": Measure("count(*)", (), "days", "Days."),
}
DAILY = TableMeaning(key=("day", "city"), measures=MEASURES)
DAILY_COLUMNS = "cast(day as date) as day, city, cast(trips as bigint) as trips"


class Made:
    """A snapshot's folder into which tables are written as a build lays them down."""

    def __init__(self, folder, parent=None):
        if parent:
            shutil.copytree(parent.path, folder, copy_function=os.link)
        else:
            folder.mkdir()
        self.snapshot = Snapshot(folder.name, folder, parent.id if parent else None, {})
        self.path, self.id = folder, folder.name

    def write(self, name, query):
        """Write a file of a table, in the place of one that may be a link."""
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        duckdb.sql(query).write_parquet(str(path))

    def daily(self, month, *rows):
        """Write a month of gold.mart_demand_daily: rows are (day, city, trips)."""
        values = ", ".join(f"('2021-{month}-{day:02d}', '{city}', {trips})" for day, city, trips in rows)
        self.write(
            f"gold/mart_demand_daily/trip_month-2021-{month}.0.parquet",
            f"select {DAILY_COLUMNS} from (values {values}) as v(day, city, trips) order by all",
        )

    def versions(self, **batches):
        """Write the table of versions: of each batch the number, rows and content."""
        values = ", ".join(
            f"('citibike', 'trips', '{batch.replace('_', '-')}', {version}, {rows}, '{made}')"
            for batch, (version, rows, made) in batches.items()
        )
        self.write(
            "bronze/lake/versions.parquet",
            "select *, 'suite' as state_by, 'fine' as reason, true as is_in_snapshot from (values "
            f"{values}) as v(source, table_name, batch, version, rows_landed, content_hash)",
        )


@pytest.fixture
def before(tmp_path):
    made = Made(tmp_path / "one")
    made.daily("01", (1, "jc", 100), (1, "nyc", 900), (2, "jc", 50))
    made.daily("02", (1, "jc", 10), (1, "nyc", 20))
    made.write("silver/dim/data.parquet", "select 1 as id, 'a' as name")
    made.versions(jc_2021_01=(1, 3, "x"), jc_2021_02=(1, 2, "y"))
    return made


@pytest.fixture
def after(before, tmp_path):
    made = Made(tmp_path / "two", before)
    write_meanings(made.path, {"gold.mart_demand_daily": DAILY, "silver.dim": TableMeaning(key=("id",))})
    return made


def test_what_is_the_same_file_does_not_differ_and_is_not_read(before, after, tmp_path):
    for number in range(100):
        path = before.path / f"gold/mart_unread/trip_month-{1900 + number}-01.0.parquet"
        path.parent.mkdir(exist_ok=True)
        path.write_text("no Parquet, so that whoever reads it fails")
        (after.path / path.relative_to(before.path)).parent.mkdir(exist_ok=True)
        os.link(path, after.path / path.relative_to(before.path))
    begun = time.process_time()
    found = diff(before.snapshot, after.snapshot)
    assert time.process_time() - begun < 1
    assert found.is_equal
    assert (found.same_tables, found.skipped, found.compared) == (3, 103, 0)


def test_files_of_the_same_hash_are_not_read_in_another_lake(before, tmp_path):
    shutil.copytree(before.path, tmp_path / "copy")
    (tmp_path / "copy").rename(tmp_path / "elsewhere")
    copy = Snapshot("elsewhere", tmp_path / "elsewhere", None, {})
    for one in (before.path, copy.path):
        take_inventory(one)
    found = diff(before.snapshot, copy)
    assert (found.is_equal, found.skipped, found.compared) == (True, 3, 0)


def test_equal_values_in_other_files_are_equal(before, after):
    rows = [(2, "jc", 50), (1, "nyc", 900), (1, "jc", 100)]
    values = ", ".join(f"('2021-01-{day:02d}', '{city}', {trips})" for day, city, trips in rows)
    after.write(
        "gold/mart_demand_daily/trip_month-2021-01.0.parquet",
        f"select {DAILY_COLUMNS} from (values {values}) as v(day, city, trips)",
    )
    found = diff(before.snapshot, after.snapshot)
    assert (found.is_equal, found.compared) == (True, 1)


def test_rows_are_told_by_key_and_month_with_the_measures_of_both(before, after):
    after.daily("01", (1, "jc", 100), (1, "nyc", 905), (3, "jc", 7))
    after.daily("03", (1, "jc", 1))
    [table] = diff(before.snapshot, after.snapshot).tables
    assert (table.table, table.state, table.key) == ("gold.mart_demand_daily", "changed", ("day", "city"))
    assert (table.rows_before, table.rows_after) == (5, 6)
    assert (table.added, table.gone, table.changed) == (2, 1, 1)
    assert [(p.partition, p.added, p.gone, p.changed) for p in table.parts] == [
        ("trip_month=2021-01", 1, 1, 1),
        ("trip_month=2021-03", 1, 0, 0),
    ]
    changed = next(one for one in table.sample if one.change == "changed")
    assert changed.row == {"day": "2021-01-01", "city": "nyc"}
    assert changed.values == {"trips": ("900", "905")}
    assert [(m.measure, m.month, m.before, m.after) for m in table.measures] == [
        ("trips", None, 1080, 1043),
        ("days", None, 5, 6),
        ("trips", "2021-01", 1050, 1012),
        ("trips", "2021-03", None, 1),
        ("days", "2021-03", None, 1),
    ]
    assert table.measures[2].percent == pytest.approx(-3.619, abs=0.001)


def test_a_partition_that_is_gone_takes_its_rows_and_measures(before, after):
    (after.path / "gold/mart_demand_daily/trip_month-2021-02.0.parquet").unlink()
    [table] = diff(before.snapshot, after.snapshot).tables
    assert (table.gone, table.added) == (2, 0)
    assert ("trips", "2021-02", 30, None) in [(m.measure, m.month, m.before, m.after) for m in table.measures]


def test_a_table_in_one_piece_without_a_key_is_a_bag(before, after):
    after.write("silver/dim/data.parquet", "select 1 as id, 'b' as name")
    write_meanings(after.path, {})
    [table] = diff(before.snapshot, after.snapshot).tables
    assert (table.added, table.gone, table.changed, table.key) == (1, 1, 0, ())
    assert [part.partition for part in table.parts] == [""]


def test_tables_that_are_cut_otherwise_are_compared_in_one_piece(before, after):
    shutil.rmtree(after.path / "gold/mart_demand_daily")
    after.write(
        "gold/mart_demand_daily/part-0.parquet",
        f"select * replace (trips + (day = '2021-02-01' and city = 'jc')::int as trips) "
        f"from '{before.path}/gold/mart_demand_daily/*.parquet'",
    )
    assert len(diff(before.snapshot, after.snapshot).tables[0].parts) == 3
    [table] = diff(before.snapshot, after.snapshot, cut=False).tables
    assert [(part.partition, part.added, part.gone, part.changed) for part in table.parts] == [("", 0, 0, 1)]
    assert (table.rows_before, table.rows_after) == (5, 5)


def test_columns_are_told_and_the_others_compared(before, after):
    after.write("silver/dim/data.parquet", "select 1::bigint as id, 'b' as name, true as is_new")
    [table] = diff(before.snapshot, after.snapshot).tables
    assert [(c.name, c.before, c.after) for c in table.columns] == [
        ("id", "INTEGER", "BIGINT"),
        ("is_new", None, "BOOLEAN"),
    ]
    assert (table.added, table.gone) == (1, 1)


def test_an_order_of_columns_is_a_difference(before, after):
    after.write("silver/dim/data.parquet", "select 'a' as name, 1 as id")
    [table] = diff(before.snapshot, after.snapshot).tables
    assert table.is_reordered
    assert (table.columns, table.parts) == ([], [])


def test_tables_come_and_go(before, after):
    shutil.rmtree(after.path / "silver/dim")
    after.write("gold/mart_new/data.parquet", "select 1 as a, 2 as b")
    tables = diff(before.snapshot, after.snapshot).tables
    assert [(one.table, one.state, one.added, one.gone) for one in tables] == [
        ("gold.mart_new", "added", 1, 0),
        ("silver.dim", "gone", 0, 1),
    ]


def test_a_measure_of_a_column_that_was_not_there_has_no_value_before(before, after):
    new = {"rides": Measure("sum(rides)", ("rides",), "trips", "Rides.")}
    write_meanings(after.path, {"gold.mart_demand_daily": TableMeaning(measures=new)})
    for month in ("01", "02"):
        after.write(
            f"gold/mart_demand_daily/trip_month-2021-{month}.0.parquet",
            f"select *, trips as rides from '{before.path}/gold/mart_demand_daily/trip_month-2021-{month}.0.parquet'",
        )
    [table] = diff(before.snapshot, after.snapshot).tables
    assert [(m.before, m.after) for m in table.measures] == [(None, 1080)]


def test_bronze_is_told_by_batch_and_version(before, after):
    after.versions(jc_2021_01=(2, 4, "z"), jc_2021_03=(1, 1, "w"))
    found = diff(before.snapshot, after.snapshot)
    assert not found.is_equal
    assert [
        (one.batch, one.before and one.before.version, one.after and (one.after.version, one.after.rows))
        for one in found.batches
    ] == [("jc-2021-01", 1, (2, 4)), ("jc-2021-02", 1, None), ("jc-2021-03", None, (1, 1))]


def test_snapshots_from_before_have_folders_of_partitions(before, after):
    for made in (before, after):
        shutil.rmtree(made.path / "gold/mart_demand_daily")
        trips = 1 if made is before else 2
        made.write("gold/mart_demand_daily/trip_month=2021-01/data_0.parquet", f"select {trips} as trips")
    [table] = diff(before.snapshot, after.snapshot).tables
    assert [part.partition for part in table.parts] == ["trip_month=2021-01"]
