"""Writing rides as the CSV files that the upstream publishes, in its several manners."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from bronze.sample.clock import Clock
from bronze.sample.names import Names
from bronze.sample.trips import Rides

if TYPE_CHECKING:
    import duckdb

MODERN = (
    "ride_id", "rideable_type", "started_at", "ended_at", "start_station_name", "start_station_id",
    "end_station_name", "end_station_id", "start_lat", "start_lng", "end_lat", "end_lng", "member_casual",
)  # fmt: skip
LEGACY = (
    "tripduration", "starttime", "stoptime", "start station id", "start station name",
    "start station latitude", "start station longitude", "end station id", "end station name",
    "end station latitude", "end station longitude", "bikeid", "usertype", "birth year", "gender",
)  # fmt: skip
LEGACY_TITLES = (
    "Trip Duration", "Start Time", "Stop Time", "Start Station ID", "Start Station Name",
    "Start Station Latitude", "Start Station Longitude", "End Station ID", "End Station Name",
    "End Station Latitude", "End Station Longitude", "Bike ID", "User Type", "Birth Year", "Gender",
)  # fmt: skip
#: The legacy header with the 16th column that one release had in its middle.
LEGACY_WITH_PLAN = (*LEGACY[:12], "name_localizedValue0", *LEGACY[12:])

_SECONDS = "strftime({}, '%Y-%m-%d %H:%M:%S')"
_FRACTION = "left(strftime({}, '%Y-%m-%d %H:%M:%S.%f'), {})"

_MODERN_SQL = """
select
    lpad(upper(to_hex(key)), 16, '0') as ride_id,
    (['classic_bike', 'electric_bike', 'docked_bike'])[bike_type + 1] as rideable_type,
    coalesce(start_text, {started}) as started_at,
    {ended} as ended_at,
    s.name as start_station_name, s.modern as start_station_id,
    e.name as end_station_name, e.modern as end_station_id,
    start_lat, start_lng, end_lat, end_lng,
    if(rider = 1, 'member', 'casual') as member_casual
from rides join names as s on s.id = rides.start join names as e on e.id = rides.finish
order by key, row_number
"""
_LEGACY_SQL = """
select
    duration_ms // 1000 as tripduration,
    coalesce(start_text, {started}) as starttime,
    {ended} as stoptime,
    s.legacy::int as start_id, s.name as start_name, start_lat, start_lng,
    e.legacy::int as end_id, e.name as end_name, end_lat, end_lng,
    bike as bikeid,{plan}
    (['Customer', 'Subscriber', null])[rider + 1] as usertype,
    case birth when 0 then null when -1 then 'NULL' when -2 then '\\N' else birth::varchar end as birth_year,
    gender
from rides join names as s on s.id = rides.start join names as e on e.id = rides.finish
order by start_us, row_number
"""
_PLAN_SQL = """
    case when rider != 1 then 'Day Pass' when bike % 3 = 0 then 'Student Membership'
        else 'Annual Membership' end as plan,"""
_MODERN_TEXTS = (*MODERN[:8], "member_casual")
_LEGACY_TEXTS = ("starttime", "stoptime", "start_name", "end_name", "usertype")
_PLAN_TEXTS = (*_LEGACY_TEXTS, "plan")


@dataclass(frozen=True)
class Manner:
    """How one file is written: header words, quotes, line ends, digits of a second, parts."""

    header: tuple[str, ...] = MODERN
    quotes: str = "none"
    line_end: bytes = b"\n"
    digits: int = 0
    has_bom: bool = False
    parts: int = 1

    def first_line(self) -> bytes:
        """Return the header line, with a byte order mark where the file has one."""
        mark = '"' if self.quotes != "none" else ""
        line = ",".join(f"{mark}{name}{mark}" for name in self.header)
        return (b"\xef\xbb\xbf" if self.has_bom else b"") + line.encode() + self.line_end


class CsvWriter:
    """Turns rides into CSV text with DuckDB; the files it writes lie in `work` until they are read."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, clock: Clock, names: Names, work: Path) -> None:
        """Use a connection of its own: the tables `rides` and `names` are replaced in it."""
        import pyarrow as pa

        self._connection, self._clock, self._work = connection, clock, work
        rows = np.arange(len(names.name))
        text = {key: pa.array(getattr(names, key), pa.string()) for key in ("name", "legacy")}
        connection.register(
            "names", pa.table({"id": rows, "modern": pa.array(names.identifier, pa.string()), **text})
        )

    @contextmanager
    def parts(self, rides: Rides, manner: Manner) -> Iterator[list[Path]]:
        """Write rides as headless CSV, `manner.parts` files of about equal length, in a fixed order."""
        connection = self._connection
        connection.register("rides", self._table(rides))
        connection.execute(f"create or replace temp table written as {self._select(manner)}")
        connection.unregister("rides")
        texts = {MODERN: _MODERN_TEXTS, LEGACY_WITH_PLAN: _PLAN_TEXTS}.get(manner.header, _LEGACY_TEXTS)
        quoted = {
            "none": "",
            "text": f", force_quote ({', '.join(texts)})",
            "all": ", force_quote *",
        }[manner.quotes]
        step = -(-len(rides) // manner.parts)
        paths = [self._work / f"part_{part + 1}.csv" for part in range(manner.parts)]
        try:
            for part, path in enumerate(paths):
                connection.execute(
                    f"copy (from written limit {step} offset {part * step}) "
                    f"to '{str(path).replace(chr(39), chr(39) * 2)}' (format csv, header false{quoted})"
                )
            yield paths
        finally:
            connection.execute("drop table if exists written")
            for path in paths:
                path.unlink(missing_ok=True)

    def _select(self, manner: Manner) -> str:
        length = 20 + manner.digits
        started, ended = (
            _FRACTION.format(column, length) if manner.digits else _SECONDS.format(column)
            for column in ("started", "ended")
        )
        if manner.header == MODERN:
            return _MODERN_SQL.format(started=started, ended=ended)
        plan = _PLAN_SQL if manner.header == LEGACY_WITH_PLAN else ""
        return _LEGACY_SQL.format(started=started, ended=ended, plan=plan)

    def _table(self, rides: Rides) -> object:
        """Return the rides as Arrow, with local times; NaN coordinates become null."""
        import pyarrow as pa

        end_us = rides.start_us + rides.duration_ms * 1000
        columns = {
            "row_number": np.arange(len(rides)),
            "started": self._clock.to_local(rides.start_us).astype("datetime64[us]"),
            "ended": self._clock.to_local(end_us).astype("datetime64[us]"),
            "finish": rides.end,
            "start_text": pa.array(rides.start_text, pa.string()),
        }
        for name in (
            "key",
            "start_us",
            "duration_ms",
            "start",
            "rider",
            "bike_type",
            "bike",
            "birth",
            "gender",
        ):
            columns[name] = getattr(rides, name)
        for name in ("start_lat", "start_lng", "end_lat", "end_lng"):
            columns[name] = pa.array(getattr(rides, name), from_pandas=True)
        return pa.table(columns)
