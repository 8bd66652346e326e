"""Months of New York size, for benchmarks: modern quoted files in parts of half a million rows.

    python -m bronze.sample.big --folder target/big --months 2024-01,2024-02 --rows 5000000

The rides follow the same model as the sample's, between more stations and without its odd rows. Memory is
bounded by one part, whatever the number of rows.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from bronze.sample.archives import Archive
from bronze.sample.clock import Clock, month_number, month_of
from bronze.sample.files import CsvWriter, Manner
from bronze.sample.holidays import write_holidays
from bronze.sample.names import make_names
from bronze.sample.stations import jersey_city, new_york
from bronze.sample.trips import NYC, Network, demand
from bronze.sample.weather import make_weather, write_weather

PART_ROWS = 500_000
STATIONS = 1200
_FAST = 1
_MANNER = Manner(quotes="text")


def generate_big(folder: Path, months: Sequence[str], rows: int, *, seed: int = 20) -> dict[str, int]:
    """Write one archive of `rows` rides for each month `YYYY-MM`, with weather and holidays beside them.

    Returns the records of each batch. Archives of other months in the folder stay.

    Raises:
        ValueError: `rows` is not positive, there is no month, or a month is not written `YYYY-MM`.
    """
    import duckdb

    if rows < 1:
        raise ValueError(f"rows must be positive, not {rows}")
    clock = Clock.over(months)
    (folder / "tripdata").mkdir(parents=True, exist_ok=True)
    weather_rng, demand_rng, *month_rngs = np.random.default_rng(seed).spawn(2 + len(clock.months))
    weather = make_weather(weather_rng, clock)
    write_weather(weather, clock, folder / "weather.csv")
    write_holidays(folder / "holidays", range(clock.first_day.year, clock.last_day.year + 2))
    wanted = demand(demand_rng, clock, weather)
    stations = new_york(STATIONS)
    names = make_names(stations, jersey_city())
    month_of_hour = month_of(clock.local_us)
    network, counts = Network(NYC, stations, 0), {}
    with (
        tempfile.TemporaryDirectory(dir=folder, prefix=".unfinished-") as name,
        duckdb.connect() as connection,
    ):
        writer = CsvWriter(connection, clock, names, Path(name))
        for month, rng in zip(clock.months, month_rngs, strict=True):
            only_month = np.where(month_of_hour == month_number(month), wanted, 0)
            stem = f"{month.replace('-', '')}-citibike-tripdata"
            archive_path = Path(name) / f"{stem}.zip"
            with Archive(archive_path, level=_FAST) as archive:
                for part, first in enumerate(range(0, rows, PART_ROWS), 1):
                    rides = network.draw(rng, clock, only_month, min(PART_ROWS, rows - first))
                    with writer.parts(rides, _MANNER) as (body,):
                        archive.add_csv(f"{stem}_{part}.csv", _MANNER, body)
            archive_path.replace(folder / "tripdata" / archive_path.name)
            counts[f"nyc-{month}"] = rows
    return counts


def main() -> None:
    """Write big months and print what they hold."""
    parser = argparse.ArgumentParser(prog="python -m bronze.sample.big", description="Write big months.")
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--months", default="2024-01", help="YYYY-MM, several with commas")
    parser.add_argument("--rows", type=int, default=5_000_000, help="rides in each month")
    parser.add_argument("--seed", type=int, default=20)
    options = parser.parse_args()
    months = [month for part in options.months.split(",") if (month := part.strip())]
    try:
        counts = generate_big(options.folder, months, options.rows, seed=options.seed)
    except ValueError as error:
        parser.error(str(error))
    for batch, records in counts.items():
        print(f"{batch}  {records:,} records")


if __name__ == "__main__":
    main()
