"""A bare DuckDB script from the same archives to the same marts: what the pipeline is measured against.

    python -m tests.benchmarks.bare --upstream lake/work/big --out lake/work/bare --months 2024-01,2024-02

What a good engineer writes in an hour, and no straw man: DuckDB does the work on two threads, the CSV is
typed while it is read, months are deduplicated one by one. It trusts its input. There is no HTTP, no version,
no gate, no account of dropped rows, and no test but two counts. Times are the wall clock's, so that a ride in
the night the clocks go back is an hour short; every trip is New York's; there is no `mart_routes`.
"""

from __future__ import annotations

import argparse
import json
import shutil
import tempfile
import time
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import duckdb

from tests.benchmarks.bare_sql import GOLD, HOLIDAYS, KINDS, SILVER, TRIPS

THREADS = 2
#: More than one row in a hundred dropped is a fault of the script or of the file.
LEAST_KEPT = 0.99


class Clock:
    """Seconds and CPU seconds of every step, under the names that a snapshot's facts give ours."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self.cpu_seconds: dict[str, float] = {}

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Time the block: seconds on the wall, and CPU seconds of all threads."""
        begun, used = time.perf_counter(), time.process_time()
        yield
        self.seconds[name] = round(time.perf_counter() - begun, 2)
        self.cpu_seconds[name] = round(time.process_time() - used, 2)


def run(upstream: Path, out: Path, months: list[str]) -> dict[str, dict[str, float]]:
    """Build `bronze`, `silver` and `gold` below `out` from the archives of the months `YYYY-MM`.

    Returns seconds and CPU seconds by step. What is in `out` is replaced.

    Raises:
        SystemExit: the rows of two layers do not fit.
    """
    shutil.rmtree(out, ignore_errors=True)
    for layer in ("bronze/trips", "silver/trips", "gold"):
        (out / layer).mkdir(parents=True)
    clock = Clock()
    settings: dict[str, str | bool | int | float | list[str]] = {
        "threads": THREADS,
        "preserve_insertion_order": False,
    }
    with (
        tempfile.TemporaryDirectory(dir=out, prefix=".csv-") as name,
        duckdb.connect(config=settings) as connection,
    ):
        with clock.step("unzip"), ThreadPoolExecutor(THREADS) as pool:
            list(pool.map(lambda month: _unzip(upstream, Path(name), month), months))
        with clock.step("bronze"):
            _bronze(connection, upstream, Path(name), out, months)
        with clock.step("silver trips"):
            for month in months:
                bronze = _read(out / "bronze" / "trips" / f"{month}.parquet")
                _write(connection, TRIPS.format(bronze=bronze), out / "silver" / "trips" / f"{month}.parquet")
            connection.execute(f"create view trips as from {_read(out / 'silver' / 'trips' / '*.parquet')}")
        for layer, tables in (("silver", SILVER), ("gold", GOLD)):
            for table, query in tables.items():
                with clock.step(f"{layer} {table}"):
                    path = out / layer / f"{table}.parquet"
                    _write(connection, query, path)
                    connection.execute(f"create view {table} as from {_read(path)}")
        with clock.step("check"):
            _check(connection, out)
    return {"seconds": clock.seconds, "cpu_seconds": clock.cpu_seconds}


def _unzip(upstream: Path, csv: Path, month: str) -> None:
    with zipfile.ZipFile(
        upstream / "tripdata" / f"{month.replace('-', '')}-citibike-tripdata.zip"
    ) as archive:
        archive.extractall(csv / month)


def _bronze(
    connection: duckdb.DuckDBPyConnection, upstream: Path, csv: Path, out: Path, months: list[str]
) -> None:
    for month in months:
        query = f"from read_csv({_quote(csv / month / '*.csv')}, header = true, columns = {KINDS})"
        _write(connection, query, out / "bronze" / "trips" / f"{month}.parquet")
    weather = f"from read_csv({_quote(upstream / 'weather.csv')})"
    holidays = f"from read_json({_quote(upstream / 'holidays' / '*.json')}, columns = {HOLIDAYS})"
    for table, query in (("raw_weather", weather), ("raw_holidays", holidays)):
        path = out / "bronze" / f"{table}.parquet"
        _write(connection, query, path)
        connection.execute(f"create view {table} as from {_read(path)}")


def _check(connection: duckdb.DuckDBPyConnection, out: Path) -> None:
    bronze = _count(connection, f"select count(*) from {_read(out / 'bronze' / 'trips' / '*.parquet')}")
    silver = _count(connection, "select count(*) from trips")
    gold = _count(connection, "select sum(trips) from demand_daily")
    if not bronze * LEAST_KEPT <= silver <= bronze:
        raise SystemExit(f"{bronze:,} rows in bronze and {silver:,} in silver")
    if gold != silver:
        raise SystemExit(f"{silver:,} trips in silver and {gold:,} in gold")


def _count(connection: duckdb.DuckDBPyConnection, query: str) -> int:
    row = connection.execute(query).fetchone()
    return int(row[0]) if row else 0


def _write(connection: duckdb.DuckDBPyConnection, query: str, path: Path) -> None:
    connection.execute(f"copy ({query}) to {_quote(path)} (format parquet, compression zstd)")


def _read(path: Path) -> str:
    return f"read_parquet({_quote(path)})"


def _quote(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"


def main() -> None:
    """Run the script, print seconds by step, and leave them in `<out>/facts.json`."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.bare", description="Run the bare script."
    )
    parser.add_argument("--upstream", type=Path, required=True, help="folder that the sample server serves")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--months", required=True, help="YYYY-MM, several with commas")
    options = parser.parse_args()
    facts = run(options.upstream, options.out, options.months.split(","))
    (options.out / "facts.json").write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")
    for step, seconds in facts["seconds"].items():
        print(f"{step:24} {seconds:8.2f} s {facts['cpu_seconds'][step]:8.2f} s CPU")


if __name__ == "__main__":
    main()
