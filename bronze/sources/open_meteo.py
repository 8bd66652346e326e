"""Open-Meteo: hourly weather of the past, one batch per place and month."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, ClassVar

import dlt
import pyarrow as pa

from bronze.client import Client
from bronze.columns import OTHER_FIELDS, REAL, TEXT, WHOLE, as_other_fields, batch_of
from bronze.errors import BatchError
from bronze.http import client, get_json
from bronze.offers import Offer, hashed
from bronze.scope import month_days, parse_months
from bronze.tables import Table, rows_resource

VARIABLES = (
    "temperature_2m",
    "apparent_temperature",
    "relative_humidity_2m",
    "precipitation",
    "rain",
    "snowfall",
    "wind_speed_10m",
    "wind_gusts_10m",
    "cloud_cover",
    "weather_code",
)
#: Names under which the upstream has answered the same variable over the years.
ALIASES = {
    "windspeed_10m": "wind_speed_10m",
    "windgusts_10m": "wind_gusts_10m",
    "relativehumidity_2m": "relative_humidity_2m",
    "cloudcover": "cloud_cover",
    "weathercode": "weather_code",
}
#: Of the answer as a whole, in every row.
_PLACE = {
    "latitude": REAL,
    "longitude": REAL,
    "elevation": REAL,
    "utc_offset_seconds": WHOLE,
    "timezone": TEXT,
    "timezone_abbreviation": TEXT,
}
WEATHER = Table(
    "weather",
    {
        "location": TEXT,
        **_PLACE,
        "time": TEXT,
        **{
            name: kind
            for variable in VARIABLES
            for name, kind in ((variable, REAL), (f"{variable}_unit", TEXT))
        },
        "source_record": WHOLE,
        OTHER_FIELDS: TEXT,
    },
)
TABLES = (WEATHER,)
#: How long the answer took: no content, and another at every question.
_TIMING = "generationtime_ms"


def _canonical(block: dict[str, Any], key: str) -> dict[str, Any]:
    """Return a block under our names; a name that is there beside its alias keeps both, which must agree."""
    found = dict(block)
    for alias, name in ALIASES.items():
        if alias not in block:
            continue
        if found.setdefault(name, block[alias]) != block[alias]:
            raise BatchError(
                f"{key}: {alias} and {name} are both there and differ; which is right cannot be told"
            )
        if name not in block:
            del found[alias]
    return found


@dataclass
class WeatherOffer(Offer):
    """The hours of one month at one place, with a day's margin on both sides.

    The answer is in GMT with one offset for all of it, so whole local days need hours of the days around.
    """

    http: Client = field(kw_only=True)
    url: str = field(kw_only=True)
    location: str = field(kw_only=True)
    query: dict[str, Any] = field(kw_only=True)
    answer: dict[str, Any] = field(init=False, default_factory=dict)
    unit: ClassVar[str] = "hours"

    def prepare(self) -> str | None:
        """Ask the upstream and hash what matters: the values, not how long the answer took."""
        answer = get_json(self.http, self.url, self.query, self.key)
        if not isinstance(answer, dict) or not isinstance(answer.get("hourly"), dict):
            said = answer.get("reason") if isinstance(answer, dict) else None
            raise BatchError(
                f"{self.key}: the answer has no hourly values"
                + (f"; the service says: {said}" if said else f" but is {str(answer)[:80]!r}")
            )
        hourly = _canonical(answer["hourly"], self.key)
        said = answer.get("hourly_units")
        if not isinstance(said, dict | None):
            raise BatchError(f"{self.key}: hourly_units are no units by name but {repr(said)[:80]}")
        units = _canonical(said or {}, self.key)
        lengths = {
            name: len(hourly[name]) if isinstance(hourly.get(name), list) else 0
            for name in ("time", *VARIABLES)
        }
        uneven = sorted(name for name, length in lengths.items() if length != lengths["time"] or not length)
        if uneven:
            raise BatchError(
                f"{self.key}: {', '.join(uneven)} lack values ({lengths['time']} hours were answered); "
                "if the upstream renamed them, add the new name to ALIASES in bronze/sources/open_meteo.py"
            )
        self.answer = {**answer, "hourly": hourly, "hourly_units": units}
        self.facts.other_fields = sorted(self._others())
        matters = {name: value for name, value in self.answer.items() if name != _TIMING}
        self.facts.content_hash = hashed(matters)
        return self.facts.content_hash

    def close(self) -> None:
        """Let go of the answer."""
        self.answer = {}

    def _others(self) -> dict[str, Any]:
        """Return what the answer holds beside the columns, by its place there, as `hourly.dew_point_2m`."""
        known = {"hourly": {"time", *VARIABLES}, "hourly_units": {"time", *VARIABLES}}
        inside = {
            f"{block}.{name}": value
            for block, names in known.items()
            for name, value in self.answer[block].items()
            if name not in names
        }
        beside = self.answer.keys() - _PLACE.keys() - known.keys() - {_TIMING}
        return {name: self.answer[name] for name in sorted(beside)} | inside

    def _other_fields(self, hours: int) -> list[str | None]:
        """Return OTHER_FIELDS of each hour: the hour's own value of what has one, the rest as it is."""
        others = self._others()
        by_hour = {
            name: value
            for name, value in others.items()
            if name.startswith("hourly.") and isinstance(value, list) and len(value) == hours
        }
        return [
            as_other_fields(others | {name: values[hour] for name, values in by_hour.items()})
            for hour in range(hours)
        ]

    def rows(self) -> Iterator[pa.RecordBatch]:
        """Yield the hours as answered, each value beside its unit."""
        if not self.answer:
            self.prepare()
        hourly, units = self.answer["hourly"], self.answer["hourly_units"]
        hours = len(hourly["time"])
        whole: dict[str, Sequence[Any]] = {
            "location": [self.location] * hours,
            **{name: [self.answer.get(name)] * hours for name in _PLACE},
            "time": hourly["time"],
            **{f"{name}_unit": [units.get(name)] * hours for name in VARIABLES},
            **{name: hourly[name] for name in VARIABLES},
            "source_record": range(1, hours + 1),
            OTHER_FIELDS: self._other_fields(hours),
        }
        yield batch_of(WEATHER.columns, whole, self.key)
        self.facts.rows_counted = hours
        # The margin is of use to this month alone: silver takes each month from its own batch.
        self.facts.months = [self.batch[-7:]]
        self.facts.details = {"query": self.query, "units": units}
        self.watch("rows", hours, hours)


