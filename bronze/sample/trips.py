"""Invented rides: when, from where to where, on what, by whom."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np

from bronze.sample.clock import HOUR_US, Array, Clock, month_number, month_of
from bronze.sample.holidays import days_off
from bronze.sample.stations import Stations
from bronze.sample.weather import Weather

NYC, JC = 0, 1
CASUAL, MEMBER, NO_USER_TYPE = 0, 1, 2
CLASSIC, ELECTRIC, DOCKED = 0, 1, 2

# Rides an hour, as shares of a usual day; index 0 is midnight.
_MEMBER_WORKDAY = [3, 1, 1, 1, 3, 12, 34, 70, 98, 58, 40, 42, 48, 48, 50, 58, 76, 108, 96, 62, 42, 29, 19, 10]
_MEMBER_WEEKEND = [10, 6, 4, 2, 2, 5, 12, 22, 36, 50, 62, 70, 74, 74, 73, 70, 66, 62, 54, 42, 32, 24, 18, 12]
_CASUAL_WORKDAY = [3, 2, 1, 1, 1, 3, 6, 11, 15, 15, 18, 22, 26, 28, 30, 33, 36, 39, 36, 29, 21, 15, 10, 6]
_CASUAL_WEEKEND = [9, 6, 4, 2, 1, 2, 5, 10, 20, 36, 54, 72, 86, 93, 95, 91, 82, 70, 55, 40, 28, 20, 14, 9]
_MONTH_LEVEL = np.array([0.62, 0.55, 0.95, 1.3, 1.5, 1.6, 1.62, 1.65, 1.65, 1.45, 1.1, 0.78])
_HOLIDAY_LEVEL = 0.72
_MORNING, _EVENING = range(6, 11), range(15, 21)


@dataclass
class Rides:
    r"""Rides as columns of one length.

    `city` and `month` (since 1970-01) name the file a ride stands in. `start_us` is UTC microseconds,
    `duration_ms` the true duration. `start` and `end` are row numbers of the names table; birth years
    below 1 mean: 0 blank, -1 `NULL`, -2 `\N`. Coordinates that are NaN are blank in the file.
    `start_text`, where it is not None, stands in the file in place of the start time.
    """

    city: Array
    month: Array
    key: Array
    start_us: Array
    duration_ms: Array
    start: Array
    end: Array
    start_lat: Array
    start_lng: Array
    end_lat: Array
    end_lng: Array
    rider: Array
    bike_type: Array
    bike: Array
    birth: Array
    gender: Array
    start_text: Array

    def __len__(self) -> int:
        return len(self.key)

    def take(self, rows: Array) -> Rides:
        """Return copies of the given rows."""
        return Rides(**{field.name: getattr(self, field.name)[rows] for field in fields(self)})


def concat(parts: Sequence[Rides]) -> Rides:
    """Put rides together, in order."""
    return Rides(
        **{field.name: np.concatenate([getattr(p, field.name) for p in parts]) for field in fields(Rides)}
    )


def demand(rng: np.random.Generator, clock: Clock, weather: Weather) -> Array:
    """Return relative demand by rider (casual, member) and hour of the clock; 0 outside its months.

    Weekday commuting, weekend leisure, season, temperature, rain, wind and holidays all show in it.
    """
    local = clock.local_us.astype("datetime64[us]")
    hour = (clock.local_us // HOUR_US) % 24
    day = local.astype("datetime64[D]")
    month = local.astype("datetime64[M]").astype(np.int64)
    weekday = (day.astype(np.int64) + 3) % 7
    off = [
        np.datetime64(holiday) for holiday in days_off(range(clock.first_day.year, clock.last_day.year + 2))
    ]
    is_holiday = np.isin(day, off)
    is_free = (weekday >= 5) | is_holiday
    level = _MONTH_LEVEL[month % 12] * np.where(is_holiday, _HOLIDAY_LEVEL, 1.0)
    level *= rng.lognormal(0, 0.08, int(day.astype(np.int64).max()) + 1)[day.astype(np.int64)]
    level *= np.isin(month, [month_number(name) for name in clock.months])
    rain = np.select([weather.precipitation >= 1, weather.precipitation > 0], [0.38, 0.66], 1.0)
    rain *= np.where(weather.snowfall > 0, 0.6, 1.0)
    windy = np.where(weather.wind_speed_10m > 25, 0.85, 1.0)
    mild = np.clip(weather.temperature_2m, -10, 28) - 10
    member = np.where(is_free, np.take(_MEMBER_WEEKEND, hour), np.take(_MEMBER_WORKDAY, hour))
    casual = np.where(is_free, np.take(_CASUAL_WEEKEND, hour), np.take(_CASUAL_WORKDAY, hour))
    return np.stack(
        [
            casual * level * windy * rain**1.25 * np.exp(0.045 * mild) * 0.55,
            member * level * windy * rain * np.exp(0.022 * mild),
        ]
    )


class Network:
    """One city's stations with what is needed to draw rides between them."""

    def __init__(self, city: int, stations: Stations, first: int) -> None:
        """Prepare the choices; `first` is the number of the city's first station in the names table."""
        self.city, self.stations, self.first = city, stations, first
        self._distance = stations.distance_km()
        near = np.exp(-self._distance / 1.7)
        np.fill_diagonal(near, near.diagonal() * 0.12)
        to_work = 0.35 + 1.3 * stations.business
        to_home = 1.65 - 1.3 * stations.business
        level = np.ones(len(stations))
        self._starts, self._ends = [], []
        for leave, arrive in ((level, level), (to_home, to_work), (to_work, to_home)):
            starts = np.cumsum(stations.popularity * leave)
            self._starts.append(starts / starts[-1])
            ends = np.cumsum(near * (stations.popularity * arrive)[None, :], axis=1)
            ends /= ends[:, -1:]
            # Row i of the cumulated shares lies in (i, i + 1]: one sorted array serves all the starts.
            self._ends.append((ends + np.arange(len(stations))[:, None]).ravel())

    def draw(self, rng: np.random.Generator, clock: Clock, wanted: Array, count: int) -> Rides:
        """Draw `count` rides after the demand, sorted by nothing in particular."""
        hours = wanted.shape[1]
        cells = np.repeat(
            np.arange(2 * hours), rng.multinomial(count, (wanted / wanted.sum()).ravel()).astype(np.int64)
        )
        rider, hour = (cells // hours).astype(np.int8), cells % hours
        start_us = clock.hour_us[hour] + rng.integers(0, 3_600_000, count) * 1000
        start, end = self._places(rng, clock, rider, hour)
        electric_share = np.where(rider == MEMBER, 0.27, 0.4)
        bike_type = np.where(rng.random(count) < electric_share, ELECTRIC, CLASSIC).astype(np.int8)
        is_member = rider == MEMBER
        latitude, longitude = self.stations.latitude, self.stations.longitude
        adrift = np.where(bike_type == ELECTRIC, 9e-5, 0.0)
        # Electric bikes report where they stood themselves; docks have fixed coordinates.
        noise = rng.standard_normal((2, count)) * adrift
        return Rides(
            city=np.full(count, self.city, dtype=np.int8),
            month=month_of(clock.to_local(start_us)),
            key=rng.integers(0, 2**64, count, dtype=np.uint64),
            start_us=start_us,
            duration_ms=self._durations(rng, start, end, is_member, bike_type),
            start=start + self.first,
            end=end + self.first,
            start_lat=np.round(latitude[start] + noise[0], 9),
            start_lng=np.round(longitude[start] + noise[1], 9),
            end_lat=latitude[end],
            end_lng=longitude[end],
            rider=rider,
            bike_type=bike_type,
            bike=rng.integers(14_500, 49_000, count, dtype=np.int32),
            birth=np.where(
                is_member, np.clip(np.round(rng.normal(1984, 11, count)), 1938, 2004), 1969
            ).astype(np.int16),
            gender=np.where(is_member, rng.choice([0, 1, 1, 1, 2], count), 0).astype(np.int8),
            start_text=np.full(count, None, dtype=object),
        )

    def _places(
        self, rng: np.random.Generator, clock: Clock, rider: Array, hour: Array
    ) -> tuple[Array, Array]:
        """Draw where rides start and end: members ride to work in the morning and home in the evening."""
        count = len(rider)
        local_hour = (clock.local_us[hour] // HOUR_US) % 24
        when = np.select([np.isin(local_hour, _MORNING), np.isin(local_hour, _EVENING)], [1, 2], 0)
        when = np.where(rider == MEMBER, when, 0)
        chance = rng.random((2, count))
        start, end = np.zeros(count, dtype=np.int64), np.zeros(count, dtype=np.int64)
        last = len(self.stations) - 1
        for period in range(3):
            rows = np.flatnonzero(when == period)
            start[rows] = np.minimum(np.searchsorted(self._starts[period], chance[0, rows]), last)
            flat = np.searchsorted(self._ends[period], start[rows] + chance[1, rows])
            end[rows] = np.clip(flat - start[rows] * (last + 1), 0, last)
        round_trip = (rider == CASUAL) & (rng.random(count) < 0.09)
        return start, np.where(round_trip, start, end)

    def _durations(
        self, rng: np.random.Generator, start: Array, end: Array, is_member: Array, bike_type: Array
    ) -> Array:
        """Return milliseconds: way over speed and some time at the docks, one to 175 minutes."""
        count = len(start)
        metres = self._distance[start, end] * 1300
        speed = np.where(bike_type == ELECTRIC, 4.6, 3.3) * np.where(is_member, 1.0, 0.72)
        riding = metres / (speed * rng.lognormal(0, 0.2, count)) + rng.lognormal(4.3, 0.5, count)
        touring = rng.lognormal(7.0, 0.65, count)
        seconds = np.where(
            start == end, touring, riding * np.where(is_member, 1.0, rng.uniform(1, 1.5, count))
        )
        return np.round(np.clip(seconds, 61, 10_500) * 1000).astype(np.int64)
