"""The notebook of availability on a made-up mart whose slope is known, and on one without an answer."""

from __future__ import annotations

import re
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

import lake as lake_package
from analysis import frames, slopes
from analysis import notebooks as books
from lake import locate
from tests.serving.lakes import mart, publish_lake

pytestmark = pytest.mark.slow

NOTEBOOK = Path(books.__file__).parent / "05_availability.ipynb"
#: The truth: so many minutes of the next hour without a bike for each bike that left.
MINUTES = 0.8


def made_up(days: int = 20, stations: int = 12) -> pl.DataFrame:
    """Return a mart in which each bike that left makes the next hour `MINUTES` emptier, and nothing else does."""
    dice = np.random.default_rng(5)
    shape = (stations, days * 24)
    flow = dice.integers(-5, 6, shape)
    before = np.concatenate([np.zeros((stations, 1)), flow[:, :-1]], axis=1)
    # Stations differ, days differ, and what is left is chance.
    empty = 20 - MINUTES * before + dice.uniform(-5, 5, (stations, 1)) + dice.uniform(-3, 3, shape)
    empty += np.repeat(dice.uniform(-3, 3, (1, days)), 24, axis=1)
    # Some rest for a while: the minutes are those of the time in service.
    served = np.where(dice.random(shape) < 0.1, 40.0, 60.0)
    place, hour = (one.ravel() for one in np.indices(shape))
    like = mart("mart_station_availability")
    made = pl.DataFrame(
        {
            "station_id": [f"{one}" for one in place],
            "status_date": [date(2021, 1, 4) + timedelta(hours=int(one)) for one in hour],
            "status_hour": hour % 24,
            "net_flow": flow.ravel(),
            "minutes_observed": np.full(hour.size, 60.0),
            "minutes_out_of_service": 60 - served.ravel(),
            "minutes_empty": (empty * served / 60).ravel(),
            "minutes_full": np.ones(hour.size),
            "system": ["citibike"] * hour.size,
            "status_month": ["2021-01"] * hour.size,
        }
    )
    asleep = (pl.col("status_date") == date(2021, 1, 9)) & (pl.col("status_hour") > 6)
    return pl.concat(
        [like.clear(), made.cast({k: like.schema[k] for k in made.columns})], how="diagonal"
    ).filter(~asleep)


def published(frame: pl.DataFrame):
    """Publish a lake with this mart of availability, and return its root."""
    place = locate()
    publish_lake(place, instead={"mart_station_availability": frame})
    return place.root


def said(root):
    """Return all that the notebook says in words, what it finds last."""
    notebook = books.execute(NOTEBOOK, root)
    outputs = [one for cell in notebook.cells if cell.cell_type == "code" for one in cell.outputs]
    return "\n".join(one["data"].get("text/markdown", "") for one in outputs)


def test_it_finds_the_slope_that_is_there_and_none_where_there_is_none():
    root = published(made_up())
    told = said(root)
    number = r"(-?\d+\.\d+)"
    found = re.search(
        rf"for {number} minutes longer of the next hour \({number} to {number}, 95 % interval\)", told
    )
    assert found, told
    value, low, high = map(float, found.groups())
    assert low <= MINUTES <= high
    assert high - low < 0.1
    assert value == pytest.approx(MINUTES, abs=0.05)
    # Neither the same hour nor the one after has anything to do with it.
    for name in ("same hour", "hour after"):
        low, high = map(
            float, re.search(rf"{name}: \S+ a bike \(95 % interval {number} to \+{number}\)", told).groups()
        )
        assert low < 0 < high
    assert "20 days were observed" in told
    with lake_package.connect(root=root) as connection:
        sums = frames.flow_cells(connection)
    # Of hours after the recorder slept nobody knows what was before.
    assert sums["rows"].sum() == 12 * (20 * 24 - 17 - 2)
    assert slopes.slope(sums).places == 12


def test_a_lake_without_an_answer_says_so():
    told = said(published(made_up().clear()))
    assert "No answer of a live feed is in the lake." in told
    assert "There is no time in service to draw." in told
    assert "There is too little to draw" in told
    assert "Nothing can be said of trips: what it may depend on varies on 0 days" in told
    assert "0 days were observed" in told
    assert "Nothing can be said of the time without a bike: seen on 0 days; an interval takes two." in told


def test_a_day_of_answers_is_one_day_of_minutes_and_not_of_trips():
    told = said(published(made_up(days=1)))
    assert "Nothing can be said of the time without a bike: seen on 1 day; an interval takes two." in told
    assert "1 day was observed; trips are known beside 288 of 288 hours of stations." in told
    assert not re.search(r"\btrips;|\b1 days", told)


def test_what_never_lacked_is_said_to_have_never_lacked():
    told = said(published(made_up(days=3).with_columns(minutes_full=pl.lit(0.0))))
    assert "Nothing can be said of the time without a dock: never in 3 days;" in told
