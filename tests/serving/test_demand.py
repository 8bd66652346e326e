"""Demand: its queries hold all trips of the mart."""

from __future__ import annotations

import pytest

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
