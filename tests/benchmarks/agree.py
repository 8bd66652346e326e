"""Do the bare script and the pipeline say the same? A script that did less would be no measure.

They must agree on what both of them build from clean months without a change of the clock: every trip, its
times and stations; demand by day and hour; stations, what leaves and comes; weather's and holidays' effect.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import duckdb


@dataclass(frozen=True)
class Pair:
    """What must be the same: columns of a published table, and of the bare script's file, each as SQL."""

    ours: str
    bare: str
    columns: str
    #: The columns of the bare script, where they are computed otherwise.
    bare_columns: str = ""


#: Of every trip one row is compared by its hash: an equal sum of them and an equal count are equal tables.
_TRIP = (
    "count(*), sum(hash({id}, bike_type, member_type, epoch_us({start}), epoch_us({end}), trip_month, "
    "trip_date, cast(trip_hour as bigint), start_station_id, end_station_id, start_station_name, "
    "end_station_name, {places}))"
)
_DAY = "trip_month, trip_date, member_type, bike_type, cast(trips as bigint), is_weekend"
PAIRS = {
    "trips": Pair(
        "silver/fct_trips",
        "silver/trips/*",
        _TRIP.format(
            id="trip_id",
            start="started_at_local",
            end="ended_at_local",
            places="start_latitude, start_longitude, end_latitude, end_longitude",
        ),
        _TRIP.format(
            id="ride_id",
            start="started_at",
            end="ended_at",
            places="start_lat, start_lng, end_lat, end_lng",
        ),
    ),
    "stations": Pair(
        "silver/dim_stations", "silver/stations", "station_id, station_name, first_seen_on, last_seen_on"
    ),
    "demand by day": Pair(
        "gold/mart_demand_daily",
        "gold/demand_daily",
        f"{_DAY}, holiday_name, false_starts, lost_bikes, median_duration_minutes",
        f"{_DAY}, holiday_name, false_starts, lost_bikes, round(median_duration_minutes, 3)",
    ),
    "demand by hour": Pair(
        "gold/mart_demand_hourly",
        "gold/demand_hourly",
        "trip_date, trip_hour, member_type, bike_type, trips, is_weekend or is_holiday",
        "trip_date, trip_hour, member_type, bike_type, trips, is_day_off",
    ),
    "station stats": Pair(
        "gold/mart_station_stats",
        "gold/station_stats",
        "trip_month, station_id, station_name, member_type, bike_type, departures, arrivals, net_flow",
    ),
    "weather effect": Pair(
        "gold/mart_weather_effect",
        "gold/weather_effect",
        "trip_date, trip_hour, trips, temperature_c, round(precipitation_mm, 6), wind_speed_kmh",
    ),
    "holiday impact": Pair(
        "gold/mart_holiday_impact",
        "gold/holiday_impact",
        "holiday_date, holiday_name, member_type, trips, comparable_days, round(comparable_mean, 6), "
        "round(comparable_spread, 6), round(difference, 6)",
    ),
}


def disagreements(lake: Path, bare: Path) -> list[str]:
    """Return one line for every table in which the published snapshot and the bare script's output differ.

    `lake` is the root of the lake, `bare` the script's output folder.
    """
    found = []
    with duckdb.connect() as connection:
        for name, pair in PAIRS.items():
            ours = _select(pair.columns, lake / "current" / pair.ours / "**" / "*.parquet")
            other = _select(pair.bare_columns or pair.columns, bare / f"{pair.bare}.parquet")
            only_ours = _rows(connection, f"({ours}) except all ({other})")
            only_bare = _rows(connection, f"({other}) except all ({ours})")
            if only_ours or only_bare:
                found.append(f"{name}: {only_ours} rows are ours only, {only_bare} the bare script's only")
    return found


def _select(columns: str, files: Path) -> str:
    path = str(files).replace("'", "''")
    return f"select {columns} from read_parquet('{path}', hive_partitioning = false)"


def _rows(connection: duckdb.DuckDBPyConnection, query: str) -> int:
    row = connection.execute(f"select count(*) from ({query})").fetchone()
    return int(row[0]) if row else 0
