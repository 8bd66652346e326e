"""Weather: its queries find the rain that the lake was made with."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import polars as pl
import pytest

from analysis.stats import TooLittleDataError
from serving.figures import weather as figures
from serving.filters import Filters
from serving.queries import weather as queries
from serving.queries.shared import NOT_COVERED, weather_days
from serving.reader import open_reader
from tests.serving.conftest import assert_sound, open_page, words
from tests.serving.lakes import ALL, mart, publish_lake


def test_rain_halves_and_the_queries_say_so(reader):
    found = {band: change for band, change, *_ in queries.by_band(reader, ALL, "rain").iter_rows()}
    assert found["dry"] == pytest.approx(0, abs=0.1)
    assert found["rain"] == pytest.approx(-0.5, abs=0.1)
    hourly = queries.rain_by_hour(reader, ALL).filter(pl.col("band") == "rain")
    assert hourly["trip_hour"].to_list() == list(range(9, 19))
    assert queries.hours(reader, ALL)["trips"].sum() == mart("mart_demand_hourly")["trips"].sum()


def test_the_hours_of_a_lake_whose_weather_is_known_are_of_whole_days(reader):
    assert queries.hours(reader, ALL)["is_whole_day"].all()


def test_an_interval_of_some_hundred_times_as_many_leaves_the_bars_to_be_read():
    frame = pl.DataFrame({"band": ["dry", "rain"], "change": [0.1, -0.5], "low": [0.0, -0.9], "high": [0.2, 30.0],
                          "trips": [10, 1], "expected": [9.0, 2.0], "days": [9, 2], "hours": [99, 1]})  # fmt: skip
    drawn = figures.bands(frame)
    assert drawn.layout.xaxis.range == (-105, 105)
    assert drawn.data[0].y[1] == "rain<br>1 h"
    assert figures.bands(frame.with_columns(high=pl.col("change") + 0.1)).layout.xaxis.range is None


def test_one_day_says_what_is_too_few_of_it(root):
    """It has weather, and its month dry hours to compare it with: neither is what is missing."""
    publish_lake(root)
    at = open_page("weather", **{"from": "2021-01-05", "to": "2021-01-05"})
    assert_sound(at)
    assert "24 hours have known weather, fewer than three of each kind of rain and hour" in words(at)
    assert "1 day with trips and weather; it takes" in words(at)
    assert "dry hours like them" not in words(at)
    assert len(at.get("plotly_chart")) >= 3, "rain, wind and temperature have a figure each"


def test_a_snapshot_without_weather_does_not_send_people_to_other_dates(root):
    publish_lake(root, weather=False)
    told = words(open_page("weather"))
    assert "The snapshot knows the weather of no day: Lake health says" in told
    assert "No hour of these days" not in told


def test_the_sentence_says_which_of_the_things_it_takes_is_not_there(root, reader):
    """No rain, no ride, no day: of rain that fell nobody is told that there was none of it."""
    dry = replace(ALL, first=date(2021, 1, 6), last=date(2021, 1, 8))
    for chosen, said in (
        (
            replace(ALL, member="unknown"),
            "hours with rain, and no three dry ones of their kind with trips to compare with",
        ),
        (dry, "in none of the hours whose weather is known did it rain"),
        (Filters(date(2020, 1, 1), date(2020, 1, 31)), NOT_COVERED),
    ):
        with pytest.raises(TooLittleDataError, match=said):
            queries.told(reader, chosen)
    publish_lake(root, weather=False)
    with pytest.raises(TooLittleDataError, match="the weather of none of these days is known"):
        queries.told(open_reader(), ALL)


def test_days_whose_weather_is_not_known_are_told_above_every_figure(root, reader):
    assert queries.unknown(weather_days(reader, ALL)) == ""
    known = (
        pl.when(pl.col("trip_date") >= date(2020, 12, 11))
        .then("temperature_mean_c")
        .alias("temperature_mean_c")
    )
    publish_lake(root, instead={"mart_covered_days": mart("mart_covered_days").with_columns(known)})
    said = "The weather of 10 of 83 days is not known, or not of every hour."
    at = open_page("weather")
    assert_sound(at)
    assert words(at).count(said) == 4, "the what-if as well"
