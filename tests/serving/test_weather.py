"""Weather: its queries find the rain that the lake was made with."""

from __future__ import annotations

import polars as pl
import pytest

from serving.queries import weather as queries
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


def test_one_day_says_what_is_too_few_of_it(root):
    """It has weather, and its month dry hours to compare it with: neither is what is missing."""
    publish_lake(root)
    at = open_page("weather", **{"from": "2021-01-05", "to": "2021-01-05"})
    assert_sound(at)
    assert "24 hours have known weather, fewer than three of each kind of rain and hour" in words(at)
    assert "1 day with trips, weather; it takes" in words(at)
    assert "dry hours like them" not in words(at)
    assert len(at.get("plotly_chart")) >= 3, "rain, wind and temperature have a figure each"


def test_a_snapshot_without_weather_does_not_send_people_to_other_dates(root):
    publish_lake(root, weather=False)
    told = words(open_page("weather"))
    assert "The snapshot knows the weather of no day: Lake health says" in told
    assert "No hour of these days" not in told
