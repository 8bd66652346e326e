"""How far predictions of weeks that a model has not seen are off.

Notebooks and the dashboard's what-if hold the same days out together (`part`) and measure alike (`off`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from analysis.stats import WEATHER, Floats, TooLittleDataError, calendar, columns_of, usable
from lake.words import many

#: In how many parts of whole weeks days are held out.
PARTS = 12
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


def part() -> pl.Expr:
    """Return in which of `PARTS` parts a day of `trip_date` is held out: weeks from Monday to Sunday in turn.

    So the weeks of a month are in different parts, and its level can be told from those that are left.
    """
    # 1970-01-01 was a Thursday.
    return (pl.col("trip_date").dt.epoch("d") + 3) // 7 % PARTS


def off(predicted: str) -> pl.Expr:
    """Return by how many percent of `trips` a prediction is off, up or down; null where nobody rode."""
    return pl.when(pl.col("trips") > 0).then(100 * (pl.col(predicted) / pl.col("trips") - 1).abs())


def held_out_weeks(days: pl.DataFrame) -> HeldOut:
    """Leave out weeks, part by part, and predict their days from the others, with weather and without.

    A day is predicted only if its month has a week's worth of other days.

    Raises:
        TooLittleDataError: no week can be predicted.
    """
    if (used := usable(days).with_columns(part=part())).is_empty():
        raise TooLittleDataError("0 days with trips and weather: no week can be held out")
    logs, levels, weather = np.log(used["trips"].to_numpy()), calendar(used), columns_of(WEATHER, used)
    months, parts = used["trip_month"].to_numpy(), used["part"].to_numpy()
    found = []
    for one in np.unique(parts):
        held = parts == one
        asked = held & [np.sum((months == month) & ~held) >= _ENOUGH for month in months]
        if asked.any():
            predicted = {
                name: np.exp(_predicted(logs, columns, ~held, asked))
                for name, columns in (("plain", levels), ("informed", np.hstack([levels, weather])))
            }
            found.append(used.filter(asked).select("trip_date", "trips").with_columns(**predicted))
    if not found:
        raise TooLittleDataError(
            f"{many(used.height, 'day')} with trips and weather: too few to hold weeks out"
        )
    unseen = pl.concat(found)
    apart = {name: (pl.col(name) / pl.col("trips")).log().abs().mean() for name in ("plain", "informed")}
    weeks = unseen.group_by(pl.col("trip_date").dt.truncate("1w")).agg(**apart)
    without, informed = (unseen.select(off(name).median()).item() for name in apart)
    return HeldOut(
        weeks=weeks.height,
        days=unseen.height,
        error_without=without,
        error_with=informed,
        nearer=weeks.filter(pl.col("informed") < pl.col("plain")).height,
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


def _predicted(
    logs: Floats, columns: Floats, known: npt.NDArray[np.bool_], asked: npt.NDArray[np.bool_]
) -> Floats:
    """Fit on the known days and return the asked ones' expected logarithm of trips."""
    coefficients, *_ = np.linalg.lstsq(columns[known], logs[known], rcond=None)
    return np.asarray(columns[asked] @ coefficients)
