"""Weather: its queries find the rain that the lake was made with."""

from __future__ import annotations

import polars as pl
import pytest

from serving.queries import weather as queries
from tests.serving.lakes import ALL, mart


def test_rain_halves_and_the_queries_say_so(reader):
    found = {band: change for band, change, *_ in queries.by_band(reader, ALL, "rain").iter_rows()}
    assert found["dry"] == pytest.approx(0, abs=0.1)
    assert found["rain"] == pytest.approx(-0.5, abs=0.1)
    hourly = queries.rain_by_hour(reader, ALL).filter(pl.col("band") == "rain")
    assert hourly["trip_hour"].to_list() == list(range(9, 19))
    assert queries.hours(reader, ALL)["trips"].sum() == mart("mart_demand_hourly")["trips"].sum()


def test_the_hours_of_a_lake_whose_weather_is_known_are_of_whole_days(reader):
    assert queries.hours(reader, ALL)["is_whole_day"].all()
