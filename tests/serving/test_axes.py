"""Axes of time and counts, on what real lakes have: years between months, a single day, cities far apart."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from plotly.graph_objects import Figure

from serving.figures.axes import columns_axis, counts_axis, days_axis, months_axis


def days(*stretches):
    return [first + timedelta(place) for first, count in stretches for place in range(count)]


def ticks(axis):
    return dict(zip(axis.tickvals, axis.ticktext, strict=True))


def test_months_are_named_where_they_begin():
    axis = days_axis(Figure(), days((date(2020, 11, 1), 181))).layout.xaxis
    assert ticks(axis) == {
        f"{year}-{month:02}-01": f"{name}<br>{year}"
        for year, month, name in (
            (2020, 11, "Nov"),
            (2020, 12, "Dec"),
            (2021, 1, "Jan"),
            (2021, 2, "Feb"),
            (2021, 3, "Mar"),
            (2021, 4, "Apr"),
        )
    }
    # Nothing past the data: half a day on either side, for a marker.
    assert list(axis.range) == ["2020-10-31 12:00", "2021-04-30 12:00"]


def test_few_days_are_named_themselves():
    axis = days_axis(Figure(), days((date(2021, 2, 27), 7))).layout.xaxis
    assert list(ticks(axis).values())[:3] == ["27 Feb<br>2021", "28 Feb<br>2021", "1 Mar<br>2021"]
    assert len(axis.tickvals) == 7


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.integers(1, 130), st.integers(1, 2000)), min_size=1, max_size=4),
    st.dates(date(2013, 6, 1), date(2024, 1, 1)),
)
def test_no_day_is_hidden_and_every_gap_is_marked_and_ticks_do_not_overlap(stretches, first):
    shown, here = [], first
    for count, gap in stretches:
        shown += [here + timedelta(place) for place in range(count)]
        here = shown[-1] + timedelta(gap)
    shown = sorted(set(shown))
    figure = days_axis(Figure(), shown)
    axis = figure.layout.xaxis
    place_of = {str(day): place for place, day in enumerate(shown)}
    hidden = [one.bounds for one in axis.rangebreaks]
    assert not any(low < day < high for low, high in hidden for day in place_of)
    assert len(figure.layout.shapes) == len(hidden)
    places = [place_of[one] for one in axis.tickvals]
    assert places
    assert all(later - earlier >= len(shown) / 9 for earlier, later in pairwise(places))


def test_a_gap_between_months_is_marked_and_takes_no_room():
    figure = months_axis(Figure(), ["2024-02", "2021-03", "2021-01", "2021-02"])
    axis = figure.layout.xaxis
    assert list(axis.categoryarray) == ["2021-01", "2021-02", "2021-03", "2024-02"]
    assert [shape.x0 for shape in figure.layout.shapes] == [2.5]
    assert list(axis.range) == [-0.5, 3.5]
    assert list(axis.ticktext) == ["Jan<br>2021", "Feb<br>2021", "Mar<br>2021", "Feb<br>2024"]


def test_days_of_a_heat_map_lie_side_by_side():
    figure = columns_axis(Figure(), days((date(2020, 10, 31), 2), (date(2021, 3, 13), 3)))
    axis = figure.layout.xaxis
    assert list(axis.categoryarray) == ["2020-10-31", "2020-11-01", "2021-03-13", "2021-03-14", "2021-03-15"]
    assert [shape.x0 for shape in figure.layout.shapes] == [1.5]
    assert list(ticks(axis).values())[1:3] == ["1 Nov<br>2020", "13 Mar<br>2021"]
    months = columns_axis(Figure(), days((date(2020, 11, 1), 30), (date(2021, 3, 1), 31))).layout.xaxis
    assert ticks(months) == {"2020-11-01": "Nov<br>2020", "2021-03-01": "Mar<br>2021"}


@pytest.mark.parametrize("values", [[100.0, 180.0], [0.0, 50000.0], [3.0]])
def test_a_log_scale_that_would_have_hardly_a_tick_is_none(values):
    axis = counts_axis(Figure(), pl.Series(values), "trips").layout.yaxis
    assert (axis.type, axis.rangemode, axis.title.text) == (None, "tozero", "trips")


@settings(max_examples=60, deadline=None)
@given(st.floats(0.01, 1e4), st.floats(10, 1e4))
def test_a_log_scale_begins_and_ends_with_a_tick(low, ratio):
    axis = counts_axis(Figure(), pl.Series([low, low * ratio]), "trips").layout.yaxis
    assert axis.type == "log"
    shown = [10**one for one in axis.range]
    assert (axis.tickvals[0], axis.tickvals[-1]) == pytest.approx(shown)
    assert shown[0] <= low * (1 + 1e-9)
    assert shown[1] * (1 + 1e-9) >= low * ratio
    assert len(axis.tickvals) >= 4
