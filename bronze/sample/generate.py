"""The sample as a whole: six months of rides, their weather and holidays, reproducible byte for byte."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from bronze.sample.archives import Bucket
from bronze.sample.clock import Clock
from bronze.sample.files import CsvWriter
from bronze.sample.holidays import write_holidays
from bronze.sample.names import make_names
from bronze.sample.quirks import Quirks
from bronze.sample.stations import jersey_city, new_york
from bronze.sample.trips import JC, NYC, Network, concat, demand
from bronze.sample.weather import make_weather, write_weather
from lake.paths import remove_tree

#: Raise it with every change that changes a byte of the sample.
VERSION = 2
MONTHS = ("2020-11", "2020-12", "2021-01", "2021-02", "2021-03", "2021-04")
HOLIDAY_YEARS = (2020, 2021, 2022)
MIN_TRIPS = 1000
_NEW_YORK_SHARE = 0.8
#: 2021-05-04 09:30 UTC, given to every file, since the server answers it as Last-Modified.
_WRITTEN_AT = 1_620_120_600
_INFO = "sample.json"


@dataclass(frozen=True)
class SampleInfo:
    """What a sample holds.

    `records` counts the CSV records of each batch (`nyc-2020-11`) without headers, `quirks` the odd rows
    by name, `files` the bytes of each file by its path in the folder.
    """

    version: int
    seed: int
    trips: int
    months: tuple[str, ...]
    records: Mapping[str, int]
    quirks: Mapping[str, int]
    files: Mapping[str, int]


def generate(folder: Path, *, seed: int = 20, trips: int = 300_000) -> SampleInfo:
    """Write the sample into `folder`, laid out as `bronze.sample.server` serves it.

    `trips` is the number of rides of both cities before duplicates are added. A complete sample of the same
    version, seed and size is left as it is. Any other sample in the folder is replaced.

    Raises:
        ValueError: fewer than 1,000 trips, which cannot hold all the odd rows.
    """
    if trips < MIN_TRIPS:
        raise ValueError(f"trips must be at least {MIN_TRIPS:,}, not {trips:,}")
    ready = read_info(folder)
    if ready and is_ready(folder, seed=seed, trips=trips):
        return ready
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".unfinished-") as name:
        work = Path(name)
        records, quirks = _write(work / "new", seed, trips)
        files = {
            path.relative_to(work / "new").as_posix(): path.stat().st_size
            for path in sorted((work / "new").rglob("*"))
            if path.is_file()
        }
        info = SampleInfo(VERSION, seed, trips, MONTHS, records, quirks, files)
        (folder / _INFO).unlink(missing_ok=True)
        for part in sorted((work / "new").iterdir()):
            target = folder / part.name
            if target.is_dir():
                remove_tree(target, folder, strict=True)
            part.replace(target)
        (work / _INFO).write_text(json.dumps(asdict(info), indent=1) + "\n", encoding="utf-8")
        (work / _INFO).replace(folder / _INFO)
    return info


def is_ready(folder: Path, *, seed: int, trips: int) -> bool:
    """Say whether the folder holds the sample of this seed and size, whole, so that `generate` leaves it as it is."""
    ready = read_info(folder)
    return ready is not None and (ready.version, ready.seed, ready.trips) == (VERSION, seed, trips)


def read_info(folder: Path) -> SampleInfo | None:
    """Return what the folder's complete sample holds; None if there is none or a file of it is missing."""
    try:
        found: dict[str, Any] = json.loads((folder / _INFO).read_text(encoding="utf-8"))
        info = SampleInfo(**{**found, "months": tuple(found["months"])})
        sizes = {name: (folder / name).stat().st_size for name in info.files}
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return info if sizes == info.files else None


def _write(folder: Path, seed: int, trips: int) -> tuple[dict[str, int], dict[str, int]]:
    """Write all parts but the facts; return records by batch and odd rows by name."""
    import duckdb

    for name in ("tripdata", "work"):
        (folder / name).mkdir(parents=True)
    weather_rng, demand_rng, nyc_rng, jc_rng, quirk_rng = np.random.default_rng(seed).spawn(5)
    clock = Clock.over(MONTHS)
    weather = make_weather(weather_rng, clock)
    write_weather(weather, clock, folder / "weather.csv")
    write_holidays(folder / "holidays", HOLIDAY_YEARS)
    wanted = demand(demand_rng, clock, weather)
    cities = (new_york(), jersey_city())
    names = make_names(*cities)
    in_new_york = round(trips * _NEW_YORK_SHARE)
    rides = concat(
        [
            Network(NYC, cities[0], 0).draw(nyc_rng, clock, wanted, in_new_york),
            Network(JC, cities[1], len(cities[0])).draw(jc_rng, clock, wanted, trips - in_new_york),
        ]
    )
    quirks = Quirks(quirk_rng, rides, names, clock)
    rides = quirks.apply()
    with duckdb.connect(":memory:") as connection:
        bucket = Bucket(folder / "tripdata", CsvWriter(connection, clock, names, folder / "work"), rides)
        bucket.write()
    (folder / "work").rmdir()
    for path in folder.rglob("*"):
        if path.is_file():
            os.utime(path, (_WRITTEN_AT, _WRITTEN_AT))
    return dict(sorted(bucket.counts.items())), dict(sorted(quirks.counts.items()))
