"""What several pages ask and draw: the trend, on real lakes with years between their months."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise

import polars as pl
import pytest

from serving.figures import shared as figures
from serving.filters import Filters
from serving.queries import shared as queries
from serving.reader import open_reader
from tests.serving.lakes import ALL, SOME, kept, mart, publish_lake


@pytest.mark.parametrize("chosen", [ALL, SOME])
def test_the_trend_counts_the_chosen_trips(reader, chosen):
    expected = kept(mart("mart_demand_daily"), chosen)
    trend = queries.trend(reader, chosen)
    assert trend["trips"].to_list() == (
        expected.group_by("trip_date").agg(pl.col("trips").sum()).sort("trip_date")["trips"].to_list()
    )
    assert trend.filter(pl.col("holiday_name").is_not_null()).height == 2


def test_a_rolling_mean_takes_the_days_before_the_choice_and_seven_of_them(reader):
    late = queries.trend(reader, Filters(date(2021, 1, 10), ALL.last))
    whole = queries.trend(reader, ALL)
    assert whole["week"].null_count() == 6
    assert late.row(0) == whole.filter(pl.col("trip_date") == date(2021, 1, 10)).row(0)
    assert late["week"][0] == pytest.approx(whole["trips"][34:41].mean(), abs=0.06)


def test_a_day_without_trips_at_the_edge_of_a_month_is_not_told_as_one_that_the_lake_lacks(root):
    """Its month is here: whether service was closed or the file ends there, the lake has what there is."""
    publish_lake(root, closed="2020-12-31", without_month="2021-01")
    reader = open_reader()
    around = Filters(date(2020, 12, 20), date(2021, 1, 10))
    edge = "Jersey City's file of the month has no trip on 31 Dec 2020 (a day without any at the edge of a month counts nowhere)"
    assert queries.lacks(reader, around) == f"{edge}; New York and Jersey City lack January 2021"
    assert queries.lacks(reader, replace(around, last=date(2020, 12, 31), city="jc")) == edge
    assert queries.lacks(reader, replace(around, city="nyc")) == "New York lacks January 2021"


def days(*stretches):
    """Return a frame as of `shared.trend`: stretches of days, each a first day and how many there are."""
    rows = [
        (first + timedelta(place), 100, 100.0, number, None)
        for number, (first, count) in enumerate(stretches)
        for place in range(count)
    ]
    columns = ["trip_date", "trips", "week", "stretch", "holiday_name"]
    return pl.DataFrame(rows, schema=columns, orient="row")


def test_a_holiday_is_named_on_its_own_day_only():
    """Plotly's tooltip of a day asks each trace for its nearest point: 25 May had Memorial Day's name."""
    frame = days((date(2024, 5, 20), 12)).with_columns(
        holiday_name=pl.when(pl.col("trip_date") == date(2024, 5, 27)).then(pl.lit("Memorial Day"))
    )
    figure = figures.trend(frame)
    named = {
        day
        for trace in figure.data
        if trace.hoverinfo != "skip"
        for day, said in zip(trace.x, trace.customdata or [""] * len(trace.x), strict=True)
        if "Memorial Day" in f"{said}{trace.hovertemplate}{trace.text}"
    }
    assert named == {date(2024, 5, 27)}


def test_every_stretch_of_days_has_a_tick_with_month_and_year():
    frame = days(
        (date(2015, 9, 21), 41), (date(2017, 11, 1), 92), (date(2024, 2, 1), 121), (date(2024, 10, 1), 61)
    )
    axis = figures.trend(frame).layout.xaxis
    assert [text.split("<br>")[1] for text in axis.ticktext][:2] == ["2015", "2017"]
    assert "Oct<br>2024" in axis.ticktext
    # Apart by a ninth of the days at least, so that they do not overlap on a phone.
    shown = frame["trip_date"].cast(pl.String).to_list()
    places = [shown.index(one) for one in axis.tickvals]
    assert all(later - earlier >= frame.height / 9 for earlier, later in pairwise(places))
    # The breaks hide no day that there is.
    hidden = [one.bounds for one in axis.rangebreaks]
    assert len(hidden) == 3
    assert not any(low < day < high for low, high in hidden for day in shown)
