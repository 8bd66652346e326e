"""Invented hourly weather of New York: season, time of day, spells of warm and cold, rain and snow."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bronze.sample.clock import Array, Clock

#: Mean temperature of each month in °C.
_MONTH_MEAN = np.array([0.6, 1.9, 6.0, 11.9, 17.3, 22.2, 25.1, 24.4, 20.4, 14.2, 8.6, 3.7])
_SNOW_BELOW = 0.5
_CM_OF_SNOW_PER_MM = 0.7
_OF_THE_HOUR_BEFORE = {"precipitation", "rain", "snowfall", "wind_gusts_10m"}


@dataclass(frozen=True)
class Weather:
    """One value an hour of the clock: °C, %, mm, cm of snow, km/h, %, WMO code."""

    temperature_2m: Array
    apparent_temperature: Array
    relative_humidity_2m: Array
    precipitation: Array
    rain: Array
    snowfall: Array
    wind_speed_10m: Array
    wind_gusts_10m: Array
    cloud_cover: Array
    weather_code: Array


def _drifting(rng: np.random.Generator, hours: int, memory: float) -> Array:
    """Return a series that wanders around 0 with deviation 1; `memory` is what is left after an hour."""
    shocks = rng.standard_normal(hours) * np.sqrt(1 - memory**2)
    value, series = float(rng.standard_normal()), []
    for shock in shocks.tolist():
        value = memory * value + shock
        series.append(value)
    return np.array(series)


def _precipitation(rng: np.random.Generator, hours: int) -> Array:
    """Return mm an hour: a spell of wet hours about every two and a half days."""
    amount = np.zeros(hours)
    hour = int(rng.integers(6, 40))
    while hour < hours:
        length = int(rng.integers(2, 15))
        strength = float(rng.gamma(1.3, 1.0))
        shape = np.sin(np.linspace(0.2, np.pi - 0.2, length)) * rng.uniform(0.4, 1.6, length) * strength
        end = min(hour + length, hours)
        amount[hour:end] = np.maximum(amount[hour:end], shape[: end - hour])
        hour = end + int(rng.exponential(52)) + 4
    return np.where(amount < 0.05, 0.0, np.round(amount, 1))


def make_weather(rng: np.random.Generator, clock: Clock) -> Weather:
    """Invent the weather of every hour of the clock."""
    hours = len(clock.offset_us)
    local = clock.local_us.astype("datetime64[us]")
    day_of_year = (local - local.astype("datetime64[Y]")) / np.timedelta64(1, "D")
    hour_of_day = (local - local.astype("datetime64[D]")) / np.timedelta64(1, "h")
    middles = (np.arange(12) + 0.5) * 30.4375
    season = np.interp(day_of_year, middles, _MONTH_MEAN, period=365.25)
    wet = _precipitation(rng, hours)
    cloud = 45 + 32 * _drifting(rng, hours, 0.95) + np.where(wet > 0, 60, 0)
    cloud = np.clip(np.round(cloud), 0, 100)
    swing = 3.6 * (1 - 0.6 * cloud / 100) * np.cos((hour_of_day - 15) / 24 * 2 * np.pi)
    temperature = np.round(season + swing + 4.2 * _drifting(rng, hours, 0.988), 1)
    is_snow = temperature < _SNOW_BELOW
    snow = np.where(is_snow, np.round(wet * _CM_OF_SNOW_PER_MM, 2), 0.0)
    rain = np.where(is_snow, 0.0, wet)
    wind = np.clip(11.5 + 5.5 * _drifting(rng, hours, 0.94) + np.where(wet > 0, 4, 0), 0.4, None)
    gusts = wind * rng.uniform(1.5, 2.3, hours)
    humidity = np.clip(58 + 12 * _drifting(rng, hours, 0.96) - 2 * swing + np.where(wet > 0, 25, 0), 18, 100)
    apparent = temperature - 0.09 * wind - 1.2 + np.where(temperature > 20, 0.05 * (humidity - 50), 0)
    code = np.select([cloud < 20, cloud < 40, cloud < 75], [0, 1, 2], 3)
    code = np.select([wet > 4, wet > 1, wet > 0.4, wet > 0], [65, 63, 61, 51], code)
    code = np.select([snow > 2, snow > 0.7, snow > 0], [75, 73, 71], code)
    return Weather(
        temperature_2m=temperature,
        apparent_temperature=np.round(apparent, 1),
        relative_humidity_2m=np.round(humidity).astype(np.int64),
        precipitation=wet,
        rain=rain,
        snowfall=snow,
        wind_speed_10m=np.round(wind, 1),
        wind_gusts_10m=np.round(gusts, 1),
        cloud_cover=cloud.astype(np.int64),
        weather_code=code.astype(np.int64),
    )


def write_weather(weather: Weather, clock: Clock, path: Path) -> None:
    """Write one line an hour: `time` (UTC, `2024-05-01T00:00`) and the variables by their upstream names."""
    times = np.datetime_as_string(clock.hour_us.astype("datetime64[us]"), unit="m").tolist()
    # As upstream: what fell and blew in an hour is published with the hour after it.
    columns = {
        name: np.roll(values, 1) if name in _OF_THE_HOUR_BEFORE else values
        for name, values in vars(weather).items()
    }
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["time", *columns])
        writer.writerows(zip(times, *(values.tolist() for values in columns.values()), strict=True))
