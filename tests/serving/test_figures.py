"""Figures drawn of what real lakes hold: years between months, and rides to far-off stations."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import polars as pl
import pytest

from serving import figures


def days(*stretches):
    """Return a frame as of `demand.trend`: stretches of days, each a first day and how many there are."""
    rows = [
        (first + timedelta(place), 100, 100.0, number, None)
        for number, (first, count) in enumerate(stretches)
        for place in range(count)
    ]
    columns = ["trip_date", "trips", "week", "stretch", "holiday_name"]
    return pl.DataFrame(rows, schema=columns, orient="row")


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


def test_days_without_a_gap_keep_the_ticks_that_follow_a_zoom():
    assert figures.trend(days((date(2024, 2, 1), 121))).layout.xaxis.tickvals is None


def stations(*rows):
    columns = ["station_id", "station_name", "latitude", "longitude", "departures", "arrivals", "net_a_day"]
    return pl.DataFrame([(name, name, *rest) for name, *rest in rows], schema=columns, orient="row")


NEAR = [(f"near-{number}", 40.72 + number / 1000, -74.05, 1000, 1000, 0.1 * number) for number in range(20)]
FAR = ("far", 40.87, -73.9, 1, 2, 0.0)


def test_a_map_is_framed_around_the_stations_with_nearly_all_trips():
    figure = figures.station_map(stations(*NEAR, FAR), tiles=False)
    assert figure.layout.yaxis.range[1] < 40.8
    assert figure.layout.xaxis.range[1] < -74
    # It is drawn all the same, for whoever zooms out.
    assert 40.87 in figure.data[0].y
    tiles = figures.station_map(stations(*NEAR, FAR), tiles=True)
    assert tiles.layout.map.center.lat < 40.8
    # One station alone, and one that nobody used, are framed too.
    for lonely in (stations(FAR), stations(("closed", 40.87, -73.9, 0, 0, 0.0))):
        low, high = figures.station_map(lonely, tiles=False).layout.yaxis.range
        assert low < 40.87 < high


def test_one_station_that_fills_up_does_not_leave_the_others_grey():
    filling = ("filling", 40.72, -74.06, 1000, 1500, 90.0)
    marker = figures.station_map(stations(*NEAR, filling), tiles=False).data[0].marker
    assert (marker.cmin, marker.cmax) == pytest.approx((-1.9, 1.9))
    assert max(marker.color) == 90
