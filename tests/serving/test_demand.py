"""Demand: its queries hold all trips of the mart."""

from __future__ import annotations

import polars as pl
import pytest

from serving.figures import demand as figures
from serving.queries import demand as queries
from tests.serving.lakes import ALL, mart


def test_heat_map_and_courses_of_the_day_hold_all_trips(reader):
    hourly = mart("mart_demand_hourly")["trips"].sum()
    week = queries.week_hours(reader, ALL)
    assert week.height == 168
    # Means are rounded to a hundredth of a trip.
    assert (week["trips"] * week["days"]).sum() == pytest.approx(hourly, rel=1e-3)
    courses = queries.day_hours(reader, ALL)
    assert (courses["trips"] * courses["days"]).sum() == pytest.approx(hourly, rel=1e-3)
    cities = queries.cities(reader, ALL)
    assert (cities["trips"] * cities["days"]).sum() == pytest.approx(hourly, rel=1e-3)


def test_no_line_goes_across_a_month_that_a_city_lacks():
    rows = [("jc", f"2020-{month}", 5.0, 30) for month in (11, 12)] + [("jc", "2021-01", 5.0, 31)]
    rows += [("nyc", "2020-11", 50.0, 30), ("nyc", "2021-01", 60.0, 31)]
    frame = pl.DataFrame(rows, schema=["city", "trip_month", "trips", "days"], orient="row")
    jersey, york = figures.cities(frame).data
    assert list(jersey.y) == [5, 5, 5]
    assert list(zip(york.x, york.y, strict=True)) == [("2020-11", 50), ("2020-12", None), ("2021-01", 60)]
