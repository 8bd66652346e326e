"""How far predictions of weeks that a model has not seen are off."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from analysis.stats import WEATHER, Floats, TooLittleDataError, calendar, columns_of, usable

#: Days that a month needs besides those held out, so that its level can be told without them.
_ENOUGH = 7


@dataclass(frozen=True)
class HeldOut:
    """How far predictions of weeks that the model has not seen are off, with weather and without.

    Errors are medians of the days' |predicted - true| / true, in percent: half of the days are nearer than
    that. A mean would be that of a few days of snow, with hardly a trip to divide by. `nearer` counts the
    weeks in which the model with weather was nearer, by the mean of its days' |log(predicted / true)|.
    """

    weeks: int
    days: int
    error_without: float
    error_with: float
    nearer: int

    @property
    def helps(self) -> bool:
        """Whether knowing the weather helps: smaller errors, and nearer in more weeks than a coin would be.

        By a sign test over the weeks, at five percent.
        """
        from scipy.stats import binomtest

        by_chance = binomtest(self.nearer, self.weeks, 0.5, alternative="greater").pvalue
        return bool(self.error_with < self.error_without and by_chance < 0.05)


def held_out_weeks(days: pl.DataFrame) -> HeldOut:
    """Leave out each week in turn, predict its days from the others, with weather and without.

    Weeks run from Monday to Sunday. A day is predicted only if its month has a week's worth of other days.

    Raises:
        TooLittleDataError: no week can be predicted.
    """
    if (used := usable(days).with_columns(week=pl.col("trip_date").dt.truncate("1w"))).is_empty():
        raise TooLittleDataError("0 days with trips and weather: no week can be held out")
    logs, levels, weather = np.log(used["trips"].to_numpy()), calendar(used), columns_of(WEATHER, used)
    months, weeks = used["trip_month"].to_numpy(), used["week"].to_numpy()
    off: list[tuple[Floats, Floats]] = []
    for week in np.unique(weeks):
        held = weeks == week
        known = np.array([np.sum((months == month) & ~held) >= _ENOUGH for month in months])
        asked = held & known
        if asked.any():
            with_weather = np.hstack([levels, weather])
            off.append((_off(logs, levels, ~held, asked), _off(logs, with_weather, ~held, asked)))
    if not off:
        raise TooLittleDataError(f"{used.height} days with trips and weather are too few to hold weeks out")
    without, informed = (np.concatenate(errors) for errors in zip(*off, strict=True))
    return HeldOut(
        weeks=len(off),
        days=len(without),
        error_without=_median_error(without),
        error_with=_median_error(informed),
        nearer=sum(bool(np.abs(weather).mean() < np.abs(plain).mean()) for plain, weather in off),
    )


def eight_of_ten(ratios: Floats) -> tuple[float, float] | None:
    """Return the ends between which another of this kind lies eight times of ten, whatever their distribution.

    These are the order statistics of split conformal prediction (Vovk, Gammerman and Shafer 2005); None for
    fewer than nine.
    """
    count = len(ratios)
    if count < 9:
        return None
    ordered = np.sort(ratios)
    low, high = int(np.floor(0.1 * (count + 1))), int(np.ceil(0.9 * (count + 1)))
    return float(ordered[low - 1]), float(ordered[high - 1])


def _off(logs: Floats, columns: Floats, known: npt.NDArray[np.bool_], asked: npt.NDArray[np.bool_]) -> Floats:
    """Fit on the known days and return log(predicted / true) of the asked ones."""
    coefficients, *_ = np.linalg.lstsq(columns[known], logs[known], rcond=None)
    return np.asarray(columns[asked] @ coefficients - logs[asked])


def _median_error(log_ratios: Floats) -> float:
    return float(100 * np.median(np.abs(np.expm1(log_ratios))))
