"""Newer looks of pages, counted again in SQL of its own over silver's facts, as in `test_truth.py`."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from serving.filters import Filters, Held
from serving.queries import demand, overview_weeks
from serving.reader import open_reader
from tests.serving import truth
from tests.serving.truth import FIRST, LAST, TOGETHER, facts, published

pytestmark = pytest.mark.slow

BOTH = Filters(FIRST, LAST)
HELD = Held(FIRST, LAST, ("nyc", "jc"))


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    return truth.built(tmp_path_factory)


@pytest.fixture
def lake(root, built):
    published(root, built)
    return open_reader()


def test_the_last_week_beside_the_one_before_in_the_same_weather(lake, built):
    """The effects of the day's weather by least squares of its own, over Jersey City's days."""
    rows = facts(
        built,
        """with by_day as (
            select trip_date as day, count(*) as trips from trips where city = 'jc' and trip_month >= '2024-04' group by 1
        ), weather as (
            select weather_date as day, avg(temperature_c) as warm, sum(precipitation_mm) as rain,
                avg(wind_speed_kmh) as wind
            -- Of the last day the weather is not whole.
            from hours group by 1 having count(precipitation_mm) = 24
        )
        select day, trips, warm, rain, wind from by_day inner join weather using (day) order by day""",
    )
    days = [row[0] for row in rows]
    trips = np.array([row[1] for row in rows], float)
    weather = np.array(
        [
            [warm / 10, rain >= 1, np.log2(rain / 10) if rain >= 1 else 0, wind / 10]
            for *_, warm, rain, wind in rows
        ],
        float,
    )
    calendar = [[day.month == month for month in (4, 5, 6)] for day in days]
    weekdays = [[day.weekday() == one for one in range(1, 7)] for day in days]
    holidays = [[str(day) in ("2024-05-27", "2024-06-19")] for day in days]
    levels = np.hstack([weather, calendar, weekdays, holidays]).astype(float)
    effects = weather @ np.linalg.lstsq(levels, np.log(trips), rcond=None)[0][:4]
    now, then = slice(-7, None), slice(-14, -7)
    alike = (trips[then] * np.exp(effects[now] - effects[then])).sum()
    found = overview_weeks.weeks(lake, replace(BOTH, city="jc", last=date(2024, 6, 29)), HELD)
    assert found.frame.select("period", "trips").rows() == [
        ("a week before", trips[then].sum()),
        ("chosen", trips[now].sum()),
    ]
    assert found.frame["alike"][0] == pytest.approx(alike, abs=0.06)
    before, year = found.told[1:]
    change, same = (100 * (trips[now].sum() / one - 1) for one in (trips[then].sum(), alike))
    assert before.startswith(
        f"A week before (16 Jun 2024 – 22 Jun 2024): {change:+.1f} %, in the same weather **{same:+.1f} %**"
    )
    pairs = sum(all(day - timedelta(one) in days for one in range(14)) for day in days)
    assert f"of {pairs} such pairs" in before
    assert before.endswith("A holiday is among these days and none among the chosen.")
    assert year.endswith("not compared, for the lake begins on 1 Apr 2024.")


def test_a_week_that_a_city_lacks_is_not_compared(lake):
    found = overview_weeks.weeks(lake, Filters(date(2024, 6, 1), date(2024, 6, 3)), HELD)
    assert found.frame["period"].to_list() == ["chosen"]
    assert (
        "A week before (25 May 2024 – 27 May 2024): not compared, for New York lacks May 2024." in found.told
    )


def test_distances_are_of_the_straight_lines_between_stations(lake, built):
    """On the plane, which over a city is that of the sphere to the metre."""
    rows = facts(
        built,
        f"""with gone as (
            select member_type, round(sqrt(
                (111.195 * (ends.latitude - starts.latitude)) ** 2
                + (111.195 * cos(radians(40.73)) * (ends.longitude - starts.longitude)) ** 2
            ), 1) as kilometres
            from trips inner join places as starts on starts.station_id = start_station_id
            inner join places as ends on ends.station_id = end_station_id
            where {TOGETHER} and not is_false_start and not is_lost_bike and start_station_id <> end_station_id
        )
        select member_type, count(*), median(kilometres) from gone group by all order by 1""",
    )
    found = (
        demand.distances(lake, BOTH).group_by("member_type").agg(pl.col("trips").sum(), pl.first("median"))
    )
    assert [(kind, trips) for kind, trips, _ in found.sort("member_type").rows()] == [row[:2] for row in rows]
    assert found.sort("member_type")["median"].to_list() == pytest.approx([row[2] for row in rows], abs=0.051)
