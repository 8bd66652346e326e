"""Upstreams of a test: a folder that the loopback server answers from, with archives made on the spot."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import duckdb

from bronze import landing
from bronze.sources.citibike.trips_csv import LEGACY, MODERN
from lake import locate

MODERN_HEADER = ",".join(MODERN)
LEGACY_HEADER = ",".join(LEGACY)


def modern(number: int = 1, day: str = "2024-05-03", **changes: str) -> str:
    """Return one modern row; `changes` replace columns by name."""
    row = {
        "ride_id": f"{number:016X}",
        "rideable_type": "classic_bike",
        "started_at": f"{day} 08:00:00.123",
        "ended_at": f"{day} 08:10:00.456",
        "start_station_name": "Grove St PATH",
        "start_station_id": "JC005",
        "end_station_name": "Newport Pkwy",
        "end_station_id": "JC008",
        "start_lat": "40.7196",
        "start_lng": "-74.0431",
        "end_lat": "40.7287",
        "end_lng": "-74.0321",
        "member_casual": "member",
        **changes,
    }
    return ",".join(row[name] for name in MODERN)


def legacy(number: int = 1, day: str = "2018-01-03", **changes: str) -> str:
    """Return one legacy row; `changes` replace columns by name."""
    row = {
        "tripduration": "600",
        "starttime": f"{day} 08:00:00",
        "stoptime": f"{day} 08:10:00",
        "start_station_id": "3186",
        "start_station_name": "Grove St PATH",
        "start_station_latitude": "40.7196",
        "start_station_longitude": "-74.0431",
        "end_station_id": "3199",
        "end_station_name": "Newport Pkwy",
        "end_station_latitude": "40.7287",
        "end_station_longitude": "-74.0321",
        "bikeid": str(20000 + number),
        "usertype": "Subscriber",
        "birth_year": "1984",
        "gender": "1",
        **changes,
    }
    return ",".join(row[name] for name in LEGACY)


def modern_csv(rows: int, day: str = "2024-05-03", first: int = 1) -> str:
    """Return a modern CSV of that many rows."""
    return "\n".join([MODERN_HEADER, *(modern(n, day) for n in range(first, first + rows))]) + "\n"


def zipped(members: dict[str, str | bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Return a zip archive of these members; nested archives are members that are bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name, (2024, 6, 1, 0, 0, 0)), content, compression)
    return buffer.getvalue()


def put(folder: Path, key: str, content: bytes) -> None:
    """Publish an object in the bucket, replacing what was there."""
    (folder / "tripdata").mkdir(parents=True, exist_ok=True)
    (folder / "tripdata" / key).write_bytes(content)


def holiday(day: str, name: str) -> dict:
    """Return an entry as the upstream publishes a holiday of the whole country."""
    return {
        "date": day,
        "localName": name,
        "name": name,
        "countryCode": "US",
        "fixed": False,
        "global": True,
        "counties": None,
        "launchYear": None,
        "types": ["Public"],
    }


def put_holidays(folder: Path, year: int, entries: list[dict] | None = None) -> None:
    """Publish the holidays of a year: New Year's Day, if nothing else is given."""
    new_year = holiday(f"{year}-01-01", "New Year's Day")
    (folder / "holidays").mkdir(parents=True, exist_ok=True)
    (folder / "holidays" / f"{year}.json").write_text(json.dumps(entries or [new_year]))


def land(source="citibike"):
    lake = locate()
    asked = list(landing.ask(lake, source, origin="upstream"))
    assert [one.error for one in asked if one.error] == []
    return [landing.land(lake, offer, origin="upstream") for offer in landing.offers(source)]


def outcomes(landed):
    return {one.batch: one.outcome for one in landed}


def rows(version):
    files = [str(path) for path in version.files]
    return duckdb.read_parquet(files)
