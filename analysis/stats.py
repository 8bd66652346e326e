"""Effects with intervals: how much more or less is ridden, in percent, and how sure one may be.

Trips are compared by their logarithms, because weather and holidays multiply demand: a wet Sunday in July
loses more trips than one in January, but much the same share.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import polars as pl

from analysis.percents import interval, is_wide, of_log, signed
from lake.words import many

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Floats = npt.NDArray[np.float64]

#: Days over which errors may hang together, as in a wet week; days that a model needs beside coefficients.
LAGS, SPARE = 7, 30


class TooLittleDataError(ValueError):
    """There are too few days to say anything: the message says how many there are and how many it takes."""


@dataclass(frozen=True)
class Effect:
    """A change of trips in percent with its 95 % interval, and how many observations it rests on."""

    name: str
    percent: float
    low: float
    high: float
    observations: int

    @property
    def is_clear(self) -> bool:
        """Whether the interval leaves zero out."""
        return self.low > 0 or self.high < 0

    @property
    def is_wide(self) -> bool:
        """Whether the interval says nothing of how much."""
        return is_wide(self.low, self.high)

    @property
    def told(self) -> str:
        """The effect as a finding, in a sentence that claims no more than the interval allows."""
        if not self.is_clear:
            holds = "This" if self.is_wide else "The interval holds zero: this"
            return f"{self}. {holds} data cannot tell the effect on trips from none."
        if self.is_wide:
            return f"{self}. More trips, but how many more this data cannot tell."
        return f"{self}. {'More' if self.percent > 0 else 'Fewer'} trips: the interval leaves zero out."

    def __str__(self) -> str:
        ends = interval(self.low, self.high)
        return f"{self.name}: {ends}" if self.is_wide else f"{self.name}: {signed(self.percent)} % ({ends})"


@dataclass(frozen=True)
class Factor:
    """What may move demand: a number or a truth of each day, and the change of it that an effect is about.

    The effect is that of `step` more of the column, in its unit; with `ratio`, that of so many times as much
    (0.9: a tenth less), for what counts in shares: a day on which it is not above zero is then left out.

    Raises:
        ValueError: a step of zero, or a ratio that is no change or not above zero.
    """

    name: str
    column: str
    step: float = 1.0
    ratio: float | None = None

    def __post_init__(self) -> None:
        if self.step == 0 or (self.ratio is not None and (self.ratio <= 0 or self.ratio == 1)):
            raise ValueError(f"{self.name}: a change is needed, not step={self.step}, ratio={self.ratio}")

    def known(self) -> pl.Expr:
        """Say of which days it is known."""
        column = pl.col(self.column).cast(pl.Float64)
        return column.is_finite() if self.ratio is None else column.is_finite() & (column > 0)

    def values(self, days: pl.DataFrame) -> Floats:
        """Return it by day, in steps, less their mean: a level that months have anyway."""
        plain = days[self.column].cast(pl.Float64).to_numpy()
        steps = plain / self.step if self.ratio is None else np.log(plain) / np.log(self.ratio)
        return np.asarray(steps - steps.mean())


@dataclass(frozen=True)
class DemandModel:
    """The effects of weather, and of what is asked for beside it, on a city's daily trips, within months.

    `autocorrelation` is that of neighbouring days' residuals: 0 if each day's surprise is new; the intervals
    allow for it over `LAGS` days. `naive` has the effects with the intervals that ignore it.
    """

    days: int
    left_out: int
    effects: list[Effect]
    naive: list[Effect]
    r_squared: float
    autocorrelation: float

    def effect(self, name: str) -> Effect:
        """Return one effect by name."""
        return next(effect for effect in self.effects if effect.name == name)


#: Rain that a wet day is told by, mm, and from how many on a day is wet, as `is_wet` of the marts.
USUAL_MM, WET_MM = 10.0, 1.0
TEMPERATURE, WET = "10 °C warmer", f"{USUAL_MM:.0f} mm of rain instead of a dry day"
HARDER, WINDIER = "twice as much rain on a wet day", "10 km/h windier"
#: What the weather of a day is to demand, wherever the project says so.
WEATHER = (
    Factor(TEMPERATURE, "temperature_mean_c", step=10),
    Factor(WET, "is_wet"),
    Factor(HARDER, "doublings"),
    Factor(WINDIER, "wind_speed_mean_kmh", step=10),
)


def usable(days: pl.DataFrame) -> pl.DataFrame:
    """Return the days of `frames.days` that have trips and known weather, with `doublings`.

    These are how often the usual rain of a wet day has to be doubled for the day's; 0 on dry days.
    """
    rain = pl.col("precipitation_mm")
    doublings = pl.when(rain >= WET_MM).then((rain / USUAL_MM).log(2)).when(rain < WET_MM).then(0.0)
    known = days.with_columns(doublings=doublings)
    return known.filter(pl.col("trips") > 0, *(factor.known() for factor in WEATHER))


def varying(days: pl.DataFrame) -> list[Factor]:
    """Return the factors of `WEATHER` that days of `usable` tell anything about: there was rain, say."""
    bare = _untold(columns_of(WEATHER, days), calendar(days))
    return [factor for place, factor in enumerate(WEATHER) if place not in bare]


def log_effects(days: pl.DataFrame, factors: Sequence[Factor]) -> Floats:
    """Return the effects of factors on days of `usable`, as `demand_model` has them, as logarithms."""
    columns = np.hstack([columns_of(factors, days), calendar(days)])
    found, *_ = np.linalg.lstsq(columns, np.log(days["trips"].to_numpy()))
    return np.asarray(found[: len(factors)])


def calendar(days: pl.DataFrame) -> Floats:
    """Return a column per month, per day of week but the first there is, and for holidays if any."""
    months = sorted(days["trip_month"].unique())
    columns = [(days["trip_month"] == month).to_numpy() for month in months]
    columns += [(days["day_of_week"] == day).to_numpy() for day in days["day_of_week"].unique().sort()[1:]]
    if days["is_holiday"].any():
        columns.append(days["is_holiday"].to_numpy())
    return np.column_stack(columns).astype(np.float64)


def columns_of(factors: Sequence[Factor], days: pl.DataFrame) -> Floats:
    """Return a column per factor, in steps, less its mean."""
    return np.column_stack([factor.values(days) for factor in factors]).astype(np.float64)


def demand_model(days: pl.DataFrame, factors: Sequence[Factor] = ()) -> DemandModel:
    """Regress the logarithm of daily trips on weather and `factors`, with levels for the calendar.

    The calendar is a level per month, one per weekday, and one for holidays. Of `WEATHER` there is what varies.

    `days` is a frame of `frames.days`, with the factors' columns joined to it. An effect is what comes with
    the factor on days of the same month and weekday and with the same weather. The months' levels take the
    season away: what is left is whether a warm day of a month differs from a cold one of the same month.

    Intervals are by Newey and West (1987) with `LAGS` lags, within stretches of neighbouring days, and
    Student's t; where they come out narrower than those that take days for independent, the wider are taken,
    because robust errors of few days are biased downward (Angrist and Pischke 2009, chapter 8).

    Raises:
        TooLittleDataError: fewer than `SPARE` usable days more than coefficients, or a factor that does not vary
            within months, so that it cannot be told from their levels, or only together with another.
    """
    from statsmodels.regression.linear_model import OLS

    used = usable(days).filter(pl.lit(True), *(factor.known() for factor in factors)).sort("trip_date")
    wanted = ", ".join(["trips and weather", *(factor.column for factor in factors)])
    if used.is_empty():
        raise TooLittleDataError(f"0 days with {wanted}")
    levels = calendar(used)
    needed = levels.shape[1] + len(WEATHER) + len(factors) + SPARE
    if used.height < needed:
        raise TooLittleDataError(f"{many(used.height, 'day')} with {wanted}; it takes {needed}")
    asked = [*varying(used), *factors]
    if not asked:
        raise TooLittleDataError(f"{many(used.height, 'day')} whose weather their calendar tells already")
    columns = columns_of(asked, used)
    if bare := _untold(columns, levels):
        told = ", ".join(asked[place].name for place in bare)
        raise TooLittleDataError(f"{many(used.height, 'day')} whose calendar or factors tell already: {told}")
    model = OLS(np.log(used["trips"].to_numpy()), np.hstack([columns, levels]))
    # Anew: a day that was left out parts its neighbours. Then lags are days.
    stretches = (used["trip_date"].diff() != timedelta(days=1)).fill_null(value=True).cum_sum().to_numpy()
    naive = model.fit(use_t=True)
    # Degrees of freedom stay those of the days: stretches keep pairs apart, they are not clusters.
    lags = min(LAGS, int(np.bincount(stretches).max()) - 1)
    settings = {"groups": stretches, "maxlags": lags, "use_correction": "hac", "df_correction": False}
    robust = model.fit(cov_type="hac-panel", cov_kwds=settings, use_t=True) if lags else naive
    names = [factor.name for factor in asked]
    plain = _effects(naive, names, used.height)
    return DemandModel(
        days=used.height,
        left_out=days.height - used.height,
        effects=[
            max(pair, key=lambda effect: effect.high - effect.low)
            for pair in zip(_effects(robust, names, used.height), plain, strict=True)
        ],
        naive=plain,
        r_squared=float(naive.rsquared),
        autocorrelation=autocorrelation(naive.resid, stretches),
    )


def _untold(columns: Floats, levels: Floats) -> list[int]:
    """Return the columns, less their means, that calendar and the columns before them tell already."""
    known, bare = levels, []
    for place, column in enumerate(columns.T):
        coefficients, *_ = np.linalg.lstsq(known, column, rcond=None)
        left = column - known @ coefficients
        size = np.linalg.norm(left)
        if size <= 1e-8 * np.linalg.norm(column):
            bare.append(place)
        else:
            known = np.column_stack([known, left / size])
    return bare


def _effects(fitted: Any, names: Sequence[str], observations: int) -> list[Effect]:
    intervals = fitted.conf_int(alpha=0.05)
    found = zip(names, fitted.params, intervals, strict=False)  # factors come before levels
    return [Effect(one, of_log(log), of_log(low), of_log(up), observations) for one, log, (low, up) in found]


def autocorrelation(residuals: Floats, stretches: Sequence[int] | npt.NDArray[Any]) -> float:
    """Return the correlation of each residual with the next one's of the same stretch, from -1 to 1.

    It is not a number where there are not three such pairs.
    """
    same = np.diff(np.asarray(stretches)) == 0
    if same.sum() < 3:
        return float("nan")
    return float(np.corrcoef(residuals[:-1][same], residuals[1:][same])[0, 1])


def mean_ratio(name: str, trips: pl.Series, comparable: pl.Series) -> Effect:
    """Return the mean change from comparable trips, in percent, with Student's t interval over the pairs.

    The mean is the geometric one: half as many and twice as many cancel out. So both sides of a pair must be
    means of one kind; a single day beside an arithmetic mean would look like fewer trips by itself.

    Raises:
        TooLittleDataError: fewer than two pairs.
    """
    logs = np.log(trips.to_numpy() / comparable.to_numpy())
    if len(logs) < 2:
        raise TooLittleDataError(f"{name}: {many(len(logs), 'pair')}; an interval takes two")
    return _effect(name, logs.mean(), logs.std(ddof=1) / np.sqrt(len(logs)), len(logs))


def ratio_of_sums(name: str, trips: pl.Series, expected: pl.Series) -> Effect:
    """Return how many percent all trips are off what was expected, with an interval over the days.

    Both have one value a day, for what hours of a day have in common counts once. By the delta method
    (Cochran 1977, chapter 6) on the logarithm; that what is expected is itself learnt is not in the interval.

    Raises:
        TooLittleDataError: fewer than two days, or nothing ridden or expected.
    """
    count = len(trips)
    if count < 2 or trips.sum() <= 0 or expected.sum() <= 0:
        why = "an interval takes two days" if count < 2 else "of none there is no share"
        told = f"{many(count, 'day')}, {many(round(trips.sum()), 'trip')}; {why}"
        raise TooLittleDataError(f"{name}: {told}")
    ratio = float(trips.sum()) / float(expected.sum())
    off = (trips - ratio * expected).to_numpy() / float(trips.sum())
    return _effect(name, float(np.log(ratio)), float(np.sqrt(count / (count - 1) * (off @ off))), count)


def _effect(name: str, mean: float, error: float, count: int) -> Effect:
    """Return an effect from a mean of logarithms and its standard error, over `count` observations."""
    from scipy.special import stdtrit  # `scipy.stats` would take a page a second to import

    margin = stdtrit(count - 1, 0.975) * error
    return Effect(name, of_log(mean), of_log(mean - margin), of_log(mean + margin), count)


@dataclass(frozen=True)
class DayApart:
    """A day beside comparable ones. `comparable` is their geometric mean, trips; `effect` that of the day."""

    day: date
    trips: int
    comparable: float
    effect: Effect


def of_mart(impact: pl.DataFrame) -> list[DayApart]:
    """Return the holidays of `frames.holidays`, as the mart compares them, that had a trip."""
    return [
        DayApart(
            row["holiday_date"],
            row["trips"],
            row["comparable_mean"],
            Effect(
                str(row["holiday_date"]),
                row["difference_pct"],
                100 * row["interval_low"] / row["comparable_mean"],
                100 * row["interval_high"] / row["comparable_mean"],
                row["comparable_days"],
            ),
        )
        for row in impact.filter(pl.col("trips") > 0).iter_rows(named=True)
    ]


def apart(days: pl.DataFrame, chosen: Iterable[date]) -> list[DayApart]:
    """Compare each of the chosen days with the same weekday up to 28 days before and after.

    It is the comparison of `gold.mart_holiday_impact`, for days that are no holiday. `days` is a frame of `frames.days`.
    Neither holidays nor days without a trip are comparable; a chosen day with fewer than two comparable ones, or without a
    trip, is left out. The interval is Student's t for a single day, on logarithms: it never falls below -100 %.
    """
    ordinary = days.filter(~pl.col("is_holiday") & (pl.col("trips") > 0))
    known = dict(days.select("trip_date", "trips").iter_rows())
    found = []
    for day in chosen:
        near = [day + timedelta(weeks=weeks) for weeks in range(-4, 5) if weeks]
        logs = np.log(ordinary.filter(pl.col("trip_date").is_in(near))["trips"].to_numpy())
        if len(logs) < 2 or not known.get(day):
            continue
        mean, error = logs.mean(), logs.std(ddof=1) * np.sqrt(1 + 1 / len(logs))
        effect = _effect(str(day), np.log(known[day]) - mean, error, len(logs))
        found.append(DayApart(day, known[day], float(np.exp(mean)), effect))
    return found
