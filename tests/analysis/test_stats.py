"""The statistics against known truths: they find what is there, and claim no more."""

from __future__ import annotations

import math
from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis import held_out, stats
from tests.analysis.days import WARMER, WET, simulated


def test_without_noise_the_effects_are_found():
    model = stats.demand_model(simulated(1, noise=1e-3))
    assert model.effect(stats.TEMPERATURE).percent == pytest.approx(WARMER, rel=0.01)
    assert model.effect(stats.WET).percent == pytest.approx(WET, rel=0.02)
    assert model.r_squared > 0.99


def test_most_intervals_hold_the_truth_though_days_hang_together():
    """Of 60 simulations the intervals hold it in at least 50; those that ignore autocorrelation do worse."""
    models = [stats.demand_model(simulated(seed)) for seed in range(60)]

    def hits(effects):
        return sum(effect.low <= WARMER <= effect.high for effect in effects)

    robust = hits([model.effect(stats.TEMPERATURE) for model in models])
    naive = hits([model.naive[0] for model in models])
    assert 50 <= robust <= 60
    assert naive <= robust
    assert np.mean([model.autocorrelation for model in models]) == pytest.approx(0.35, abs=0.05)


def test_no_effect_is_not_found_in_what_is_noise():
    """Shuffled weather has no effect: at most one in six of the intervals leaves zero out."""
    clear = 0
    for seed in range(30):
        days = simulated(seed)
        order = np.random.default_rng(seed).permutation(days.height)
        shuffled = days.with_columns(days["temperature_mean_c"].gather(order), days["is_wet"].gather(order))
        clear += stats.demand_model(shuffled).effect(stats.TEMPERATURE).is_clear
    assert clear <= 5


def with_crowds(days, percent):
    """Join what comes with warm days, and by itself moves trips by `percent` for a tenth less of it."""
    crowd = np.exp(np.random.default_rng(9).normal(0, 0.2, days.height) + days["temperature_mean_c"] / 50)
    moved = days["trips"] * crowd ** (math.log1p(percent / 100) / math.log(0.9))
    return days.with_columns(trips=moved.round().cast(pl.Int64), crowd=pl.Series(crowd * 1e6))


def test_another_factor_is_told_from_the_weather_it_comes_with():
    days = with_crowds(simulated(1, noise=1e-3), -3.0)
    model = stats.demand_model(days, [stats.Factor("a tenth less", "crowd", ratio=0.9)])
    assert model.effect("a tenth less").percent == pytest.approx(-3.0, rel=0.02)
    assert model.effect(stats.TEMPERATURE).percent == pytest.approx(WARMER, rel=0.02)
    assert [effect.name for effect in model.effects] == [*(one.name for one in stats.WEATHER), "a tenth less"]


def test_a_step_is_in_the_columns_unit():
    days = with_crowds(simulated(1, noise=1e-3), -3.0)
    one, ten = (
        stats.demand_model(days, [stats.Factor("more", "crowd", step=step)]).effect("more").percent
        for step in (1e5, 1e6)
    )
    assert math.log1p(ten / 100) == pytest.approx(10 * math.log1p(one / 100))


def test_days_without_the_factor_are_left_out():
    days = with_crowds(simulated(2), 0.0)
    holes = days.with_columns(crowd=pl.when(pl.int_range(pl.len()) < 20).then(None).otherwise("crowd"))
    gone = holes.with_columns(crowd=pl.when(pl.int_range(pl.len()) == 30).then(0.0).otherwise("crowd"))
    found = [
        stats.demand_model(gone, [stats.Factor("f", "crowd", ratio=ratio)]).left_out for ratio in (None, 0.9)
    ]
    before = stats.demand_model(days).left_out
    assert found == [before + 20, before + 21]


@pytest.mark.parametrize("scale", [1e-6, 1, 1e13])
def test_a_factor_that_the_calendar_or_the_weather_tells_is_named(scale):
    days = simulated(3).with_columns(
        level=pl.col("trip_month").rank("dense") * scale, again=pl.col("is_wet") * scale + 1e3 * scale
    )
    for column in ("level", "again"):
        with pytest.raises(stats.TooLittleDataError, match=r"tell already: the new one$"):
            stats.demand_model(days, [stats.Factor("the new one", column)])
    with pytest.raises(stats.TooLittleDataError, match="0 days with trips and weather, level"):
        stats.demand_model(
            days.with_columns(level=pl.lit(None, pl.Float64)), [stats.Factor("the new one", "level")]
        )


