"""The last chosen days beside the same weekdays a week and a year before, as they were and in the same weather.

The same weather: what the days before would have had in that of the chosen days, by the effects of temperature, rain
and wind on a day's trips that `analysis.stats.demand_model` has, learnt within months from all days of the lake.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np
import polars as pl

from analysis import stats
from lake.words import many
from serving.filters import Filters, Held, period
from serving.queries.shared import lacks, weather_days
from serving.reader import Reader

#: So many days at most, and so many before: whole weeks, so that weekdays are the same.
_DAYS = 7
BEFORE = {"a week before": 7, "a year before": 364}
#: Of fewer pairs nobody knows how much they differ as a rule.
_PAIRS = 10


@dataclass(frozen=True)
class Weeks:
    """The comparison: `told` in sentences, one a line, and `frame` to draw, the chosen days last.

    Columns of `frame`: period, first, last, trips, alike (trips in the weather of the chosen days).
    """

    told: list[str]
    frame: pl.DataFrame


@dataclass(frozen=True)
class _Days:
    """Days with trips and known weather, and the logarithm of what it did to them."""

    trips: dict[date, int]
    weather: dict[date, float]
    holidays: frozenset[date]

    def here(self, days: Sequence[date], lag: int) -> bool:
        """Say whether all of these days, and those `lag` days before, are known."""
        return all(one in self.trips and one - timedelta(lag) in self.trips for one in days)

    def before(self, days: Sequence[date], lag: int) -> tuple[int, float]:
        """Return the trips `lag` days before, as they were and in the weather of these days."""
        then = [one - timedelta(lag) for one in days]
        alike = (
            self.trips[old] * np.exp(self.weather[new] - self.weather[old])
            for new, old in zip(days, then, strict=True)
        )
        return sum(self.trips[one] for one in then), float(sum(alike))

    def usual(self, number: int, lag: int) -> tuple[float, int] | None:
        """Return what eight of ten pairs of so many days differ by at most, in percent, and how many pairs these are."""
        off = []
        for end in self.trips:
            days = [end - timedelta(one) for one in range(number)]
            if self.here(days, lag):
                off.append(abs(np.log(sum(self.trips[one] for one in days) / self.before(days, lag)[1])))
        return (float(100 * np.expm1(np.quantile(off, 0.8))), len(off)) if len(off) >= _PAIRS else None


def weeks(reader: Reader, chosen: Filters, held: Held) -> Weeks:
    """Compare the last chosen days, seven at most, with those a week and a year before.

    Raises:
        TooLittleDataError: the lake's days are too few to tell what weather does.
    """
    every = weather_days(reader, replace(chosen, first=held.first, last=held.last))
    used = stats.usable(every)
    # As many as `demand_model` needs. That is not asked itself, for its intervals would take the first page a second
    # to import.
    levels = stats.calendar(used).shape[1] + len(stats.WEATHER) if used.height else 0
    needed = levels + stats.SPARE
    if used.height < needed:
        raise stats.TooLittleDataError(
            f"{many(used.height, 'day')} with trips and known weather; it takes {needed}"
        )
    factors = stats.varying(used)
    logs = stats.columns_of(factors, used) @ stats.log_effects(used, factors)
    days = _Days(
        dict(used.select("trip_date", "trips").rows()),
        dict(zip(used["trip_date"], logs.tolist(), strict=True)),
        frozenset(used.filter("is_holiday")["trip_date"]),
    )
    late = replace(chosen, first=max(chosen.first, chosen.last - timedelta(_DAYS - 1)))
    asked = [late.first + timedelta(one) for one in range(late.days)]
    if not days.here(asked, 0):
        raise stats.TooLittleDataError(f"{period(late.first, late.last)}: {_why(reader, late)}")
    now = sum(days.trips[one] for one in asked)
    told = [f"**{period(late.first, late.last)}**: {many(now, 'trip')}."]
    rows = [("chosen", late.first, late.last, now, float(now))]
    for name, lag in BEFORE.items():
        then = replace(late, first=late.first - timedelta(lag), last=late.last - timedelta(lag))
        what = f"{name.capitalize()} ({period(then.first, then.last)})"
        if not days.here(asked, lag):
            gone = then.first < held.first
            why = f"the lake begins on {period(held.first, held.first)}" if gone else _why(reader, then)
            told.append(f"{what}: not compared, for {why}.")
            continue
        trips, alike = days.before(asked, lag)
        usual = days.usual(late.days, lag)
        told.append(
            f"{what}: {100 * (now / trips - 1):+z.1f} %, in the same weather **{100 * (now / alike - 1):+z.1f} %**"
            + (
                f"; of {usual[1]:,} such pairs eight in ten differ by less than {usual[0]:.0f} %."
                if usual
                else "."
            )
        )
        free, was = (any(one - timedelta(back) in days.holidays for one in asked) for back in (0, lag))
        if free != was:
            there, other = ("the chosen days", "these") if free else ("these days", "the chosen")
            told[-1] += f" A holiday is among {there} and none among {other}."
        rows.append((name, then.first, then.last, trips, round(alike, 1)))
    columns = ["period", "first", "last", "trips", "alike"]
    return Weeks(told, pl.DataFrame(rows[::-1], schema=columns, orient="row"))


def _why(reader: Reader, chosen: Filters) -> str:
    return lacks(reader, chosen) or "nobody rode on one of these days, or its weather is not known"
