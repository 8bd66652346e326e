"""What the upstreams would answer, from files in a folder: bucket listing, weather, holidays."""

from __future__ import annotations

import csv
import hashlib
import json
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

Query = dict[str, list[str]]

#: The most objects that one page of the listing holds: small, so that every run pages.
DEFAULT_PAGE = 4

UNITS = {
    "temperature_2m": "°C",
    "apparent_temperature": "°C",
    "relative_humidity_2m": "%",
    "precipitation": "mm",
    "rain": "mm",
    "snowfall": "cm",
    "wind_speed_10m": "km/h",
    "wind_gusts_10m": "km/h",
    "cloud_cover": "%",
    "weather_code": "wmo code",
}
# By query parameter: its value, the unit it turns into another, and how.
_OTHER_UNITS: dict[str, tuple[str, dict[str, tuple[str, Callable[[float], float]]]]] = {
    "temperature_unit": ("fahrenheit", {"°C": ("°F", lambda value: round(value * 1.8 + 32, 1))}),
    "wind_speed_unit": ("mph", {"km/h": ("mp/h", lambda value: round(value / 1.609344, 1))}),
    "precipitation_unit": (
        "inch",
        {
            "mm": ("inch", lambda value: round(value / 25.4, 3)),
            "cm": ("inch", lambda value: round(value / 2.54, 3)),
        },
    ),
}
_USUAL_UNITS = {"temperature_unit": "celsius", "wind_speed_unit": "kmh", "precipitation_unit": "mm"}
_LISTING = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>tripdata</Name>'
    "<Prefix>{prefix}</Prefix><KeyCount>{count}</KeyCount><MaxKeys>{limit}</MaxKeys>"
    "<IsTruncated>{more}</IsTruncated>{token}{contents}</ListBucketResult>"
)


class BadRequest(ValueError):  # noqa: N818 - the name of the status
    """The upstream would answer 400; the message is its reason."""