def test_a_value_that_is_no_number_is_as_good_as_none():
    days = with_crowds(simulated(2), 0.0)
    odd = pl.when(pl.int_range(pl.len()) < 9).then(math.nan).when(pl.int_range(pl.len()) < 12).then(math.inf)
    model = stats.demand_model(
        days.with_columns(crowd=odd.otherwise("crowd")), [stats.Factor("f", "crowd", 1e5)]
    )
    assert model.left_out == stats.demand_model(days).left_out + 12
    assert all(math.isfinite(effect.high) for effect in model.effects)


@pytest.mark.parametrize("change", [{"step": 0}, {"ratio": 1.0}, {"ratio": -0.9}])
def test_a_change_that_is_none_is_refused(change):
    with pytest.raises(ValueError, match="f: a change is needed"):
        stats.Factor("f", "crowd", **change)


def test_the_order_of_the_days_does_not_matter():
    days = simulated(4)
    assert stats.demand_model(days.sample(fraction=1, shuffle=True, seed=1)) == stats.demand_model(days)


def test_days_with_others_between_them_are_no_neighbours():
    """A factor known every third day leaves days apart: none is beside another, none is lagged."""
    days = with_crowds(simulated(5), 0.0)
    rare = days.with_columns(crowd=pl.when(pl.int_range(pl.len()) % 3 == 0).then("crowd"))
    model = stats.demand_model(rare, [stats.Factor("f", "crowd", 1e5)])
    assert math.isnan(model.autocorrelation)
    assert model.effects == model.naive


def test_a_season_is_not_taken_for_the_weather():
    """Months that are warmer and busier by themselves leave the effect within months as it is."""
    days = simulated(3, noise=1e-3)
    level = days["trip_month"].rank("dense").to_numpy()
    warmer = days.with_columns(
        temperature_mean_c=days["temperature_mean_c"] + 5 * level,
        trips=(days["trips"] * np.exp(level)).round().cast(pl.Int64),
    )
    found = stats.demand_model(warmer).effect(stats.TEMPERATURE)
    assert found.percent == pytest.approx(WARMER, rel=0.01)


def test_stretches_far_apart_are_no_neighbours():
    residuals = np.array([1.0, -1.0, 1.0, -1.0, 5.0, 6.0, 7.0, 8.0])
    together = stats.autocorrelation(residuals, [0] * 8)
    apart = stats.autocorrelation(residuals, [0, 0, 0, 0, 1, 1, 1, 1])
    pairs = np.array([(1, -1), (-1, 1), (1, -1), (5, 6), (6, 7), (7, 8)])
    assert apart == pytest.approx(np.corrcoef(pairs.T)[0, 1])
    assert together != pytest.approx(apart)


def test_days_that_cannot_be_used_are_left_out_and_counted():
    days = simulated(4).with_columns(
        trips=pl.when(pl.col("day_of_week") == 1).then(0).otherwise("trips"),
        temperature_mean_c=pl.when(pl.col("day_of_week") == 2).then(None).otherwise("temperature_mean_c"),
        is_wet=pl.when(pl.col("day_of_week") == 3).then(None).otherwise("is_wet"),
    )
    model = stats.demand_model(days)
    assert model.left_out == days.filter(pl.col("day_of_week") <= 3).height
    assert stats.usable(days).height == model.days, (
        "a figure of wet and dry days must not take unknown for dry"
    )
    assert held_out.held_out_weeks(days).days <= model.days
    assert model.days + model.left_out == days.height


@pytest.mark.parametrize("count", [0, 1, 39])
def test_too_few_days_are_said_so(count):
    with pytest.raises(stats.TooLittleDataError, match=f"^{count} days?( |$)"):
        stats.demand_model(simulated(5).head(count))