def list_offers(
    base_url: str, location: str, latitude: float, longitude: float, months: str
) -> Iterator[WeatherOffer]:
    """Yield an offer for every month in scope; the upstream lists nothing, it answers what is asked."""
    http = client()
    for month in parse_months(months):
        first, last = month_days(month)
        margin = timedelta(days=1)
        yield WeatherOffer(
            source="open_meteo",
            table=WEATHER.name,
            batch=f"{location}-{month}",
            key=f"{location} {month}",
            http=http,
            url=base_url,
            location=location,
            query={
                "latitude": latitude,
                "longitude": longitude,
                "start_date": str(first - margin),
                "end_date": str(last + margin),
                "hourly": ",".join(VARIABLES),
                "timezone": "GMT",
            },
        )


@dlt.source(name="open_meteo", max_table_nesting=0)
def open_meteo(
    base_url: str = dlt.config.value,
    location: str = dlt.config.value,
    latitude: float = dlt.config.value,
    longitude: float = dlt.config.value,
    months: str = dlt.config.value,
) -> Any:
    """Hourly weather in GMT, as answered.

    Args:
        base_url: address of the archive API.
        location: name of the place, lower-case with hyphens.
        latitude: of the place, degrees north.
        longitude: of the place, degrees east.
        months: such as `2024-02..2024-05, 2024-10`.
    """
    offers = dlt.resource(list_offers, name="offers", selected=False)(
        base_url, location, latitude, longitude, months
    )
    return offers, *(offers | rows_resource(table) for table in TABLES)