class Folder:
    """A folder laid out as `bronze.sample.server` describes. Changes in it show in the next answer."""

    def __init__(self, root: Path, page_size: int = DEFAULT_PAGE) -> None:
        """Read nothing yet. `page_size` is the most objects that one page of the listing holds."""
        self.root = root
        self.page_size = page_size
        self._etags: dict[tuple[str, int, int], str] = {}
        self._weather: tuple[int, dict[str, dict[str, float | None]]] | None = None

    def archive(self, key: str) -> Path | None:
        """Return the file of a key, or None."""
        path = self.root / "tripdata" / key
        return path if key and "/" not in key and "\\" not in key and path.is_file() else None

    def etag(self, path: Path) -> str:
        """Return the md5 of a file, remembered until size or time of it change."""
        facts = path.stat()
        known = (path.name, facts.st_size, facts.st_mtime_ns)
        if known not in self._etags:
            with path.open("rb") as file:
                self._etags[known] = hashlib.file_digest(file, "md5").hexdigest()
        return self._etags[known]

    def listing(self, query: Query) -> str:
        """Return one page of the bucket listing as S3 ListObjectsV2 XML.

        Raises:
            BadRequest: `max-keys` is no number of 0 or more.
        """
        prefix = query.get("prefix", [""])[0]
        after = query.get("continuation-token", query.get("start-after", [""]))[0]
        wanted = query.get("max-keys", [str(self.page_size)])[0]
        if not wanted.isdigit():
            raise BadRequest("Provided max-keys not an integer or within integer range")
        limit = min(int(wanted), self.page_size)
        folder = self.root / "tripdata"
        files = sorted(folder.iterdir(), key=lambda path: path.name.encode()) if folder.is_dir() else []
        found = [p for p in files if p.is_file() and p.name.startswith(prefix) and p.name > after]
        shown, more = found[:limit], len(found) > limit > 0
        token = f"<NextContinuationToken>{escape(shown[-1].name)}</NextContinuationToken>" if more else ""
        return _LISTING.format(
            prefix=escape(prefix),
            count=len(shown),
            limit=limit,
            more=str(more).lower(),
            token=token,
            contents="".join(map(self._entry, shown)),
        )

    def _entry(self, path: Path) -> str:
        facts = path.stat()
        moment = datetime.fromtimestamp(int(facts.st_mtime), UTC)
        return (
            f"<Contents><Key>{escape(path.name)}</Key>"
            f"<LastModified>{moment:%Y-%m-%dT%H:%M:%S}.000Z</LastModified>"
            f"<ETag>&quot;{self.etag(path)}&quot;</ETag><Size>{facts.st_size}</Size>"
            "<StorageClass>STANDARD</StorageClass></Contents>"
        )

    def holidays(self, year: str, country: str) -> Any | None:
        """Return a year's holidays as parsed JSON; None for a year or country that is not there."""
        path = self.root / "holidays" / f"{year}.json"
        if country != "US" or not year.isdigit() or not path.is_file():
            return None
        return json.loads(path.read_text(encoding="utf-8"))

    def weather(self, query: Query) -> dict[str, Any]:
        """Return hourly weather in the shape of Open-Meteo's archive; hours not in the folder are null.

        Raises:
            BadRequest: a parameter is missing, unknown or out of its range.
        """
        started = time.perf_counter()
        first, last = _days(query)
        variables = [name for part in query.get("hourly", []) for name in part.split(",") if name]
        for name in variables:
            if name not in UNITS:
                raise BadRequest(
                    f"Data corrupted at path ''. Cannot initialize from invalid String value {name}."
                )
        zone = query.get("timezone", ["GMT"])[0]
        if zone not in ("GMT", "UTC"):
            raise BadRequest(f"The sample knows hours in GMT only, not in timezone {zone!r}")
        latitude, longitude = _place(query)
        units = {name: _unit(query, UNITS[name]) for name in variables}
        midnight = datetime(first.year, first.month, first.day, tzinfo=UTC)
        times = [
            (midnight + timedelta(hours=hour)).strftime("%Y-%m-%dT%H:%M")
            for hour in range(24 * ((last - first).days + 1))
        ]
        known = self._hours()
        answer: dict[str, Any] = {
            "latitude": round(latitude, 2),
            "longitude": round(longitude, 2),
            "generationtime_ms": (time.perf_counter() - started) * 1000,
            "utc_offset_seconds": 0,
            "timezone": zone,
            "timezone_abbreviation": zone,
            "elevation": 32.0,
        }
        if variables:
            answer["hourly_units"] = {"time": "iso8601", **{name: unit for name, (unit, _) in units.items()}}
            answer["hourly"] = {"time": times}
            for name, (_, convert) in units.items():
                values = (known.get(moment, {}).get(name) for moment in times)
                answer["hourly"][name] = [None if value is None else convert(value) for value in values]
        return answer

    def _hours(self) -> dict[str, dict[str, float | None]]:
        """Return the weather by time, read again when the file changes."""
        path = self.root / "weather.csv"
        if not path.is_file():
            return {}
        changed = path.stat().st_mtime_ns
        if self._weather is None or self._weather[0] != changed:
            with path.open(newline="", encoding="utf-8") as file:
                rows = {
                    row["time"]: {name: _number(row[name]) for name in UNITS if name in row}
                    for row in csv.DictReader(file)
                }
            self._weather = (changed, rows)
        return self._weather[1]


def _number(text: str | None) -> float | None:
    if not text:
        return None
    return float(text) if "." in text or "e" in text else int(text)


def _days(query: Query) -> tuple[date, date]:
    days = []
    for name in ("start_date", "end_date"):
        if name not in query:
            raise BadRequest(f"Parameter '{name}' is required")
        try:
            days.append(date.fromisoformat(query[name][0]))
        except ValueError as error:
            raise BadRequest(f"Invalid date in '{name}'") from error
    if days[1] < days[0]:
        raise BadRequest("End-date must be larger or equals than start-date")
    return days[0], days[1]


def _place(query: Query) -> tuple[float, float]:
    place = []
    for name, bound in (("latitude", 90), ("longitude", 180)):
        if name not in query:
            raise BadRequest(f"Parameter '{name}' is required")
        try:
            value = float(query[name][0])
        except ValueError as error:
            raise BadRequest(f"Parameter '{name}' is not a number") from error
        if not -bound <= value <= bound:
            raise BadRequest(f"{name.title()} must be in range of -{bound} to {bound}°. Given: {value}.")
        place.append(value)
    return place[0], place[1]


def _unit(query: Query, unit: str) -> tuple[str, Callable[[float], float]]:
    """Return the unit asked for in place of the metric one, and what turns values into it."""
    for parameter, (other, table) in _OTHER_UNITS.items():
        asked = query.get(parameter, [_USUAL_UNITS[parameter]])[0]
        if asked not in (other, _USUAL_UNITS[parameter]):
            raise BadRequest(
                f"Data corrupted at path ''. Cannot initialize from invalid String value {asked}."
            )
        if asked == other and unit in table:
            return table[unit]
    return unit, lambda value: value