def test_weather_that_does_not_vary_has_no_effect_to_tell():
    days = simulated(6)
    for wet in (pl.lit(False), pl.col("trip_month") == "2021-01"):
        told = [effect.name for effect in stats.demand_model(days.with_columns(is_wet=wet)).effects]
        assert stats.WET not in told
        assert stats.TEMPERATURE in told
    always = days.with_columns(
        is_wet=False, precipitation_mm=0.0, wind_speed_mean_kmh=9.0, temperature_mean_c=12.0
    )
    with pytest.raises(stats.TooLittleDataError, match="calendar tells already"):
        stats.demand_model(always)


def test_the_rain_of_a_wet_day_has_its_effect():
    """A tenth fewer for twice the rain, on top of what rain of 10 mm does."""
    days = simulated(1, noise=1e-3)
    doublings = pl.when("is_wet").then((pl.col("precipitation_mm") / 10).log(2)).otherwise(0.0)
    harder = days.with_columns(trips=(pl.col("trips") * 0.9**doublings).round().cast(pl.Int64))
    model = stats.demand_model(harder)
    assert model.effect(stats.HARDER).percent == pytest.approx(-10, rel=0.02)
    assert model.effect(stats.WET).percent == pytest.approx(WET, rel=0.02)
    assert model.effect(stats.TEMPERATURE).percent == pytest.approx(WARMER, rel=0.01)
    plain = stats.log_effects(stats.usable(harder), stats.WEATHER)
    assert 100 * np.expm1(plain) == pytest.approx([effect.percent for effect in model.effects])


def test_intervals_of_a_ratio_of_sums_hold_the_truth():
    """Days of very different size, with half of what was expected: 19 of 20 intervals hold it, nearly."""
    hits = 0
    for seed in range(100):
        dice = np.random.default_rng(seed)
        expected = pl.Series(dice.gamma(2.0, 200.0, 40))
        trips = (expected * 0.5 * np.exp(dice.normal(0, 0.3, 40) - 0.045)).round()
        found = stats.ratio_of_sums("half", trips, expected)
        assert found.percent == pytest.approx(100 * (float(trips.sum()) / float(expected.sum()) - 1))
        hits += found.low <= -50 <= found.high
    assert 88 <= hits <= 99
    with pytest.raises(stats.TooLittleDataError, match="1 day, 1 trip"):
        stats.ratio_of_sums("half", pl.Series([1]), pl.Series([2.0]))


def test_held_out_weeks_are_nearer_with_weather_that_matters_and_not_with_noise():
    held = held_out.held_out_weeks(simulated(7, noise=0.02))
    assert held.error_with < held.error_without / 2
    assert held.nearer > 0.9 * held.weeks
    days = simulated(7)
    order = np.random.default_rng(7).permutation(days.height)
    noise = held_out.held_out_weeks(
        days.with_columns(days["temperature_mean_c"].gather(order), days["is_wet"].gather(order))
    )
    assert noise.error_with > 0.8 * noise.error_without


def test_a_held_out_week_is_not_known_to_the_model():
    """A week ten times as busy as all others is predicted as if it were one of them."""
    days = simulated(8, noise=1e-3)
    odd = days["trip_date"][40] - timedelta(days=days["trip_date"][40].weekday())
    inside = pl.col("trip_date").is_between(odd, odd + timedelta(days=6))
    busy = days.with_columns(trips=pl.when(inside).then(pl.col("trips") * 10).otherwise("trips"))
    busy = stats.usable(busy)
    calendar, weather = stats.calendar(busy), stats.columns_of(stats.WEATHER, busy)
    logs = np.log(busy["trips"].to_numpy())
    asked = busy.select(inside).to_series().to_numpy()
    predicted = held_out._predicted(logs, np.hstack([calendar, weather]), ~asked, asked)
    assert np.exp(predicted - logs[asked]) == pytest.approx(0.1, rel=0.05)


def test_days_of_a_week_are_held_out_together_and_weeks_of_a_month_are_not():
    days = pl.DataFrame({"trip_date": pl.date_range(date(2015, 1, 1), date(2024, 12, 31), eager=True)})
    parts = days.with_columns(part=held_out.part(), week=pl.col("trip_date").dt.truncate("1w"))
    assert set(parts["part"]) == set(range(held_out.PARTS))
    assert parts.group_by("week").agg(pl.col("part").n_unique())["part"].unique().to_list() == [1]
    month = pl.col("trip_date").dt.truncate("1mo")
    by_month = parts.group_by(month).agg(pl.col("part").n_unique(), pl.col("week").n_unique())
    assert by_month.filter(pl.col("part") != pl.col("week")).is_empty()


