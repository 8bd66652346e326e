"""A small lake that dbt builds from rows, so that a page's figure can be counted again from silver's facts.

Two cities, April to June 2024. New York's May is not here (held, say): what a city's missing month does to
comparisons shows on it. Jersey City's files bring a few rides that begin in New York, April's one of March;
rides under a minute end with May; some take half a day.
"""

from __future__ import annotations

import os
import random
import shutil
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from lake.layout import Lake
from lake.meaning import write_meanings
from lake.snapshots import begin, current_id, prepare_layer, publish
from lake.versions import all_versions
from tests.lake.rows import SCHEMAS, land
from tests.orchestration.lakes import once
from tests.serving.lakes import meanings
from tests.silver.lakefixture import Bronze, dbt, holiday, hour, modern

FIRST, LAST, GONE = date(2024, 4, 1), date(2024, 6, 30), "2024-05"
#: Rain fell in every hour of it.
WET = date(2024, 4, 10)
#: Months of which both cities' files are here.
TOGETHER = f"trip_month in ('2024-04', '2024-06') and trip_month <> '{GONE}'"
_STATIONS = {
    "nyc": {"5470.10": ("40.75", "-73.99"), "5772.05": ("40.76", "-73.98")},
    "jc": {"JC005": ("40.7196", "-74.0431"), "HB101": ("40.7376", "-74.0309"), "JC009": ("40.72", "-74.05")},
}
_PLACES = {name: place for stations in _STATIONS.values() for name, place in stations.items()}


def _ride(dice: random.Random, number: int, day: datetime, city: str) -> dict[str, Any]:
    start = day + timedelta(minutes=dice.randrange(6 * 60, 24 * 60), milliseconds=dice.randrange(1000))
    lengths = [240, 300, 420, 615.5, 900, 1800, 40_000]
    if day.month < 6:
        lengths.append(30)
    origin = dice.choice(list(_STATIONS[city]))
    # In the morning to one station, at any time now and then into the other city.
    target = next(iter(_STATIONS[city])) if start.hour < 11 else dice.choice(list(_STATIONS[city]))
    if dice.random() < 0.1:
        target = dice.choice(list(_STATIONS["jc" if city == "nyc" else "nyc"]))
    return modern(
        f"{city}{number:06}",
        start.isoformat(" ", "milliseconds"),
        (start + timedelta(seconds=dice.choice(lengths))).isoformat(" ", "milliseconds"),
        start_station_id=origin,
        start_station_name=f"{origin} St",
        start_lat=_PLACES[origin][0],
        start_lng=_PLACES[origin][1],
        end_station_id=target,
        end_station_name=f"{target} St",
        end_lat=_PLACES[target][0],
        end_lng=_PLACES[target][1],
        member_casual=dice.choice(["member", "member", "casual"]),
        rideable_type=dice.choice(["classic_bike", "electric_bike"]),
    )


def _build(work: Path, cities: tuple[str, ...]) -> Path:
    """Let dbt build silver and gold of these cities, and return the folder: `<layer>/<table>/…`."""
    bronze, dice = Bronze(work / "bronze"), random.Random(20)
    files: dict[str, list[dict[str, Any]]] = {}
    number = 0
    for offset in range(-1, (LAST - FIRST).days + 1):
        day = datetime.combine(FIRST, datetime.min.time()) + timedelta(offset)
        month = "2024-04" if offset < 0 else f"{day:%Y-%m}"
        for city, usual in (("nyc", 16), ("jc", 8)):
            # More in summer, and in New York on a Monday: a change that is none must not come from chance.
            for _ in range(1 if offset < 0 else usual + 2 * (day.month - 4) + dice.randrange(5)):
                number += 1
                files.setdefault(f"{city}-{month}", []).append(_ride(dice, number, day, city))
    for number, day in enumerate((datetime(2024, 4, 9), datetime(2024, 5, 9))):  # noqa: DTZ001
        files[f"jc-{day:%Y-%m}"].append(_ride(dice, 900_000 + number, day, "nyc"))
    for batch, rows in files.items():
        if batch.split("-")[0] in cities and batch != f"nyc-{GONE}":
            bronze.trips(batch, rows)
    start = datetime(2024, 4, 1)  # noqa: DTZ001 - GMT as the upstream writes it
    hours = []
    for number in range(92 * 24):
        when = start + timedelta(hours=number)
        # A day of New York begins at four in GMT.
        wet = dice.random() < 0.15 or (when - timedelta(hours=4)).date() == WET
        warm = 8 + number / 150 + dice.randrange(8)
        hours.append((when, warm, 2.0 if wet else 0.0, 4.0 + dice.randrange(30)))
    for month in ("2024-04", "2024-05", "2024-06"):
        bronze.weather(
            f"new-york-{month}",
            [
                hour(
                    when.isoformat(timespec="minutes"),
                    temperature_2m=warm,
                    precipitation=rain,
                    wind_speed_10m=wind,
                )
                for when, warm, rain, wind in hours
                if f"{when - timedelta(hours=4):%Y-%m}" == month
            ],
        )
    bronze.holidays("us-2024", [holiday("2024-05-27", "Memorial Day"), holiday("2024-06-19", "Juneteenth")])
    built = dbt(work, bronze.finish(), command="run")
    assert built.success, built.failures()
    return built.out


def built(factory: pytest.TempPathFactory, *cities: str) -> Path:
    """Return a folder of silver and gold of these cities, both by default: `<layer>/<table>/data.parquet`.

    Whichever module asks first lets dbt build them.
    """
    cities = cities or ("nyc", "jc")

    def make(place: Path) -> None:
        made = _build(place / "work", cities)
        with duckdb.connect() as connection:
            for table in sorted(made.glob("*/*")):
                folder = place / table.relative_to(made)
                folder.mkdir(parents=True)
                connection.execute(
                    f"copy (from read_parquet('{table}/**/*.parquet', hive_partitioning = false)) "
                    f"to '{folder}/data.parquet'"
                )
        shutil.rmtree(place / "work")

    return once(factory, f"truth-{'-'.join(cities)}", make)[0]


def published(lake: Lake, built: Path) -> None:
    """Publish what was built."""
    land(lake, "b-1", [1])
    snapshot = begin(lake, all_versions(lake), SCHEMAS, parent=current_id(lake))
    for layer in ("silver", "gold"):
        prepare_layer(lake, snapshot, layer, None)
        for table in sorted((built / layer).iterdir()):
            (snapshot.path / layer / table.name).mkdir()
            os.link(table / "data.parquet", snapshot.path / layer / table.name / "data.parquet")
    write_meanings(snapshot.path, meanings())
    publish(lake, snapshot, {"origin": "sample", "rows": {"silver.fct_trips": 7}, "gates": []})


#: What statements call the tables that most of them ask.
_SHORT = {"trips": "fct_trips", "hours": "fct_weather_hourly", "dates": "dim_dates", "places": "dim_stations"}


def facts(folder: Path, sql: str) -> list[Any]:
    """Ask silver's tables below a folder, by their names or as `trips`, `hours` (of weather), `dates` and `places`."""
    tables = {table.name: table.name for table in (folder / "silver").iterdir()}
    with duckdb.connect() as connection:
        for name, table in (tables | _SHORT).items():
            files = f"read_parquet('{folder}/silver/{table}/**/*.parquet', hive_partitioning = false)"
            connection.execute(f"create view {name} as from {files}")
        return connection.execute(sql).fetchall()
