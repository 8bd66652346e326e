"""Small accepted bronze in the layout of a snapshot, written from Python rows, and dbt run on it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain
from pathlib import Path
from typing import Any

import duckdb

from bronze.landing import bronze_schemas
from bronze.sample.answers import UNITS

PROJECT = Path(__file__).parents[2]
_KINDS = {"string": "VARCHAR", "int64": "BIGINT", "double": "DOUBLE", "bool": "BOOLEAN"}
#: Columns of each raw table as `{table: {column: DuckDB type}}`, in their order, as the sources declare them.
COLUMNS: dict[tuple[str, str], dict[str, str]] = {
    **{
        table: {field.name: _KINDS[str(field.type)] for field in schema}
        for table, schema in bronze_schemas().items()
    },
    ("lake", "versions"): {
        "source": "VARCHAR",
        "table_name": "VARCHAR",
        "batch": "VARCHAR",
        "version": "INTEGER",
        "origin": "VARCHAR",
        "key": "VARCHAR",
        "content_hash": "VARCHAR",
        "rows_counted": "BIGINT",
        "rows_landed": "BIGINT",
        "landed_at": "TIMESTAMP",
        "state": "VARCHAR",
        "state_by": "VARCHAR",
        "reason": "VARCHAR",
        "is_in_snapshot": "BOOLEAN",
    },
}
Row = Mapping[str, Any]


def write_parquet(path: Path, columns: Mapping[str, str], rows: Iterable[Row]) -> None:
    """Write rows as Parquet with exactly these columns and DuckDB types; what a row lacks is null."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with duckdb.connect() as connection:
        declared = ", ".join(f'"{name}" {kind}' for name, kind in columns.items())
        connection.execute(f"create table rows ({declared})")
        values = [[row.get(name) for name in columns] for row in rows]
        one = f"({', '.join('?' * len(columns))})"
        # Many rows in a statement: `executemany` takes ten times as long.
        for start in range(0, len(values), 200):
            some = values[start : start + 200]
            connection.execute(f"insert into rows values {', '.join([one] * len(some))}", [*chain(*some)])
        connection.execute(f"copy rows to '{path}' (format parquet, compression zstd)")


def modern(ride_id: str, started_at: str, ended_at: str, **more: Any) -> dict[str, Any]:
    """Return a raw trip of the modern schema, between two stations in Manhattan unless told otherwise."""
    return {
        "ride_id": ride_id,
        "rideable_type": "classic_bike",
        "started_at": started_at,
        "ended_at": ended_at,
        "start_station_name": "Elm Row & 2 St",
        "start_station_id": "5470.10",
        "end_station_name": "Larch St & 3 Ave",
        "end_station_id": "5772.05",
        "start_lat": "40.75",
        "start_lng": "-73.99",
        "end_lat": "40.76",
        "end_lng": "-73.98",
        "member_casual": "member",
        **more,
    }


def legacy(starttime: str, stoptime: str, tripduration: str, **more: Any) -> dict[str, Any]:
    """Return a raw trip of the legacy schema, between two stations in Jersey City unless told otherwise."""
    return {
        "tripduration": tripduration,
        "starttime": starttime,
        "stoptime": stoptime,
        "start_station_id": "3185",
        "start_station_name": "Heron Park",
        "start_station_latitude": "40.7178",
        "start_station_longitude": "-74.0438",
        "end_station_id": "3186",
        "end_station_name": "Ferry Slip",
        "end_station_latitude": "40.7195",
        "end_station_longitude": "-74.0343",
        "bikeid": "24575",
        "usertype": "Subscriber",
        "birth_year": "1969",
        "gender": "1",
        **more,
    }


def hour(time: str, **more: Any) -> dict[str, Any]:
    """Return a raw hour of weather in metric units at GMT `time`, such as 2024-05-01T04:00."""
    values = dict.fromkeys(UNITS, 0.0) | {"temperature_2m": 15.0, "wind_speed_10m": 10.0}
    return {
        "location": "new-york",
        "latitude": 40.71,
        "longitude": -74.0,
        "utc_offset_seconds": 0,
        "timezone": "GMT",
        "time": time,
        **{f"{name}_unit": unit for name, unit in UNITS.items()},
        **values,
        **more,
    }


def holiday(date: str, name: str, **more: Any) -> dict[str, Any]:
    """Return a raw holiday, public in the whole country unless told otherwise."""
    given = {"date": date, "name": name, "local_name": name, "country_code": "US", "fixed": False}
    return {**given, "global": True, "types": '["Public"]', **more}


