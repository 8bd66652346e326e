"""The slope between two measures against known truths: its intervals hold as often as they say, whatever varies."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis import slopes, stats

TRUTH = 0.5


def simulated(
    seed: int, *, days: int = 14, places: int = 20, by_place: float = 0.0, by_day: float = 1.0
) -> pl.DataFrame:
    """Return twelve hours a day of places that differ: place, day, x, y.

    What a day does to all places goes up or down over its hours, in `x` and, on its own, in `y`: `by_day` is how
    much. `by_place` is by how much the slopes of places differ.
    """
    dice = np.random.default_rng(seed)
    shape, course = (places, days, 12), np.linspace(-1, 1, 12)
    x_of_day, y_of_day = by_day * dice.normal(size=(2, 1, days, 1)) * course
    x = np.round(2 * (dice.normal(size=shape) + x_of_day + 2 * dice.normal(size=(places, 1, 1))))
    slope_of_place = TRUTH + by_place * dice.normal(size=(places, 1, 1))
    y = slope_of_place * x + y_of_day + dice.normal(size=shape) + 3 * dice.normal(size=(places, 1, 1))
    place, day, _ = np.indices(shape)
    return pl.DataFrame({"place": place.ravel(), "day": day.ravel(), "x": x.ravel(), "y": y.ravel()})


def cut(rows: pl.DataFrame) -> pl.DataFrame:
    """Leave a few hours of one day, and of another those of a fifth of the places, as where a recorder slept."""
    hour = pl.int_range(pl.len()).over("place", "day")
    return rows.filter((pl.col("day") > 0) | (pl.col("place") % 5 == 0), (pl.col("day") != 1) | (hour > 7))


def ols(y, x):
    """Fit least squares; whoever only collects these tests need not import statsmodels, which takes a second."""
    from statsmodels.regression.linear_model import OLS

    return OLS(y, x).fit()


def naive(rows: pl.DataFrame) -> tuple[float, float]:
    """Return the interval that takes every hour for a new one: that of `ols`, in a tenth of its time."""
    from scipy.special import stdtrit

    within = rows.select(pl.col("x", "y") - pl.col("x", "y").mean().over("place"))
    x, y = within["x"].to_numpy(), within["y"].to_numpy()
    value = float(x @ y / (x @ x))
    variance = float(((y - value * x) ** 2).sum() / (len(x) - 1) / (x @ x))
    margin = float(stdtrit(len(x) - 1, 0.975)) * variance**0.5
    return value - margin, value + margin


@pytest.mark.slow
@pytest.mark.parametrize(
    ("about", "made"),
    [
        ("days vary", {}),
        ("few days", {"days": 4}),
        ("slopes of stations vary", {"places": 12, "days": 20, "by_place": 0.3, "by_day": 0.0}),
        ("both", {"by_place": 0.3}),
    ],
)
def test_intervals_hold_the_truth_as_often_as_they_say(about, made):
    """Of 200 simulations between 180 and 199, also where the recorder slept; hours taken for new ones do far worse."""
    hits = lazy = 0
    for seed in range(200):
        rows = cut(simulated(seed, **made))
        found = slopes.slope(slopes.cells(rows))
        hits += found.low <= TRUTH <= found.high
        low, high = naive(rows)
        lazy += low <= TRUTH <= high
    assert 180 <= hits <= 199, about
    assert lazy < 150, about


@pytest.mark.slow
def test_the_naive_interval_is_that_of_least_squares():
    rows = cut(simulated(1))
    within = rows.select(pl.col("x", "y") - pl.col("x", "y").mean().over("place"))
    fit = ols(within["y"].to_numpy(), within["x"].to_numpy())
    assert naive(rows) == pytest.approx(tuple(fit.conf_int()[0]))


@pytest.mark.slow
def test_where_hours_are_new_ones_the_interval_is_theirs():
    """Days and places that do nothing cost hardly anything."""
    wide = []
    for seed in range(40):
        rows = simulated(seed, days=30, places=30, by_day=0)
        found, (low, high) = slopes.slope(slopes.cells(rows)), naive(rows)
        wide.append((found.high - found.low) / (high - low))
    assert 0.9 < np.median(wide) < 1.3


def test_the_slope_is_that_of_least_squares_with_a_level_for_each_place():
    rows = simulated(1)
    found = slopes.slope(slopes.cells(rows))
    levels = rows["place"].to_dummies().to_numpy()
    fit, *_ = np.linalg.lstsq(np.column_stack([rows["x"].to_numpy(), levels]), rows["y"].to_numpy())
    assert found.value == pytest.approx(fit[0])
    assert (found.rows, found.days, found.places) == (rows.height, 14, 20)
    assert "3,360 hours of 20 stations on 14 days" in found.over


@pytest.mark.slow
def test_its_interval_is_nearly_that_of_statsmodels_for_days_and_places():
    """Which leaves none of them out."""
    rows = simulated(1)
    found = slopes.slope(slopes.cells(rows))
    levels = rows["place"].to_dummies().to_numpy()
    fit = ols(rows["y"].to_numpy(), np.column_stack([rows["x"].to_numpy(), levels]))
    assert found.value == pytest.approx(fit.params[0])
    groups = rows.select("day", "place").to_numpy()
    both = fit.get_robustcov_results("cluster", groups=groups, use_t=True)
    low, high = both.conf_int()[0]
    assert found.high - found.low == pytest.approx(high - low, rel=0.25)


def test_no_slope_is_not_found_in_what_is_noise():
    clear = 0
    for seed in range(100):
        rows = simulated(seed)
        other = simulated(seed + 1000)
        clear += slopes.slope(slopes.cells(rows.with_columns(y=other["y"]))).is_clear
    assert clear <= 10


@settings(deadline=None, max_examples=30)
@given(st.permutations(range(4)), st.floats(0.1, 10), st.floats(-5, 5))
def test_order_units_and_levels_change_nothing(order, unit, level):
    rows = simulated(3, days=5, places=5)
    found = slopes.slope(slopes.cells(rows))
    changed = slopes.cells(
        rows.with_columns(x=pl.col("x") * unit, y=pl.col("y") + level * pl.col("place"))
    ).sort(pl.col("day").replace_strict(dict(enumerate([*order, 4]))), "place")
    other = slopes.slope(changed)
    assert other.value * unit == pytest.approx(found.value)
    assert (other.high - other.low) * unit == pytest.approx(found.high - found.low, rel=1e-6)


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        (simulated(1, days=3), "varies on 3 days at 20 stations; it takes 4 and 4"),
        (simulated(1, places=2), "14 days at 2 stations"),
        (simulated(1).with_columns(x=pl.lit(0)), "0 days at 0 stations"),
        (simulated(1).with_columns(x=pl.when(pl.col("day") == 0).then("x").otherwise(0)), "of one day"),
    ],
)
def test_too_few_days_or_places_tell_no_slope(rows, told):
    with pytest.raises(stats.TooLittleDataError, match=told):
        slopes.slope(slopes.cells(rows))


def test_a_share_of_the_time_knows_how_days_differ():
    dice = np.random.default_rng(1)
    hits = 0
    for _ in range(200):
        whole = pl.Series(dice.uniform(200, 1440, 12))
        part = whole * dice.uniform(0.05, 0.15, 12)
        found = slopes.share("empty", part, whole)
        hits += found.low <= 10 <= found.high
    assert 180 <= hits <= 198
    assert found.percent == pytest.approx(100 * float(part.sum()) / float(whole.sum()))
    assert "% of the time (95 % interval" in str(found)
    with pytest.raises(stats.TooLittleDataError, match="empty: never in 2 days"):
        slopes.share("empty", pl.Series([0.0, 0.0]), pl.Series([60.0, 60.0]))


@pytest.mark.parametrize(
    ("part", "whole", "told"),
    [
        ([3420.0], [9000.0], "empty: seen on 1 day; an interval takes two"),
        ([], [], "empty: seen on 0 days; an interval takes two"),
        ([0.0, 0.0], [0.0, 0.0], "empty: seen on 2 days, and nothing was in service"),
    ],
)
def test_a_share_of_too_few_days_is_told_in_words_of_its_own(part, whole, told):
    """They are minutes, and no trips."""
    with pytest.raises(stats.TooLittleDataError) as error:
        slopes.share("empty", *(pl.Series(one, dtype=pl.Float64) for one in (part, whole)))
    assert str(error.value) == told


def test_a_sentence_of_the_flow_claims_no_more_than_its_interval():
    rest = (300, 10, 20)
    assert "0.50 minutes longer of the next hour (0.25 to 0.75, 95 % interval)" in slopes.emptied(
        slopes.Slope(0.5, 0.25, 0.75, *rest)
    )
    assert "0.50 minutes less of the next hour (0.25 to 0.75," in slopes.emptied(
        slopes.Slope(-0.5, -0.75, -0.25, *rest)
    )
    unclear = slopes.emptied(slopes.Slope(0.5, -0.25, 1.25, *rest))
    assert "does not tell" in unclear
    assert "+0.50 minutes of the next hour for each, 95 % interval -0.25 to +1.25" in unclear
    assert "300 hours of 20 stations on 10 days" in unclear
