"""How one measure goes with another, hour by hour at many places, and what share of the time something lasted.

Rows of one day hang together (rain falls on all stations), and so do those of one place. A million hours of a month are
thirty days: an interval that takes each hour for a new one would be far too narrow. So days and places are
what varies here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from analysis.stats import Floats, TooLittleDataError, ratio_of_sums
from lake.words import many

if TYPE_CHECKING:
    import numpy.typing as npt

#: So many days and places it takes: of fewer the intervals do not hold the truth as often as they say.
DAYS, PLACES = 4, 4


@dataclass(frozen=True)
class Slope:
    """How much of `y` comes with one more of `x` at the same place, in their units, with its 95 % interval."""

    value: float
    low: float
    high: float
    rows: int
    days: int
    places: int

    @property
    def is_clear(self) -> bool:
        """Whether the interval leaves zero out."""
        return self.low > 0 or self.high < 0

    @property
    def over(self) -> str:
        """What it rests on."""
        return f"{many(self.rows, 'hour')} of {many(self.places, 'station')} on {many(self.days, 'day')}"


def cells(rows: pl.DataFrame) -> pl.DataFrame:
    """Add up rows of `place`, `day`, `x` and `y` by place and day, as `slope` takes them.

    Columns: place, day, rows, and the sums x, y, xx and xy.
    """
    return rows.group_by("place", "day").agg(
        pl.len().alias("rows"),
        pl.col("x", "y").cast(pl.Float64).sum(),
        xx=(pl.col("x").cast(pl.Float64) ** 2).sum(),
        xy=(pl.col("x").cast(pl.Float64) * pl.col("y")).sum(),
    )


def slope(sums: pl.DataFrame) -> Slope:
    """Return the slope of `y` on `x` within places, by least squares, from sums of `cells`.

    Each place has a level of its own, so that what places are is not taken for what `x` does.
    The variance is that of two ways (Cameron, Gelbach and Miller 2011): days and places each by the jackknife, which
    leaves out one at a time and fits anew (MacKinnon, Nielsen and Webb 2023), less what is in both; the
    interval is Student's t with one degree of freedom less than there are days or places, whichever are fewer.

    Raises:
        TooLittleDataError: fewer than `DAYS` days or `PLACES` places with two values of `x`, or all that varies is on one
            of them.
    """
    # A place that has one value of x tells nothing of what x does.
    told = sums.filter(_within("xx", "x", "x") > 1e-9 * pl.col("xx").sum().over("place"))
    days, places = told["day"].n_unique(), told["place"].n_unique()
    if days < DAYS or places < PLACES:
        raise TooLittleDataError(
            f"what it may depend on varies on {many(days, 'day')} at {many(places, 'station')}; it takes {DAYS} and {PLACES}"
        )
    rows, x, y, xx, xy = _grids(told, ("rows", "x", "y", "xx", "xy"))
    # By place, as all days give it and as they do but one.
    whole = [one.sum(axis=1, keepdims=True) for one in (rows, x, y, xx, xy)]
    every_xx, every_xy = _products(*whole)
    less_xx, less_xy = _products(*(one - part for one, part in zip(whole, (rows, x, y, xx, xy), strict=True)))
    total_xx, total_xy = every_xx.sum(), every_xy.sum()
    value = float(total_xy / total_xx)
    without = [
        (less_xy.sum(axis=0), less_xx.sum(axis=0)),
        ((total_xy - every_xy).ravel(), (total_xx - every_xx).ravel()),
    ]
    if any((of_x <= 1e-9 * total_xx).any() for _, of_x in without):
        raise TooLittleDataError("all that varies is of one day or one station")
    by_day, by_place = (_jackknife(of_xy / of_x - value) for of_xy, of_x in without)
    # What a place's day adds to the slope: of both ways at once.
    mean_x, mean_y = whole[1] / whole[0], whole[2] / whole[0]
    score = (xy - mean_x * y - mean_y * x + rows * mean_x * mean_y) - value * (
        xx - 2 * mean_x * x + rows * mean_x**2
    )
    in_both = float((score**2).sum()) / float(total_xx) ** 2
    variance = max(by_day + by_place - in_both, by_day, by_place)
    from scipy.special import stdtrit  # `scipy.stats` would take a page a second to import

    margin = float(stdtrit(min(days, places) - 1, 0.975)) * float(np.sqrt(variance))
    return Slope(value, value - margin, value + margin, int(rows.sum()), days, places)


def _within(products: str, one: str, other: str) -> pl.Expr:
    """Return a sum of products about the means of a place."""
    of = {name: pl.col(name).sum().over("place") for name in (products, one, other, "rows")}
    return of[products] - of[one] * of[other] / of["rows"]


def _grids(sums: pl.DataFrame, columns: Sequence[str]) -> list[Floats]:
    """Return columns by place and day, zero where a place has no such day."""
    shape = sums["place"].n_unique(), sums["day"].n_unique()
    at = tuple((sums[name].rank("dense") - 1).to_numpy() for name in ("place", "day"))
    grids = [np.zeros(shape) for _ in columns]
    for grid, column in zip(grids, columns, strict=True):
        grid[at] = sums[column].to_numpy()
    return grids


def _products(rows: Floats, x: Floats, y: Floats, xx: Floats, xy: Floats) -> tuple[Floats, Floats]:
    """Return sums of squares and of products about the means of places; zero where there is no row."""
    many: npt.NDArray[np.bool_] = rows > 0
    per = np.divide(1.0, rows, where=many, out=np.zeros_like(rows))
    return np.where(many, xx - x * x * per, 0.0), np.where(many, xy - x * y * per, 0.0)


def _jackknife(off: Floats) -> float:
    """Return the variance of an estimate from how far off it is without each of its parts."""
    return float((len(off) - 1) / len(off) * (off @ off))


def emptied(slope: Slope) -> str:
    """Say whether stations are empty for longer after bikes left, in minutes of the next hour for each bike."""
    minutes, low, high = (f"{abs(one):.2f}" for one in (slope.value, slope.low, slope.high))
    if not slope.is_clear:
        return (
            "This data does not tell whether a station is without a bike for longer after more bikes left than came: "
            f"{slope.value:+z.2f} minutes of the next hour for each, 95 % interval {slope.low:+z.2f} to {slope.high:+z.2f}, "
            f"over {slope.over}."
        )
    ends = f"{low} to {high}" if slope.value > 0 else f"{high} to {low}"
    return (
        f"After an hour in which one bike more left than came, a station is without a bike for {minutes} minutes "
        f"{'longer' if slope.value > 0 else 'less'} of the next hour ({ends}, 95 % interval), over {slope.over}."
    )


@dataclass(frozen=True)
class Share:
    """What part of the time something lasted, in percent, with its 95 % interval over days."""

    percent: float
    low: float
    high: float
    days: int

    def __str__(self) -> str:
        return f"{self.percent:.1f} % of the time (95 % interval {self.low:.1f} to {self.high:.1f})"


def share(name: str, part: pl.Series, whole: pl.Series) -> Share:
    """Return what part of the minutes of `whole` those of `part` are; both have one value a day.

    The interval is that of `ratio_of_sums`: days vary, and a day that was watched for longer counts for more.

    Raises:
        TooLittleDataError: fewer than two days, or none of the time at all; `name` says of what.
    """
    days = many(len(part), "day")
    if len(part) < 2:
        raise TooLittleDataError(f"{name}: seen on {days}; an interval takes two")
    if not whole.sum() > 0:
        raise TooLittleDataError(f"{name}: seen on {days}, and nothing was in service")
    if not part.sum() > 0:
        raise TooLittleDataError(f"{name}: never in {days}; of what never was there is no interval")
    found = ratio_of_sums(name, part, whole)
    percent, low, high = (100 + one for one in (found.percent, found.low, found.high))
    return Share(percent, low, min(high, 100.0), found.observations)
