"""The what-if finds what was put in, and says as much of its band as weeks that it has not seen bear out."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from analysis import stats
from analysis.held_out import eight_of_ten
from serving.queries import weather_whatif as whatif

DAYS = 181


def lake(*, effect=True, days=DAYS, seed=7, since=0):
    """Days and hours as the page's queries have them.

    A wet day has half of a dry one's trips at 10 mm, a tenth fewer for twice that, and hours that come as they
    please; 10 °C make 35 % more. Days differ by a tenth besides, hours by a fifth, on wet days by half.
    """
    dice = np.random.default_rng(seed)
    rows, hours = [], []
    for number in range(since, since + days):
        day = date(2021, 1, 1) + timedelta(number)
        warm, is_wet = dice.normal(10, 4), dice.random() < 0.3
        rain = float(dice.uniform(1, 40)) if is_wet else 0.0
        factor = np.exp(0.3 * (warm - 10) / 10)
        factor *= 0.5 * 0.9 ** np.log2(rain / 10) if is_wet else 1.0
        factor = (factor if effect else 1.0) * np.exp(dice.normal(0, 0.1))
        weather = (warm, rain, 10.0 + number % 5)
        is_off = day.isoweekday() >= 6
        for hour in range(24):
            spread = 0.5 if is_wet else 0.2
            odd = np.exp(dice.normal(-(spread**2) / 2, spread))
            trips = int(dice.poisson(400 * np.exp(-(((hour - 15) / 6) ** 2)) * factor * odd))
            # It rains in every hour of a wet day, and a dry one has none.
            hours.append((f"{day:%Y-%m}", day, hour, "jc", trips, warm, rain / 24, 10.0, is_off, True))
        trips = sum(one[4] for one in hours[-24:])
        rows.append((f"{day:%Y-%m}", day, day.isoweekday(), False, trips, *weather, is_wet, is_off))
    names = ["trip_month", "trip_date", "day_of_week", "is_holiday", "trips", "temperature_mean_c",
             "precipitation_mm", "wind_speed_mean_kmh", "is_wet", "is_off"]  # fmt: skip
    by_hour = ["trip_month", "trip_date", "trip_hour", "city", "trips", "temperature_c", "precipitation_mm",
               "wind_speed_kmh", "is_off", "is_whole_day"]  # fmt: skip
    return pl.DataFrame(rows, schema=names, orient="row"), pl.DataFrame(hours, schema=by_hour, orient="row")


@pytest.fixture(scope="module")
def known():
    return lake()


@pytest.fixture(scope="module")
def model(known):
    return whatif.fit(*known)


def day(model, **asked):
    """Return the day as a whole of the usual weather of February, but for what is asked."""
    weather = replace(model.usual("2021-02"), **asked)
    return model.day("2021-02", weather, is_off=False).row(
        by_predicate=pl.col("trip_hour").is_null(), named=True
    )


def test_it_finds_what_was_put_in(model):
    usual = day(model)["trips"]
    assert day(model, precipitation_mm=10.0)["trips"] / usual == pytest.approx(0.5, abs=0.06)
    assert day(model, precipitation_mm=20.0)["trips"] / usual == pytest.approx(0.45, abs=0.06)
    warmer = model.usual("2021-02").temperature_c + 10
    assert day(model, temperature_c=warmer)["trips"] / usual == pytest.approx(np.exp(0.3), abs=0.1)


def test_its_effects_are_those_of_the_notebooks_model(known, model):
    """Ten degrees on the slider are what `demand_model` says of ten degrees, whatever the month and the kind."""
    effect = stats.demand_model(known[0]).effect
    usual = model.usual("2021-04")
    for is_off in (False, True):
        trips = {
            name: model.day("2021-04", weather, is_off=is_off)["trips"][-1]
            for name, weather in {
                "usual": usual,
                stats.TEMPERATURE: replace(usual, temperature_c=usual.temperature_c + 10),
                stats.WET: replace(usual, precipitation_mm=10.0),
                stats.WINDIER: replace(usual, wind_speed_kmh=usual.wind_speed_kmh + 10),
            }.items()
        }
        for name in (stats.TEMPERATURE, stats.WET, stats.WINDIER):
            assert 100 * (trips[name] / trips["usual"] - 1) == pytest.approx(effect(name).percent, abs=0.02)


def test_weeks_to_come_lie_inside_the_band_as_often_as_the_page_says(known, model):
    """Weeks that nothing was learnt from, of the months it knows: here a second draw of the same law.

    The share of days and of hours inside, on dry days and on wet ones, is the one stated but for the size of both
    samples. Hours of a day hang together, so that they count as half as many.
    """
    days, hours = lake(seed=8)
    inside: dict[str, list[bool]] = {}
    for row in days.iter_rows(named=True):
        weather = whatif.Weather(
            row["temperature_mean_c"], row["precipitation_mm"], row["wind_speed_mean_kmh"]
        )
        said = model.day(row["trip_month"], weather, is_off=row["is_off"])
        kind = "wet days" if row["is_wet"] else "dry days"
        whole = said.row(by_predicate=pl.col("trip_hour").is_null(), named=True)
        inside.setdefault(kind, []).append(whole["low"] <= row["trips"] <= whole["high"])
        mine = said.join(
            hours.filter(trip_date=row["trip_date"]).select("trip_hour", came="trips"), on="trip_hour"
        )
        inside.setdefault(f"hours of {kind}", []).extend(
            mine.select(pl.col("came").is_between("low", "high")).to_series().to_list()
        )
    for of, number, _, _, stated in model.errors.iter_rows():
        share, size = 100 * np.mean(inside[of]), min(number, len(inside[of])) / (2 if "hours" in of else 1)
        # 2.6 standard errors of the difference of two shares of 80 %: 99 of 100.
        assert share == pytest.approx(stated, abs=2.6 * 100 * np.sqrt(2 * 0.8 * 0.2 / size)), of
        assert stated == pytest.approx(80, abs=2.6 * 100 * np.sqrt(0.8 * 0.2 / size)), of


def test_the_ends_are_order_statistics_that_hold_eight_of_ten():
    ratios = np.arange(1.0, 100.0)
    assert eight_of_ten(ratios) == (10.0, 90.0)
    assert eight_of_ten(ratios[:9]) == (1.0, 9.0)
    assert eight_of_ten(ratios[:8]) is None


def test_weather_helps_where_it_matters(model):
    errors = {row["of"]: row for row in model.errors.iter_rows(named=True)}
    assert errors["wet days"]["off"] < 15 < 40 < errors["wet days"]["without"]
    assert errors["dry days"]["off"] < errors["dry days"]["without"]
    # A single hour is not told as well as the day, nor one of a wet day as one of a dry.
    assert errors["dry days"]["off"] < errors["hours of dry days"]["off"] < errors["hours of wet days"]["off"]


def test_without_an_effect_it_does_not_claim_one():
    days, hours = lake(effect=False)
    model = whatif.fit(days, hours)
    usual = day(model)["trips"]
    assert day(model, precipitation_mm=10.0)["trips"] / usual == pytest.approx(1, abs=0.06)
    errors = {row["of"]: row for row in model.errors.iter_rows(named=True)}
    assert errors["wet days"]["off"] == pytest.approx(errors["wet days"]["without"], abs=2)


def test_sliders_end_where_days_end(known, model):
    days, _ = known
    april = days.filter(trip_month="2021-04")
    assert model.ranges.precipitation_mm == (0.0, days["precipitation_mm"].max())
    for asked, column in (
        (model.ranges.temperature_c, "temperature_mean_c"),
        (model.ranges.wind_speed_kmh, "wind_speed_mean_kmh"),
    ):
        assert asked["2021-04"] == (april[column].min(), april[column].max())


def test_days_are_alike_if_it_rained_about_as_much():
    days, _ = lake(days=2)
    days = days.with_columns(
        temperature_mean_c=10.0, wind_speed_mean_kmh=10.0, precipitation_mm=pl.Series([6.0, 0.4])
    )
    like = {mm: whatif.alike(days, whatif.Weather(10.0, mm, 10.0)) for mm in (0.0, 0.9, 2.0, 3.0, 12.0, 13.0)}
    assert like == {0.0: 1, 0.9: 1, 2.0: 0, 3.0: 1, 12.0: 1, 13.0: 0}
    assert whatif.alike(days, whatif.Weather(14.0, 0.0, 10.0)) == 0


def test_it_states_effects_error_and_range(known, model):
    days, _ = known
    usual = model.usual("2021-04")
    told = whatif.told(model, days, usual)
    for word in (str(stats.demand_model(days).effect(stats.TEMPERATURE)), "Valid", "not what it causes"):
        assert word in told
    assert "too few to rely on" in whatif.told(model, days, replace(usual, temperature_c=40.0))
    inside, number = model.inside(wet=True)
    wet = replace(usual, precipitation_mm=5.0)
    said = whatif.answer(model, model.day("2021-04", wet, is_off=False), wet)
    assert f"of {number} wet days in weeks that the model had not seen, {inside:.0f} % lay inside" in said


def test_a_few_wet_days_have_no_band(known):
    """Of five it cannot be told where eight of ten lie."""
    days, hours = known
    dry = days.filter(~pl.col("is_wet") | (pl.int_range(pl.len()).over("is_wet") < 5))
    model = whatif.fit(dry, hours.filter(pl.col("trip_date").is_in(dry["trip_date"].implode())))
    wet = replace(model.usual("2021-04"), precipitation_mm=5.0)
    expected = model.day("2021-04", wet, is_off=False)
    assert expected["low"].drop_nulls().is_empty() or expected["low"][-1] is None
    assert "too few to tell" in whatif.answer(model, expected, wet)


def test_too_few_days_are_refused():
    with pytest.raises(stats.TooLittleDataError, match="it takes"):
        whatif.fit(*lake(days=14))


def test_a_dry_season_can_be_fitted(known):
    days, hours = (frame.with_columns(precipitation_mm=pl.lit(0.0)) for frame in known)
    model = whatif.fit(days.with_columns(is_wet=False), hours)
    assert model.ranges.precipitation_mm == (0.0, 0.0)
    assert model.inside(wet=True) == (None, 0)
    assert day(model)["trips"] > 0


def test_a_day_with_unknown_weather_teaches_nothing(known):
    days, hours = known
    holes = days.with_columns(
        temperature_mean_c=pl.when(pl.col("trip_date").dt.day() % 5 < 2).then("temperature_mean_c")
    )
    model = whatif.fit(holes, hours)
    count = holes["temperature_mean_c"].count()
    assert model.errors.filter(pl.col("of").str.ends_with(" days") & ~pl.col("of").str.starts_with("hours"))[
        "number"
    ].sum() == pytest.approx(count, abs=2)
