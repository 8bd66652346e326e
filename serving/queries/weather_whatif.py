"""What if the weather were different: a small model of hourly trips, and how far it is off.

Trips of an hour are Poisson with mean `typical * exp(b · x)`. `typical` is the median of the dry hours of the
same city, month, hour of the day and kind of day; x is a constant, how much warmer than the month's mean it
is (and that squared), whether it is wet, how hard it rains (log of 1 + mm), and wind. Fitted by iteratively
reweighted least squares (McCullagh and Nelder 1989, chapter 2.5).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
import streamlit as st

Floats = npt.NDArray[np.float64]

_KIND = ["city", "trip_month", "trip_hour", "is_off"]
#: Precipitation from which an hour is wet, as in `gold.mart_weather_effect`.
_WET_MM = 0.1
_MODEL = (
    "trips of an hour are Poisson around the median dry hour of the same city, month, hour and kind of "
    "day, times a factor for how much warmer than the month's mean it is (and its square), for wet or dry, "
    "for how hard it rains and for wind. Hours of the night in which hardly anybody rides are left out."
)
_VALID = (
    "within the sliders, which end where the observed weather of the month (rain and wind: of all chosen "
    "days) ends. It tells what went with weather, not what it causes."
)
#: Fewer observed hours of such weather are too few to rely on.
_FEW = 20
#: Days with weather that it takes, and in how many parts of whole weeks they are held out.
ENOUGH_DAYS, PARTS = 28, 12


class TooLittleDataError(ValueError):
    """There are too few days for a model; the message says how many there are and how many it takes."""


@dataclass(frozen=True)
class Weather:
    """The weather asked about, the same in every hour: °C, mm an hour, km/h."""

    temperature_c: float
    precipitation_mm: float
    wind_speed_kmh: float


@dataclass(frozen=True)
class Ranges:
    """Lowest and highest of what the model learnt from: °C (by month), mm, km/h; and the median wind."""

    temperature_c: dict[str, tuple[float, float]]
    precipitation_mm: tuple[float, float]
    wind_speed_kmh: tuple[float, float]
    usual_wind_kmh: float


@dataclass(frozen=True)
class Error:
    """How far daily trips are off in weeks that the model has not seen, in percent of what was ridden.

    Medians over days, all and those with 1 mm or more; `without` knows everything but the weather. Eight of
    ten days had between `low` and `high` times as many trips as predicted.
    """

    days: int
    with_weather: float
    without: float
    wet_days: int
    wet_with_weather: float | None
    wet_without: float | None
    low: float
    high: float


@dataclass(frozen=True)
class Model:
    """The fitted model: coefficients, mean °C by month, typical trips by kind of hour, ranges and error."""

    coefficients: Floats
    mean_c: dict[str, float]
    typical: pl.DataFrame
    ranges: Ranges
    error: Error

    def told(self, hours: pl.DataFrame, asked: Weather) -> str:
        """Say what the model is, how far it is off, and whether it has seen such weather."""
        off, seen = self.error, alike(hours, asked)
        wet = ""
        if off.wet_with_weather is not None and off.wet_without is not None:
            wet = (
                f" On the {off.wet_days} days with 1 mm or more: {off.wet_with_weather:.0f} %, "
                f"without weather {off.wet_without:.0f} %."
            )
        return (
            f"**Model:** {_MODEL}  \n"
            f"**Error:** in weeks it has not seen, half of {off.days} days (each city's) are off by less "
            f"than {off.with_weather:.0f} %; without weather by {off.without:.0f} %.{wet}  \n"
            f"**Valid** {_VALID} Like the weather asked for were **{seen:,} hours** (within 3 °C and 7 km/h, "
            f"as dry or wet){'' if seen >= _FEW else ': too few to rely on'}."
        )

    def day(self, month: str, weather: Weather, *, is_off: bool) -> pl.DataFrame:
        """Return a day of a month hour by hour: trip_hour, typical, trips (expected), low and high.

        `low` and `high` hold eight of ten days. Cities are added up.
        """
        asked = pl.DataFrame(
            {
                "temperature_c": [weather.temperature_c],
                "precipitation_mm": [weather.precipitation_mm],
                "wind_speed_kmh": [weather.wind_speed_kmh],
                "mean_c": [self.mean_c[month]],
            }
        )
        factor = float(np.exp(_features(asked) @ self.coefficients)[0])
        hours = self.typical.filter((pl.col("trip_month") == month) & (pl.col("is_off") == is_off))
        return (
            hours.group_by("trip_hour")
            .agg(pl.col("typical").sum())
            .sort("trip_hour")
            .with_columns(trips=(pl.col("typical") * factor).round(1))
            .with_columns(
                low=(pl.col("trips") * self.error.low).round(1),
                high=(pl.col("trips") * self.error.high).round(1),
            )
        )


@st.cache_data(max_entries=50, show_spinner="Fitting the model …")
def fitted(root: str, snapshot: str, chosen: dict[str, Any], _hours: pl.DataFrame) -> Model:
    """Return the model of a choice (`Filters.parameters`) of a snapshot, fitted once.

    Raises:
        TooLittleDataError: as `fit`.
    """
    return fit(_hours)


def fit(hours: pl.DataFrame) -> Model:
    """Fit the model to the hours of `serving.queries.weather.hours`.

    Raises:
        TooLittleDataError: there are fewer than `ENOUGH_DAYS` days whose hours can be compared.
    """
    whole = hours.filter("is_whole_day")["trip_date"].n_unique()
    if whole < ENOUGH_DAYS:
        raise TooLittleDataError(f"Chosen days with known weather: {whole}; it takes {ENOUGH_DAYS}")
    typical = _typical(hours)
    used = _joined(hours, typical)
    days = used.filter("is_whole_day")["trip_date"].n_unique()
    if days < ENOUGH_DAYS:
        raise TooLittleDataError(
            f"{days} days have weather and dry hours to compare with; it takes {ENOUGH_DAYS}"
        )
    by_month = used.group_by("trip_month").agg(
        low=pl.col("temperature_c").min(), high=pl.col("temperature_c").max()
    )
    ranges = Ranges(
        {month: (low, high) for month, low, high in by_month.sort("trip_month").iter_rows()},
        (0.0, float(used["precipitation_mm"].max() or 0)),  # type: ignore[arg-type]
        (float(used["wind_speed_kmh"].min()), float(used["wind_speed_kmh"].max())),  # type: ignore[arg-type]
        float(used["wind_speed_kmh"].median()),  # type: ignore[arg-type]
    )
    means = dict(used.group_by("trip_month").agg(pl.col("temperature_c").mean()).iter_rows())
    return Model(_coefficients(used), means, typical, ranges, _error(hours))


def alike(hours: pl.DataFrame, weather: Weather) -> int:
    """Return how many observed hours were like it: within 3 °C and 7 km/h, and as dry or wet."""
    wet = weather.precipitation_mm >= _WET_MM
    near = hours.filter(
        ((pl.col("temperature_c") - weather.temperature_c).abs() <= 3)
        & ((pl.col("wind_speed_kmh") - weather.wind_speed_kmh).abs() <= 7)
        & ((pl.col("precipitation_mm") >= _WET_MM) == wet)
    )
    # Two cities share their weather.
    return near.select("trip_date", "trip_hour").n_unique()


def _typical(hours: pl.DataFrame) -> pl.DataFrame:
    dry = hours.filter(pl.col("precipitation_mm") < _WET_MM)
    counted = dry.group_by(_KIND).agg(typical=pl.col("trips").median(), count=pl.len())
    return counted.filter((pl.col("count") >= 3) & (pl.col("typical") > 0)).drop("count")


def _joined(hours: pl.DataFrame, typical: pl.DataFrame) -> pl.DataFrame:
    """Return the hours that have typical trips, with these and the mean temperature of their month."""
    means = hours.group_by("trip_month").agg(mean_c=pl.col("temperature_c").mean())
    return hours.join(typical, on=_KIND).join(means, on="trip_month")


def _features(hours: pl.DataFrame) -> Floats:
    warmer = (hours["temperature_c"] - hours["mean_c"]).to_numpy() / 10
    rain = hours["precipitation_mm"].to_numpy()
    wind = hours["wind_speed_kmh"].to_numpy() / 10
    columns = [np.ones(len(warmer)), warmer, warmer**2, rain >= _WET_MM, np.log1p(rain), wind]
    return np.column_stack(columns).astype(np.float64)


def _coefficients(hours: pl.DataFrame) -> Floats:
    features, trips = _features(hours), hours["trips"].to_numpy().astype(np.float64)
    offset = np.log(hours["typical"].to_numpy())
    found = np.zeros(features.shape[1])
    # A little ridge: in a choice without a drop of rain two columns are all zero.
    ridge = 1e-6 * len(trips) * np.eye(features.shape[1])
    for _ in range(25):
        mean = np.exp(np.clip(features @ found + offset, -20, 20))
        target = features @ found + (trips - mean) / mean
        weighted = features * mean[:, None]
        step = np.linalg.solve(features.T @ weighted + ridge, weighted.T @ target) - found
        found += step
        if np.abs(step).max() < 1e-8:
            break
    return found


def _error(hours: pl.DataFrame) -> Error:
    """Predict weeks from the others, typical trips included, and compare days whose weather is known whole."""
    weeks = hours.with_columns(
        part=(pl.col("trip_date").dt.epoch("d") + 3) // 7 % PARTS,  # 1970-01-01 was a Thursday
    )
    held = [_predicted(weeks, part) for part in weeks["part"].unique().sort()]
    days = (
        pl.concat(held)
        .filter("is_whole_day")
        .group_by("city", "trip_date")
        .agg(pl.col("trips", "predicted", "flat", "precipitation_mm").sum())
        .filter(pl.col("trips") > 0)
        .with_columns(
            off=100 * (pl.col("predicted") / pl.col("trips") - 1).abs(),
            flat_off=100 * (pl.col("flat") / pl.col("trips") - 1).abs(),
            ratio=pl.col("trips") / pl.col("predicted"),
        )
    )
    wet = days.filter(pl.col("precipitation_mm") >= 1)
    return Error(
        days.height,
        _number(days["off"].median()) or 0.0,
        _number(days["flat_off"].median()) or 0.0,
        wet.height,
        _number(wet["off"].median()),
        _number(wet["flat_off"].median()),
        _number(days["ratio"].quantile(0.1)) or 1.0,
        _number(days["ratio"].quantile(0.9)) or 1.0,
    )


def _predicted(weeks: pl.DataFrame, part: int) -> pl.DataFrame:
    known = weeks.filter(pl.col("part") != part)
    typical = _typical(known)
    learnt = _joined(known, typical)
    means = known.group_by("trip_month").agg(mean_c=pl.col("temperature_c").mean())
    asked = weeks.filter(pl.col("part") == part).join(typical, on=_KIND).join(means, on="trip_month")
    if learnt.is_empty() or asked.is_empty():
        return asked.with_columns(predicted=pl.lit(0.0), flat=pl.lit(0.0)).clear()
    factor = np.exp(_features(asked) @ _coefficients(learnt))
    level = float(learnt["trips"].sum()) / float(learnt["typical"].sum())
    return asked.with_columns(predicted=pl.col("typical") * pl.Series(factor), flat=pl.col("typical") * level)


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) else None