@dataclass
class Bronze:
    """Bronze of one snapshot being put together in `root`; `finish` makes it readable."""

    root: Path
    versions: list[dict[str, Any]] = field(default_factory=list)

    def add(
        self, source: str, table: str, batch: str, rows: Iterable[Row], *, version: int = 1, **facts: Any
    ) -> None:
        """Add an accepted version of a batch; `facts` go to the table of versions.

        Records are numbered within their member.
        """
        rows = [dict(row) for row in rows]
        numbers: dict[str, int] = {}
        for row in rows:
            if table == "trips":
                row.setdefault("source_key", f"{batch}.zip")
                row.setdefault("source_member", f"{batch}.csv")
            member = str(row.get("source_member"))
            numbers[member] = numbers.get(member, 0) + 1
            row.setdefault("source_record", numbers[member])
        folder = self.root / source / table / f"batch={batch}" / f"version={version}"
        write_parquet(folder / "part.parquet", COLUMNS[source, table], rows)
        self.versions.append(
            {
                "source": source,
                "table_name": table,
                "batch": batch,
                "version": version,
                "origin": "sample",
                "key": batch,
                "content_hash": f"{batch}-{version}",
                "rows_counted": len(rows),
                "rows_landed": len(rows),
                "landed_at": datetime(2026, 1, 1),  # noqa: DTZ001 - UTC without zone, as the lake writes it
                "state": "accepted",
                "state_by": "suite",
                "is_in_snapshot": True,
                **facts,
            }
        )

    def trips(self, batch: str, rows: Iterable[Row], **facts: Any) -> None:
        """Add a batch of trips."""
        self.add("citibike", "trips", batch, rows, **facts)

    def weather(self, batch: str, rows: Iterable[Row], **facts: Any) -> None:
        """Add a batch of weather."""
        self.add("open_meteo", "weather", batch, rows, **facts)

    def holidays(self, batch: str, rows: Iterable[Row], **facts: Any) -> None:
        """Add a batch of holidays."""
        self.add("nager", "holidays", batch, rows, **facts)

    def finish(self) -> Path:
        """Write the empty schema files and the table of versions, and return the folder."""
        for (source, table), columns in COLUMNS.items():
            if source != "lake":
                folder = self.root / source / table / "batch=_none" / "version=0"
                write_parquet(folder / "_schema.parquet", columns, [])
        write_parquet(self.root / "lake" / "versions.parquet", COLUMNS["lake", "versions"], self.versions)
        return self.root


@dataclass
class Build:
    """What one run of dbt left behind: the snapshot's folder, and the outcome of each node."""

    out: Path
    success: bool
    results: dict[str, tuple[str, str]]

    def _files(self, table: str) -> str:
        found = [path for path in (self.out / "silver" / table, self.out / "gold" / table) if path.exists()]
        assert found, f"{table} was not built: {self.failures()}"
        [folder] = found
        return f"read_parquet('{folder}/**/*.parquet', hive_partitioning = false)"

    def rows(
        self, table: str, *, columns: str = "*", where: str = "true", order: str = "all"
    ) -> list[tuple[Any, ...]]:
        """Read a built table of silver or gold from its files."""
        with duckdb.connect() as connection:
            return connection.execute(
                f"select {columns} from {self._files(table)} where {where} order by {order}"
            ).fetchall()

    def types(self, table: str) -> list[tuple[str, str]]:
        """Return the columns of a built table with their types, in order."""
        with duckdb.connect() as connection:
            described = connection.execute(f"describe select * from {self._files(table)}").fetchall()
        return [(name, kind) for name, kind, *_ in described]

    def failures(self) -> dict[str, str]:
        """Return the message of every node that failed, by name."""
        return {name: said for name, (status, said) in self.results.items() if status in ("error", "fail")}


#: What tests' own projects were parsed to, by the content of their files.
_PARSED: dict[int, bytes] = {}


def parsed_elsewhere(project: Path, options: list[str]) -> Any:
    """Return the manifest of a project that is not this one, parsed by the first call that needs it.

    Of the next content dbt parses what has changed: macros, which are dbt's own for the most part, take a second.
    """
    from dbt.cli.main import dbtRunner
    from dbt.contracts.graph.manifest import Manifest
    from dbt.parser.manifest import extended_mashumaro_encoder, extended_mashumuro_decoder

    from orchestration.dbt import DATABASE, environment

    files = (file for file in sorted(project.rglob("*")) if file.is_file())
    content = hash(tuple((file, file.read_bytes()) for file in files))
    if content not in _PARSED:
        kept = project.with_name(f"{project.name}-parsed")
        partial = ["--partial-parse", "--target-path", str(kept)]
        # Where the database lies would be a change of everything; the manifest has its name alone.
        with environment(LAKEHOUSE_DB=str(kept / DATABASE)):
            parsed = dbtRunner().invoke(["parse", *options, *partial])
        assert parsed.success, parsed.exception
        _PARSED[content] = parsed.result.to_msgpack(extended_mashumaro_encoder)
    return Manifest.from_msgpack(_PARSED[content], decoder=extended_mashumuro_decoder)


def dbt(
    work: Path,
    bronze: Path,
    *arguments: str,
    out: Path | None = None,
    project: Path = PROJECT,
    command: str = "build",
) -> Build:
    """Run dbt in this process on `bronze`; `work` keeps its database, target and logs.

    It writes to `out` or `work/out`, or to the project's scratch output when `out` is the empty path.
    """
    from dbt.cli.main import dbtRunner

    from orchestration.dbt import environment, failure, flags_known, parsed
    from orchestration.events import without_debugging

    out = out or work / "out"
    out.mkdir(parents=True, exist_ok=True)
    places = {
        "LAKEHOUSE_BRONZE": str(bronze),
        "LAKEHOUSE_OUT": "" if out == Path() else str(out),
        "LAKEHOUSE_DB": str(work / "build.duckdb"),
    }
    paths = ["--project-dir", str(project), "--profiles-dir", str(PROJECT)]
    paths += ["--target-path", str(work / "target"), "--log-path", str(work / "logs")]
    # What went wrong is in the results: dbt's log and its manifest of everything take a third of the time.
    quiet = ["--quiet", "--log-level-file", "none", "--no-write-json"]
    with environment(**places), flags_known(), without_debugging():
        if project == PROJECT:
            manifest = parsed(bronze, work / "build.duckdb", [*paths[4:], *quiet])
        else:
            manifest = parsed_elsewhere(project, [*paths, *quiet])
        result = dbtRunner(manifest=manifest).invoke([command, *arguments, *paths, *quiet])
    if result.exception is not None:
        raise result.exception
    nodes: Any = getattr(result.result, "results", [])
    results = {node.node.name: (str(node.status), failure(node, work / "build.duckdb")) for node in nodes}
    return Build(out, result.success, results)
