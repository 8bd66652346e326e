"""Holidays: each beside its comparable days."""

from __future__ import annotations

from datetime import date

from serving.filters import Filters
from serving.queries import holidays as queries
from serving.reader import open_reader
from tests.serving import lakes
from tests.serving.lakes import ALL, kept, mart, publish_lake


def test_holidays_beside_their_comparable_days(reader):
    found = queries.impact(reader, ALL)
    assert found.height == 4
    assert found.row(0, named=True) | {} == {
        "holiday_date": date(2020, 12, 25), "holiday_name": "Christmas Day", "city": "jc", "trips": 100,
        "comparable_days": 4, "comparable_mean": 200.0, "change": -0.5, "low": -0.75, "high": -0.25,
    }  # fmt: skip
    hourly = queries.hourly(reader, ALL, date(2020, 12, 25), "jc")
    # Fridays from 27 November on that are no holiday: 4, 11, 18 December, 8, 15, 22 January.
    assert hourly["days"].to_list() == [6] * 24
    day = kept(mart("mart_demand_daily"), Filters(date(2020, 12, 25), date(2020, 12, 25), "jc"))
    assert hourly["trips"].sum() == day["trips"].sum()


def test_an_interval_ends_where_no_trips_are_left(root, monkeypatch):
    monkeypatch.setitem(
        lakes._MARTS,
        "mart_holiday_impact",
        lakes._MARTS["mart_holiday_impact"].replace("* -150.0", "* -450.0"),
    )
    lakes.marts.cache_clear()
    publish_lake(root)
    lakes.marts.cache_clear()
    found = queries.impact(open_reader(), ALL)
    assert found["low"].to_list() == [-1.0] * 4
    assert found["high"].to_list() == [-0.25] * 4
