"""What if the weather of a day were different: the notebooks' model of daily trips, and how far it is off.

A day has as many trips as a usual dry day of its month and kind, times the effects of weather that
`analysis.stats.demand_model` finds, which notebooks report too. A usual dry day is the sum of its hours' medians, scaled
to the level of the days. Its hours keep their shares.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from operator import add
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
import streamlit as st

from analysis import held_out, stats
from lake.words import many

#: Precipitation from which an hour is wet, mm, as in `gold.mart_weather_effect`.
_WET_HOUR_MM = 0.1
_KIND = ["trip_month", "is_off"]
#: Fewer days alike are too few to rely on.
_FEW = 5


@dataclass(frozen=True)
class Weather:
    """The weather of the day asked about: mean °C, mm in all, mean km/h."""

    temperature_c: float
    precipitation_mm: float
    wind_speed_kmh: float


@dataclass(frozen=True)
class Ranges:
    """Lowest and highest day that the model learnt from: °C and km/h (by month), mm (of all)."""

    temperature_c: dict[str, tuple[float, float]]
    precipitation_mm: tuple[float, float]
    wind_speed_kmh: dict[str, tuple[float, float]]


@dataclass(frozen=True)
class _Learnt:
    """What days and hours teach: effects as logarithms, what is usual by month, and the usual dry day."""

    effects: dict[str, float]
    usual: pl.DataFrame
    hours: pl.DataFrame
    days: pl.DataFrame

    def log_effect(self) -> pl.Expr:
        """Return what the weather of a day, beside what is usual in its month, does to its trips."""
        rain = pl.col("precipitation_mm")
        steps = {
            stats.TEMPERATURE: (pl.col("temperature_mean_c") - pl.col("usual_c")) / 10,
            stats.WET: (rain >= stats.WET_MM).cast(pl.Float64),
            stats.HARDER: pl.when(rain >= stats.WET_MM).then((rain / stats.USUAL_MM).log(2)).otherwise(0.0),
            stats.WINDIER: (pl.col("wind_speed_mean_kmh") - pl.col("usual_kmh")) / 10,
        }
        return reduce(add, (steps[name] * effect for name, effect in self.effects.items()), pl.lit(0.0))

    def predicted(self, days: pl.DataFrame) -> pl.DataFrame:
        """Return days with `factor` (of the weather), `predicted` and `flat`, which does without weather."""
        known = days.join(self.usual, on="trip_month").join(self.days, on=_KIND)
        return known.with_columns(factor=self.log_effect().exp()).with_columns(
            predicted=pl.col("usual_trips") * pl.col("factor")
        )


@dataclass(frozen=True)
class Model:
    """The fitted model: its effects with intervals, ranges, bands and errors.

    `bands` has `low` and `high` (times the trips expected) by `is_wet` and `trip_hour` (null for the day as a whole), which
    hold eight of ten days or hours of weeks not seen. `errors` has by `of` (dry days, …) the `number` held out, the
    median `off` with weather and `without`, in percent, and the share `inside` (percent) of a band learnt from
    other weeks.
    """

    effects: list[stats.Effect]
    ranges: Ranges
    bands: pl.DataFrame
    errors: pl.DataFrame
    learnt: _Learnt

    def usual(self, month: str) -> Weather:
        """Return the usual weather of a month: mean temperature and wind, and no rain."""
        row = self.learnt.usual.row(by_predicate=pl.col("trip_month") == month, named=True)
        return Weather(row["usual_c"], 0.0, row["usual_kmh"])

    def day(self, month: str, weather: Weather, *, is_off: bool) -> pl.DataFrame:
        """Return a day of a month hour by hour: trip_hour, usual, trips (expected), low and high.

        The row without a trip_hour is the day as a whole. `low` and `high` are null where there are too few such
        days to tell.
        """
        asked = pl.DataFrame(
            {
                "trip_month": [month],
                "is_off": [is_off],
                "temperature_mean_c": [weather.temperature_c],
                "precipitation_mm": [weather.precipitation_mm],
                "wind_speed_mean_kmh": [weather.wind_speed_kmh],
            }
        )
        expected = self.learnt.predicted(asked)
        hours = expected.join(self.learnt.hours, on=_KIND).select(
            "trip_hour", usual=pl.col("usual_hour"), trips=pl.col("usual_hour") * pl.col("factor")
        )
        whole = expected.select(trip_hour=None, usual=pl.col("usual_trips"), trips=pl.col("predicted"))
        band = self.bands.filter(is_wet=weather.precipitation_mm >= stats.WET_MM)
        return (
            pl.concat([hours, whole], how="vertical_relaxed")
            .join(band, on="trip_hour", how="left", nulls_equal=True)
            .select(
                "trip_hour",
                pl.col("usual").round(1),
                pl.col("trips").round(1),
                low=(pl.col("trips") * pl.col("low")).round(1),
                high=(pl.col("trips") * pl.col("high")).round(1),
            )
            .sort("trip_hour", nulls_last=True)
        )

    def inside(self, *, wet: bool) -> tuple[float | None, int]:
        """Return the share of held-out days inside the band, in percent, and how many days these are."""
        found = self.errors.filter(of="wet days" if wet else "dry days").select("inside", "number").rows()
        return found[0] if found else (None, 0)


@st.cache_data(max_entries=50, show_spinner="Fitting the model …")
def fitted(
    root: str, snapshot: str, chosen: dict[str, Any], _days: pl.DataFrame, _hours: pl.DataFrame
) -> Model:
    """Return the model of a choice (`Filters.parameters`) of a snapshot, fitted once.

    Raises:
        TooLittleDataError: as `fit`.
    """
    return fit(_days, _hours)


def fit(days: pl.DataFrame, hours: pl.DataFrame) -> Model:
    """Fit the model to the days and hours of `serving.queries.weather`.

    Raises:
        TooLittleDataError: too few days for `analysis.stats.demand_model`, or too few dry hours.
    """
    found = stats.demand_model(days)
    learnt = _learn(days, hours)
    used = learnt.predicted(stats.usable(days))
    if used.is_empty():
        raise stats.TooLittleDataError(f"{many(found.days, 'day')}, of no kind three dry ones for every hour")

    def of(column: str) -> dict[str, tuple[float, float]]:
        ends = used.group_by("trip_month").agg(low=pl.min(column), high=pl.max(column)).sort("trip_month")
        return {month: (low, high) for month, low, high in ends.iter_rows()}

    wettest = float(used["precipitation_mm"].max())  # type: ignore[arg-type]
    ranges = Ranges(of("temperature_mean_c"), (0.0, wettest), of("wind_speed_mean_kmh"))
    held = _held_out(days, hours)
    return Model(found.effects, ranges, _bands(held), _errors(held), learnt)


def alike(days: pl.DataFrame, weather: Weather) -> int:
    """Return how many days were like it: within 3 °C and 7 km/h, and as dry, or as wet within half and twice."""
    rain = pl.col("precipitation_mm")
    mm = weather.precipitation_mm
    as_wet = (
        rain.is_between(mm / 2, mm * 2) & (rain >= stats.WET_MM)
        if mm >= stats.WET_MM
        else rain < stats.WET_MM
    )
    return days.filter(
        (pl.col("temperature_mean_c") - weather.temperature_c).abs() <= 3,
        (pl.col("wind_speed_mean_kmh") - weather.wind_speed_kmh).abs() <= 7,
        as_wet,
    ).height


def answer(model: Model, expected: pl.DataFrame, asked: Weather) -> str:
    """Say how many trips such a day has, between which ends, and how often held-out days were inside of them."""
    row = expected.row(by_predicate=pl.col("trip_hour").is_null(), named=True)
    is_wet = asked.precipitation_mm >= stats.WET_MM
    kind = "wet" if is_wet else "dry"
    inside, number = model.inside(wet=is_wet)
    change = round(100 * (row["trips"] / row["usual"] - 1))
    says = f"{row['trips']:,.0f} trips on such a day, {change:+} % against a usual dry one"
    if row["low"] is None or inside is None:
        return f"{says}. {many(number, f'{kind} day')} of weeks held out: too few to tell how far off that may be."
    return (
        f"{says}, between {row['low']:,.0f} and {row['high']:,.0f}: of {many(number, f'{kind} day')} in weeks that the model had "
        f"not seen, {inside:.0f} % lay inside such a band."
    )


def told(model: Model, days: pl.DataFrame, asked: Weather) -> str:
    """Say what the model is, how far it is off, and whether it has seen such weather."""
    effects = "; ".join(str(effect) for effect in model.effects)
    seen = alike(days, asked)
    return (
        "**Model:** a usual dry one of the chosen days of that month and kind (medians of dry hours), times the effects of weather on "
        f"days of the same month and weekday, those that the notebooks give: {effects}. Whatever the weather, "
        "hours keep their shares of the day.  \n"
        "**Valid** within the sliders, which end where the chosen days of that month (rain: all chosen days) end. It "
        "tells what went with weather, not what it causes. "
        f"Like the weather asked for {'was' if seen == 1 else 'were'} **{many(seen, 'day')}** (within 3 °C, 7 km/h, and half to twice the rain, or as "
        f"dry){'' if seen >= _FEW else ': too few to rely on'}."
    )


def _learn(days: pl.DataFrame, hours: pl.DataFrame) -> _Learnt:
    used = stats.usable(days)
    factors = stats.varying(used)
    effects = dict(zip((one.name for one in factors), stats.log_effects(used, factors), strict=True))
    usual = used.group_by("trip_month").agg(
        usual_c=pl.col("temperature_mean_c").mean(), usual_kmh=pl.col("wind_speed_mean_kmh").mean()
    )
    dry = hours.filter(pl.col("precipitation_mm") < _WET_HOUR_MM)
    medians = dry.group_by("city", *_KIND, "trip_hour").agg(median=pl.col("trips").median(), count=pl.len())
    by_hour = (
        medians.filter(pl.col("count") >= 3)
        .group_by(*_KIND, "trip_hour")
        .agg(usual_hour=pl.col("median").sum(), cities=pl.len())
        .filter(pl.col("cities") == hours["city"].n_unique())
    )
    # A day whose hours are not all known is no day's trips.
    by_day = by_hour.group_by(_KIND).agg(usual_trips=pl.col("usual_hour").sum(), count=pl.len())
    by_day = by_day.filter((pl.col("count") == 24) & (pl.col("usual_trips") > 0)).drop("count")
    # Medians of hours do not add up to the mean of the days' logarithms, which effects are about.
    bare = _Learnt(effects, usual, by_hour, by_day.with_columns(flat=pl.col("usual_trips")))
    known = bare.predicted(used)
    levels = known.select(
        level=(pl.col("trips") / pl.col("predicted")).log().mean().exp(),
        flat=(pl.col("trips") / pl.col("flat")).log().mean().exp(),
    )
    level, flat = (value if value is not None else 1.0 for value in levels.row(0))
    return _Learnt(
        effects,
        usual,
        by_hour.select(*_KIND, "trip_hour", pl.col("usual_hour") * level),
        by_day.select(*_KIND, pl.col("usual_trips") * level, flat=pl.col("usual_trips") * flat),
    )


def _held_out(days: pl.DataFrame, hours: pl.DataFrame) -> pl.DataFrame:
    """Predict weeks from the others, whatever was learnt of them included.

    Columns: part, is_wet, trip_hour (null for the day as a whole), trips, predicted, flat.
    """
    days, hours = (frame.with_columns(part=held_out.part()) for frame in (stats.usable(days), hours))
    by_hour = hours.group_by("trip_date", "trip_hour").agg(pl.col("trips").sum())
    found = []
    columns = ["part", "is_wet", "trip_hour", "trips", "predicted", "flat"]
    for part in days["part"].unique().sort():
        learnt = _learn(*(frame.filter(pl.col("part") != part) for frame in (days, hours)))
        whole = learnt.predicted(days.filter(pl.col("part") == part))
        parts = (
            whole.drop("trips")
            .join(by_hour, on="trip_date")
            .join(learnt.hours, on=[*_KIND, "trip_hour"])
            .with_columns(
                predicted=pl.col("usual_hour") * pl.col("factor"),
                flat=pl.col("flat") * pl.col("usual_hour") / pl.col("usual_trips"),
            )
        )
        whole = whole.with_columns(trip_hour=pl.lit(None, parts.schema["trip_hour"]))
        found += [whole.select(columns), parts.select(columns)]
    # Hours in which nobody is expected have no ratio.
    return pl.concat(found).filter(pl.col("predicted") > 0)


def _classes(
    held: pl.DataFrame,
) -> list[tuple[bool, int | None, npt.NDArray[np.bool_], npt.NDArray[np.bool_]]]:
    """Return for dry and wet, day and hours: which rows a band is of, and which it is learnt from.

    An hour's band is learnt from its neighbours, too: wet days are few.
    """
    wet, hour = held["is_wet"].to_numpy(), held["trip_hour"].fill_null(-99).to_numpy()
    found: list[tuple[bool, int | None, npt.NDArray[np.bool_], npt.NDArray[np.bool_]]] = []
    for is_wet in (False, True):
        found.append((is_wet, None, (wet == is_wet) & (hour < 0), (wet == is_wet) & (hour < 0)))
        for one in range(24):
            near = (hour >= 0) & np.isin((hour - one) % 24, (23, 0, 1))
            found.append((is_wet, one, (wet == is_wet) & (hour == one), (wet == is_wet) & near))
    return found


def _bands(held: pl.DataFrame) -> pl.DataFrame:
    ratios = (held["trips"] / held["predicted"]).to_numpy()
    rows = [
        (is_wet, hour, *ends)
        for is_wet, hour, _, near in _classes(held)
        if (ends := held_out.eight_of_ten(ratios[near])) is not None
    ]
    schema: dict[str, Any] = {
        "is_wet": pl.Boolean,
        "trip_hour": held.schema["trip_hour"],
        "low": pl.Float64,
        "high": pl.Float64,
    }
    return pl.DataFrame(rows, schema, orient="row")


def _errors(held: pl.DataFrame) -> pl.DataFrame:
    """Measure how far held-out weeks are off, and how many are inside a band that they had no part in."""
    ratios, parts = (held["trips"] / held["predicted"]).to_numpy(), held["part"].to_numpy()
    inside = np.full(held.height, np.nan)
    for _, _, mine, near in _classes(held):
        for part in np.unique(parts):
            asked = mine & (parts == part)
            ends = held_out.eight_of_ten(ratios[near & (parts != part)])
            if ends is not None:
                inside[asked] = (ratios[asked] >= ends[0]) & (ratios[asked] <= ends[1])
    what = pl.when("is_wet").then(pl.lit("wet days")).otherwise(pl.lit("dry days"))
    return (
        held.with_columns(
            inside=pl.Series(inside).fill_nan(None),
            place=pl.col("trip_hour").is_not_null(),
            of=pl.when(pl.col("trip_hour").is_null()).then(what).otherwise("hours of " + what),
        )
        .with_columns(off=held_out.off("predicted"), without=held_out.off("flat"))
        .group_by("place", "is_wet", "of")
        .agg(
            number=pl.len(),
            off=pl.col("off").median().round(1),
            without=pl.col("without").median().round(1),
            inside=(100 * pl.col("inside").mean()).round(1),
        )
        .sort("place", "is_wet")
        .drop("place", "is_wet")
    )
