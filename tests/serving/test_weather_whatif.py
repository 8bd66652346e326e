"""The what-if finds what was put in, and says honestly how far it is off."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from serving.queries import weather_whatif as whatif

DAYS = 120


def hours(*, effect=True, days=DAYS, seed=7):
    """Hours whose trips are Poisson: times 0.5 exp(-0.4 log(1 + mm)) in the rain, 3 % more per degree."""
    random = np.random.default_rng(seed)
    rows = []
    for number in range(days):
        day = date(2021, 1, 1) + timedelta(number)
        warm, is_wet = random.normal(10, 4), random.random() < 0.25
        for hour in range(24):
            rain = float(random.gamma(1.0, 2.0)) + 0.1 if is_wet else 0.0
            temperature = warm + 3 * np.sin(hour / 4)
            factor = 0.5 * np.exp(-0.4 * np.log1p(rain)) if rain else 1.0
            factor *= np.exp(0.03 * (temperature - 10))
            mean = 400 * np.exp(-(((hour - 15) / 6) ** 2)) * (factor if effect else 1.0)
            trips = int(random.poisson(mean))
            row = (
                f"{day:%Y-%m}",
                day,
                hour,
                "jc",
                trips,
                temperature,
                rain,
                10.0,
                day.isoweekday() >= 6,
                True,
            )
            rows.append(row)
    names = ["trip_month", "trip_date", "trip_hour", "city", "trips", "temperature_c", "precipitation_mm",
             "wind_speed_kmh", "is_off", "is_whole_day"]  # fmt: skip
    return pl.DataFrame(rows, schema=names, orient="row")


@pytest.fixture(scope="module")
def model():
    return whatif.fit(hours())


def test_it_finds_what_was_put_in(model):
    _, warmer, _, wet, harder, _ = model.coefficients
    assert warmer == pytest.approx(0.3, abs=0.1)
    assert wet == pytest.approx(np.log(0.5), abs=0.12)
    assert harder == pytest.approx(-0.4, abs=0.1)


def test_it_knows_more_than_without_weather_on_days_it_has_not_seen(model):
    assert model.error.with_weather < 8 < 12 < model.error.without
    assert model.error.wet_with_weather < 12 < 40 < model.error.wet_without
    assert 0.7 < model.error.low < 1 < model.error.high < 1.3


def test_without_an_effect_it_does_not_claim_one():
    model = whatif.fit(hours(effect=False))
    assert model.error.with_weather == pytest.approx(model.error.without, abs=2)
    assert np.abs(model.coefficients[1:5]).max() < 0.05


def test_a_day_is_summed_over_cities_and_scaled(model):
    month = "2021-02"
    usual = whatif.Weather(model.mean_c[month], 0.0, 10.0)
    dry, wet = (
        model.day(month, one, is_off=False) for one in (usual, whatif.Weather(usual.temperature_c, 2.0, 10.0))
    )
    assert wet["trips"].sum() / dry["trips"].sum() == pytest.approx(0.5 * np.exp(-0.4 * np.log(3)), abs=0.06)
    assert (dry["low"] <= dry["trips"]).all()
    assert model.day("2021-02", usual, is_off=True)["typical"].sum() > 0


def test_it_states_model_error_and_range(model):
    known = hours()
    told = model.told(known, whatif.Weather(10.0, 0.0, 10.0))
    for word in ("Poisson", "weeks it has not seen", "Valid", f"{model.error.with_weather:.0f} %"):
        assert word in told
    assert "too few" in model.told(known, whatif.Weather(30.0, 0.0, 10.0))


def test_too_few_days_are_refused():
    with pytest.raises(whatif.TooLittleDataError, match="it takes 28"):
        whatif.fit(hours(days=14))


def test_a_dry_season_can_be_fitted():
    dry = hours().with_columns(precipitation_mm=pl.lit(0.0))
    model = whatif.fit(dry)
    assert np.isfinite(model.coefficients).all()
    assert model.ranges.precipitation_mm == (0.0, 0.0)


def test_a_day_with_unknown_weather_teaches_hours_and_is_no_day_to_be_off_by():
    """Of three days in five the afternoon is unknown: what is left of them is no day's trips."""
    known = hours().with_columns(is_whole_day=pl.col("trip_date").dt.day() % 5 < 2)
    known = known.filter(pl.col("is_whole_day") | (pl.col("trip_hour") < 12))
    model = whatif.fit(known)
    assert model.error.days == known.filter("is_whole_day")["trip_date"].n_unique()
    with pytest.raises(whatif.TooLittleDataError, match="it takes 28"):
        whatif.fit(known.with_columns(is_whole_day=False))
