"""What the pages' queries count, against the marts counted another way."""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl
import pytest

from serving.filters import Filters
from serving.headline import compare
from serving.queries import demand, holidays, overview, stations, weather
from serving.reader import open_reader
from tests.serving import lakes
from tests.serving.lakes import marts, publish_lake

ALL = Filters(date(2020, 12, 1), date(2021, 2, 21))
SOME = Filters(date(2020, 12, 20), date(2021, 1, 10), "jc", "casual", "electric")


@pytest.fixture
def reader(root):
    publish_lake(root)
    return open_reader()


def mart(name):
    return pl.read_parquet(marts() / "gold" / name / "data.parquet")


def kept(frame, chosen):
    frame = frame.filter(pl.col("trip_date").is_between(chosen.first, chosen.last))
    for column, value in (("city", chosen.city), ("member_type", chosen.member), ("bike_type", chosen.bike)):
        if value:
            frame = frame.filter(pl.col(column) == value)
    return frame


@pytest.mark.parametrize("chosen", [ALL, SOME])
def test_headline_and_trend_count_the_chosen_trips(reader, chosen):
    expected = kept(mart("mart_demand_daily"), chosen)
    found = overview.headline(reader, chosen)
    assert found.trips == expected["trips"].sum()
    assert found.days == chosen.days
    assert found.a_day == pytest.approx(found.trips / chosen.days)
    assert found.minutes == pytest.approx(10)
    trend = demand.trend(reader, chosen)
    assert trend["trips"].to_list() == (
        expected.group_by("trip_date").agg(pl.col("trips").sum()).sort("trip_date")["trips"].to_list()
    )
    assert trend.filter(pl.col("holiday_name").is_not_null()).height == 2


def test_a_rolling_mean_takes_the_days_before_the_choice_and_seven_of_them(reader):
    late = demand.trend(reader, Filters(date(2021, 1, 10), ALL.last))
    whole = demand.trend(reader, ALL)
    assert whole["week"].null_count() == 6
    assert late.row(0) == whole.filter(pl.col("trip_date") == date(2021, 1, 10)).row(0)
    assert late["week"][0] == pytest.approx(whole["trips"][34:41].mean(), abs=0.06)


def test_heat_map_and_courses_of_the_day_hold_all_trips(reader):
    hourly = mart("mart_demand_hourly")["trips"].sum()
    week = demand.week_hours(reader, ALL)
    assert week.height == 168
    # Means are rounded to a hundredth of a trip.
    assert (week["trips"] * week["days"]).sum() == pytest.approx(hourly, rel=1e-3)
    courses = demand.day_hours(reader, ALL)
    assert (courses["trips"] * courses["days"]).sum() == pytest.approx(hourly, rel=1e-3)
    cities = demand.cities(reader, ALL)
    assert (cities["trips"] * cities["days"]).sum() == pytest.approx(hourly, rel=1e-3)


def test_shares_of_a_month_add_up(reader):
    for kind in ("member_type", "bike_type"):
        shares = overview.by_month(reader, ALL, kind).group_by("trip_month").agg(pl.col("share").sum())
        assert shares["share"].to_list() == pytest.approx([1, 1, 1])


def test_stations_of_the_same_name_and_nearly_the_same_id_are_two(reader):
    found = stations.stations(reader, ALL)
    assert found["station_id"].to_list() == ["5470.10", "5470.1", "JC012", "DEPOT"]
    assert found["station_name"].to_list()[-1] == "DEPOT"
    # Three months of 31, 31 and 28 days, four kinds: 200 more leave than come.
    assert found.row(0, named=True)["net_a_day"] == pytest.approx(-200 * 12 / 90, abs=0.01)
    jersey = stations.stations(reader, SOME)
    assert set(jersey["city"]) == {"jc"}
    assert jersey["departures"][0] == 2 * 40
    routes = stations.routes(reader, ALL, "5470.1", count=5)
    assert routes.rows() == [("from", "Larch St & Lantern Ave", 750, 12.5)]
    assert stations.profile(reader, ALL, "JC012")["arrivals"].to_list() == [360, 360, 360]


def test_rain_halves_and_the_queries_say_so(reader):
    found = {band: change for band, change, *_ in weather.by_band(reader, ALL, "rain").iter_rows()}
    assert found["dry"] == pytest.approx(0, abs=0.1)
    assert found["rain"] == pytest.approx(-0.5, abs=0.1)
    hourly = weather.rain_by_hour(reader, ALL).filter(pl.col("band") == "rain")
    assert hourly["trip_hour"].to_list() == list(range(9, 19))
    assert weather.hours(reader, ALL)["trips"].sum() == mart("mart_demand_hourly")["trips"].sum()


def test_holidays_beside_their_comparable_days(reader):
    found = holidays.impact(reader, ALL)
    assert found.height == 4
    assert found.row(0, named=True) | {} == {
        "holiday_date": date(2020, 12, 25), "holiday_name": "Christmas Day", "city": "jc", "trips": 100,
        "comparable_days": 4, "comparable_mean": 200.0, "change": -0.5, "low": -0.75, "high": -0.25,
    }  # fmt: skip
    hourly = holidays.hourly(reader, ALL, date(2020, 12, 25), "jc")
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
    found = holidays.impact(open_reader(), ALL)
    assert found["low"].to_list() == [-1.0] * 4
    assert found["high"].to_list() == [-0.25] * 4


def test_a_handful_of_trips_in_another_months_file_are_no_month(root):
    """A ride that started in November and is in December's file has weather for its hours only."""
    source = marts()
    publish_lake(root)
    published = root.snapshots / open_reader().snapshot / "gold"
    for name in ("mart_demand_daily", "mart_weather_effect"):
        frame = pl.read_parquet(source / "gold" / name / "data.parquet")
        stray = (
            frame.filter(pl.col("trip_date") == ALL.first)
            .head(1)
            .with_columns(trip_date=pl.lit(date(2020, 11, 30)), trip_month=pl.lit("2020-11"))
        )
        (published / name / "data.parquet").unlink()
        pl.concat([frame, stray]).write_parquet(published / name / "data.parquet")
    late = Filters(date(2020, 11, 30), ALL.last)
    assert overview.by_month(open_reader(), late, "member_type")["trip_month"].unique().sort().to_list() == [
        "2020-12", "2021-01", "2021-02",
    ]  # fmt: skip


def test_headline_compares_with_as_many_days_before(reader):
    bounds = (ALL.first, ALL.last)
    chosen = Filters(date(2021, 2, 1), date(2021, 2, 14))
    told = compare(reader, chosen, bounds).told
    assert told == "**1 Feb 2021 – 14 Feb 2021** against 18 Jan 2021 – 31 Jan 2021."
    whole = compare(reader, ALL, bounds)
    assert whole.told == "**25 Jan 2021 – 21 Feb 2021** against 28 Dec 2020 – 24 Jan 2021."
    late, early = (overview.headline(reader, Filters(first, first + timedelta(27)))
                   for first in (date(2021, 1, 25), date(2020, 12, 28)))  # fmt: skip
    assert whole.figures[0].change == f"{100 * (late.trips / early.trips - 1):+.1f} %"