def test_twice_as_many_and_none_are_off_by_a_hundred_percent_and_a_day_without_a_trip_by_none():
    days = pl.DataFrame({"trips": [50, 50, 50, 0], "guess": [100.0, 0.0, 40.0, 7.0]})
    assert days.select(held_out.off("guess")).to_series().to_list() == [100, 100, pytest.approx(20), None]


def test_a_day_is_asked_for_only_if_its_month_is_known():
    with pytest.raises(stats.TooLittleDataError, match="hold weeks out"):
        held_out.held_out_weeks(simulated(9).head(6))
    with pytest.raises(stats.TooLittleDataError, match="0 days"):
        held_out.held_out_weeks(simulated(9).with_columns(trips=0))


def test_weather_helps_only_if_more_weeks_are_nearer_than_by_chance():
    assert held_out.HeldOut(60, 400, 21.0, 17.0, 40).helps
    assert not held_out.HeldOut(60, 400, 21.0, 17.0, 32).helps
    assert not held_out.HeldOut(60, 400, 17.0, 21.0, 60).helps


def test_ordinary_days_are_no_different_from_comparable_ones():
    """With the arithmetic mean beside them, days that vary this much would seem a tenth emptier."""
    days = simulated(10, count=400, noise=0.5)
    apart = stats.apart(days, days["trip_date"])
    assert len(apart) == 400
    none = stats.mean_ratio(
        "none", pl.Series([one.trips for one in apart]), pl.Series([one.comparable for one in apart])
    )
    assert abs(none.percent) < 2


def test_a_day_apart_is_found_among_its_own_weekdays():
    days = simulated(11).with_columns(trips=(pl.col("day_of_week") * 100).cast(pl.Int64))
    day = days["trip_date"][60]
    halved = days.with_columns(
        trips=pl.when(pl.col("trip_date") == day).then(pl.col("trips") // 2).otherwise("trips"),
        is_holiday=pl.col("trip_date").is_in([day, days["trip_date"][67]]),
    )
    [found] = stats.apart(halved, [day])
    assert found.effect.percent == pytest.approx(-50)
    assert found.effect.observations == 7
    assert found.effect.low > -100
    assert stats.apart(halved.head(3), [days["trip_date"][1]]) == []


@pytest.fixture(scope="module")
def t_test():
    """SciPy's, which whoever only collects these tests need not import: it takes half a second."""
    from scipy.stats import ttest_1samp

    return ttest_1samp


@given(st.lists(st.tuples(st.integers(1, 10_000), st.integers(1, 10_000)), min_size=2, max_size=20))
def test_the_mean_ratio_is_that_of_a_t_test_on_logarithms(t_test, pairs):
    trips, comparable = (pl.Series(values) for values in zip(*pairs, strict=True))
    effect = stats.mean_ratio("x", trips, comparable)
    logs = np.log(trips.to_numpy() / comparable.to_numpy())
    assert effect.percent == pytest.approx(100 * math.expm1(logs.mean()))
    assert effect.low <= effect.percent <= effect.high
    if logs.std() > 1e-9:
        low, high = t_test(logs, 0).confidence_interval(0.95)
        assert effect.low == pytest.approx(100 * math.expm1(low), rel=1e-6, abs=1e-6)
        assert math.log1p(effect.high / 100) == pytest.approx(high, rel=1e-6, abs=1e-6)


def test_one_pair_tells_no_interval():
    with pytest.raises(stats.TooLittleDataError, match="holidays: 1 pair;"):
        stats.mean_ratio("holidays", pl.Series([1]), pl.Series([2]))


def test_a_sentence_claims_no_more_than_its_interval():
    assert "cannot tell" in stats.Effect("rain", -10.0, -25.0, 5.0, 8).told
    assert "Fewer trips" in stats.Effect("rain", -10.0, -15.0, -5.0, 8).told
    assert "More trips" in stats.Effect("sun", 10.0, 5.0, 15.0, 8).told
