"""Citi Bike's live feeds as an archive of recordings: three UTC days of 24 stations of the sample's trips.

Computed from the moment and the station alone. The quirks are those of recordings of the real feeds: ids of
19 digits, a station that is given a new id and stands beside itself for half a day, parts that do not add up to
the capacity, one that is out of service and listed as empty, a clock that goes backwards or stands at 86400,
keys that come and go, and a recorder that sleeps for hours.
"""

from __future__ import annotations

import functools
import math
import random
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from bronze.sample.stations import jersey_city, new_york
from bronze.sample.upstreams import Answer, Asked, json_answer

PATH, SETTING = "/gbfs/archive", "archive"
#: The night in which clocks go back, that in which they go forward, and the day after.
DAYS = ("2020-11-01", "2021-03-14", "2021-03-15")
#: From when to when the recorder slept, UTC.
HOLES = (("2020-11-01T15:00", "2020-11-01T17:30"), ("2021-03-15T13:00", "2021-03-15T18:10"))
_NEW_YORK, _JERSEY = 18, 6
_MINUTES = 20
# By place in the list: stations with something to them.
_RENAMED, _MOVED, _ENLARGED, _CLOSED, _STUCK, _BACKWARDS, _RESTING = 2, 5, 7, 9, 11, 13, 15
_MARCH, _MARCH_NOON = datetime(2021, 3, 1, tzinfo=UTC), datetime(2021, 3, 14, 12, tzinfo=UTC)


@dataclass(frozen=True)
class Station:
    """A station of the feeds; `business` runs from 0 (people live there) to 1 (people work there)."""

    place: int
    identifier: str
    short_name: str
    name: str
    latitude: float
    longitude: float
    capacity: int
    business: float


@functools.cache
def _stations() -> tuple[Station, ...]:
    found: list[Station] = []
    for city, count in ((new_york(), _NEW_YORK), (jersey_city(), _JERSEY)):
        for index in range(count):
            place = len(found)
            found.append(
                Station(
                    place,
                    _identifier(place),
                    str(city.identifier[index]),
                    str(city.name[index]),
                    float(city.latitude[index]),
                    float(city.longitude[index]),
                    15 + place * 7 % 40,
                    float(city.business[index]),
                )
            )
    return tuple(found)


def _identifier(place: int, life: int = 0) -> str:
    rng = random.Random(f"station {place} {life}")
    if place % 4 == 3:
        # No float holds it.
        return str(rng.randrange(10**18, 2 * 10**18))
    return str(uuid.UUID(int=rng.getrandbits(128)))


def _listed(at: datetime) -> list[tuple[Station, str]]:
    """Return the stations of an answer with their ids: one has two for half a day."""
    listed = []
    for one in _stations():
        ids = [one.identifier]
        if one.place == _MOVED and at >= _MARCH:
            ids = [_identifier(_MOVED, 1)] if at >= _MARCH_NOON else [one.identifier, _identifier(_MOVED, 1)]
        listed += [(one, identifier) for identifier in ids]
    return listed


def _information(at: datetime) -> list[dict[str, Any]]:
    return [
        {
            "station_id": identifier,
            "external_id": identifier,
            "legacy_id": str(3000 + one.place),
            "name": f"{one.name} (North)" if one.place == _RENAMED and at >= _MARCH else one.name,
            "short_name": one.short_name,
            "lat": one.latitude,
            "lon": one.longitude,
            "capacity": one.capacity + (3 if one.place == _ENLARGED and at >= _MARCH_NOON else 0),
            **({"region_id": "71"} if one.place % 6 else {}),
            "station_type": "classic",
            "has_kiosk": one.place % 5 > 0,
            "rental_methods": ["KEY", "CREDITCARD"],
            "eightd_has_key_dispenser": False,
        }
        for one, identifier in _listed(at)
    ]


def _status(at: datetime) -> list[dict[str, Any]]:
    return [_status_of(one, identifier, at) for one, identifier in _listed(at)]


def _status_of(one: Station, identifier: str, at: datetime) -> dict[str, Any]:
    rng = random.Random(f"{identifier} {at:%Y%m%dT%H%M}")
    disabled = rng.randrange(3)
    # Bikes are where people work at noon and where they live at night: stations run empty and full.
    tide = math.cos((at.hour + at.minute / 60 - 17) / 12 * math.pi) * (one.business - 0.5) * 2
    there = round(one.capacity * (0.5 + 0.7 * tide)) + rng.randrange(-1, 2)
    bikes = min(max(there - disabled, 0), one.capacity)
    docks = max(one.capacity - max(there, 0) - (one.place % 3 - 1), 0)
    works, reported = 1, int(at.timestamp()) - rng.randrange(30, 900)
    if one.place == _CLOSED:
        works, reported, bikes, docks, disabled = 0, 86400, 0, 40, 0
    if one.place == _STUCK and at.hour == 16:
        bikes, docks, disabled = 0, 0, one.capacity
    if one.place == _BACKWARDS and at.hour == 10:
        reported -= 3600
    found = {
        "station_id": identifier,
        "legacy_id": str(3000 + one.place),
        "num_bikes_available": bikes,
        "num_ebikes_available": bikes // 4,
        "num_bikes_disabled": disabled,
        "num_docks_available": docks,
        "num_docks_disabled": 0,
        "is_installed": works,
        "is_renting": 0 if one.place == _RESTING and at.hour in (20, 21) else works,
        "is_returning": 0 if one.place == _RESTING and at.hour in (20, 21) else works,
        "last_reported": reported,
        "eightd_has_available_keys": False,
    }
    if one.place % 6:
        found |= {"num_scooters_available": 0, "num_scooters_unavailable": 0}
    return found


def _moments() -> dict[str, list[datetime]]:
    """Return when each feed was asked."""
    holes = [tuple(datetime.fromisoformat(end).replace(tzinfo=UTC) for end in hole) for hole in HOLES]
    status, information = [], []
    for day in DAYS:
        first = datetime.fromisoformat(day).replace(tzinfo=UTC)
        asked = (first + timedelta(minutes=minute, seconds=7) for minute in range(0, 1440, _MINUTES))
        status += [at for at in asked if not any(begin <= at < end for begin, end in holes)]
        information += [first + timedelta(hours=hour, seconds=5) for hour in (0, 12)]
    return {"station_information": information, "station_status": status}


@functools.cache
def _files() -> dict[str, tuple[str, datetime]]:
    """Return the feed and the moment of each recording, by its path in the archive."""
    return {
        f"{feed}/{at:%Y-%m-%d}/{at:%Y%m%dT%H%M%SZ}.json": (feed, at)
        for feed, moments in _moments().items()
        for at in moments
    }


def answer(asked: Asked) -> Answer:
    """Answer the archive's index, one of its recordings, or 404."""
    path = asked.path.strip("/")
    if path == "index.json":
        return json_answer([*_files()])
    if path not in _files():
        return json_answer({"error": "Not Found"}, 404)
    feed, at = _files()[path]
    stations = _information(at) if feed == "station_information" else _status(at)
    # Newer answers tell the version of GBFS they are written in.
    version = {"version": "1.1"} if at >= _MARCH else {}
    return json_answer(
        {"last_updated": int(at.timestamp()) - 40, "ttl": 60, **version, "data": {"stations": stations}}
    )
