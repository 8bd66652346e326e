"""Holidays: each beside its comparable days."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest

from analysis.stats import TooLittleDataError
from serving.filters import Filters
from serving.queries import holidays as queries
from tests.serving.conftest import open_page, words
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


def test_the_page_opens_with_what_holidays_did(reader):
    """Two holidays, of two cities each, with half of the usual trips: one day is one, whatever the cities."""
    assert queries.told(reader, ALL) == (
        "A public holiday cost 50 % of trips (50 to 50, 95 % interval), 2 holidays, of which 2 stand out alone."
    )
    assert queries.told(reader, ALL) in words(open_page("holidays"))
    one = Filters(ALL.first, date(2020, 12, 31))
    with pytest.raises(TooLittleDataError, match="1 pair;"):
        queries.told(reader, one)
    assert "The data does not tell:" in words(open_page("holidays", to="2020-12-31"))


def test_a_snapshot_without_holidays_does_not_send_people_to_other_dates(root):
    days = mart("mart_covered_days").with_columns(pl.lit(value=False).alias("is_holiday"))
    publish_lake(
        root,
        instead={"mart_holiday_impact": mart("mart_holiday_impact").clear(), "mart_covered_days": days},
    )
    told = words(open_page("holidays"))
    assert (
        "None of the days that are covered is known as a public holiday. Should one of them be one, Lake health says"
        in told
    )
    assert "Choose other dates, riders" not in told


def test_a_choice_without_holidays_sends_people_to_other_dates(reader):
    assert "Choose other dates, riders or cities" in queries.why_none(reader)
