"""Demand: its queries hold all trips of the mart."""

from __future__ import annotations

import statistics
from dataclasses import replace
from datetime import date

import polars as pl
import pytest

from analysis.stats import TooLittleDataError
from serving.figures import demand as figures
from serving.filters import Filters
from serving.queries import demand as queries
from serving.queries.shared import NOT_COVERED
from serving.reader import open_reader
from tests.serving.lakes import ALL, SOME, kept, mart, publish_lake


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


@pytest.mark.parametrize("chosen", [ALL, SOME])
def test_lengths_of_trips_are_those_of_the_mart_and_shares_are_of_a_kind(reader, chosen):
    rows = kept(mart("mart_durations"), chosen)
    found = queries.durations(reader, chosen)
    assert found["trips"].sum() == rows["trips"].sum()
    for (kind,), part in found.group_by("member_type"):
        assert part["share"].sum() == pytest.approx(1)
        # Trips lie evenly in the tenth of a minute in which they are known to be.
        every = rows.filter(pl.col("member_type") == kind).group_by("minutes").agg(pl.col("trips").sum())
        lengths = [begins + 0.1 * (n + 0.5) / count for begins, count in every.rows() for n in range(count)]
        [found_median] = set(part["median"])
        assert found_median == pytest.approx(statistics.median(lengths))


def test_of_minutes_that_no_trip_took_nothing_is_drawn(reader):
    """A line of steps stays up until its next point: trips of 10 and of 30 minutes are none of all between them."""
    found = queries.durations(reader, ALL).filter(member_type="member")
    assert found["minutes"].to_list() == list(range(1, 61))
    assert found.filter(pl.col("trips") > 0)["minutes"].to_list() == [5, 10, 30]
    assert found.filter(trips=0)["share"].unique().to_list() == [0]


def test_a_month_whose_file_tells_no_kinds_has_no_zero_of_one(root):
    """Whether there were electric bikes nobody knows; of a month that tells them apart zero is zero."""
    daily = mart("mart_demand_daily")
    early, electric = pl.col("trip_month") == "2020-12", pl.col("bike_type") == "electric"
    told = pl.when(early).then(pl.lit("unknown")).otherwise("bike_type").alias("bike_type")
    none = (pl.col("trip_month") == "2021-01") & electric
    publish_lake(root, instead={"mart_demand_daily": daily.filter(~none).with_columns(told)})
    found = queries.cities(open_reader(), replace(ALL, city="jc", bike="electric"))
    assert found.select("trip_month", pl.col("trips") > 0).rows() == [("2021-01", False), ("2021-02", True)]


def test_distances_are_of_rides_from_one_place_to_another(reader):
    rows = kept(mart("mart_distances"), ALL).filter(pl.col("kilometres") > 0)
    found = queries.distances(reader, ALL)
    assert set(found["kilometres"]) == {half / 2 for half in range(17)}
    assert set(found.filter(pl.col("trips") > 0)["kilometres"]) == {0.5, 2.0}
    assert found["trips"].sum() == rows["trips"].sum()
    # Of as many short as long ones the longest of the short.
    assert found["median"].to_list() == pytest.approx([0.8] * found.height)


def test_a_median_is_named_and_marked():
    frame = pl.DataFrame({"member_type": ["member"] * 2 + ["unknown"], "minutes": [5, 60, 7],
                          "trips": [300, 100, 1], "share": [0.75, 0.25, 1.0], "median": [5.4] * 2 + [7.0]})  # fmt: skip
    figure = figures.durations(frame)
    # One trip alone would be a tower of 100 %.
    assert len(figure.data) == 1
    # Which only its legend says: Plotly shows none of a single trace, unless it is told to.
    assert figure.layout.showlegend
    assert figure.data[0].name == "Members, median 5.4 min"
    assert [shape.x0 for shape in figure.layout.shapes] == [5.4]


def test_the_sentence_says_which_of_the_things_it_takes_is_not_there(reader):
    """Of two days off that people rode on nobody is told that they are none, and without a trip."""
    for first, last, said in (
        (date(2021, 1, 4), date(2021, 1, 6), "none of the days that are covered is a weekend or a holiday"),
        (date(2020, 1, 1), date(2020, 1, 31), NOT_COVERED),
    ):
        with pytest.raises(TooLittleDataError, match=said):
            queries.told(reader, Filters(first, last))
    with pytest.raises(TooLittleDataError, match="on no working day of their months did anybody ride"):
        queries.told(reader, replace(ALL, member="unknown"))


def test_a_month_in_which_nobody_like_that_rode_stays_on_its_axis(root):
    """With none: a month that is left out would seem not to be covered."""
    daily = mart("mart_demand_daily")
    without = (pl.col("trip_month") == "2021-01") & (pl.col("member_type") == "casual")
    publish_lake(root, instead={"mart_demand_daily": daily.filter(~without)})
    found = queries.cities(open_reader(), replace(ALL, city="jc", member="casual"))
    assert found["trip_month"].to_list() == ["2020-12", "2021-01", "2021-02"]
    assert found["trips"].to_list()[1] == 0
    assert list(figures.cities(found).data[0].x) == found["trip_month"].to_list()
