"""Days of known effects, to see whether the statistics find them."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import polars as pl

#: The truth: 30 % of the logarithm a 10 °C, and 15 % less of it when wet.
WARMER, WET = 100 * np.expm1(0.30), 100 * np.expm1(-0.15)


def simulated(
    seed: int, *, count: int = 181, autocorrelation: float = 0.4, noise: float = 0.1
) -> pl.DataFrame:
    """Return days as `frames.days` does, whose residuals and temperatures hang together from day to day."""
    dice = np.random.default_rng(seed)
    days = [date(2020, 11, 1) + timedelta(days=number) for number in range(count)]
    temperature, residual = np.zeros(count), np.zeros(count)
    for number in range(1, count):
        temperature[number] = 0.7 * temperature[number - 1] + 3 * dice.normal()
        residual[number] = autocorrelation * residual[number - 1] + noise * dice.normal()
    wet = dice.random(count) < 0.3
    trips = np.exp(7 + 0.30 * temperature / 10 - 0.15 * wet + residual)
    # Neither moves trips; drawn after all else, which stays what it was.
    rain, wind = dice.uniform(1, 30, count), dice.uniform(3, 30, count)
    return pl.DataFrame(
        {
            "trip_date": days,
            "trip_month": [f"{day:%Y-%m}" for day in days],
            "day_of_week": [day.isoweekday() for day in days],
            "is_holiday": [False] * count,
            "trips": np.round(trips).astype(int),
            "temperature_mean_c": temperature,
            "precipitation_mm": np.where(wet, rain, 0.0),
            "wind_speed_mean_kmh": wind,
            "is_wet": wet,
            "stretch": [0] * count,
        }
    )
