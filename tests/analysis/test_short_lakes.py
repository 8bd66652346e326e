"""Notebooks on lakes that lack what a longer one has: they say what is missing, and go on."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from pathlib import Path

import polars as pl
import pytest

import lake
from analysis import frames
from analysis import notebooks as books
from analysis.page import written
from lake import locate
from tests.serving.lakes import mart, publish_lake

pytestmark = pytest.mark.slow

FOLDER = Path(books.__file__).parent
WEEKEND = pl.col("trip_date").is_in([date(2021, 1, 9), date(2021, 1, 10)])


def found(name: str, instead: Mapping[str, pl.DataFrame]) -> str:
    """Return what the page of a notebook says to have been found on a lake with these marts."""
    place = locate()
    publish_lake(place, instead=dict(instead))
    page = written(books.execute(FOLDER / f"{name}.ipynb", place.root), name)
    assert "<td>jc</td>" not in page, "a city goes by its name"
    text = re.sub(r"<(details|script|style)\b.*?</\1>|<[^>]+>", "", page, flags=re.DOTALL)
    assert not re.search(r"(?<![\d,.])1 (days|trips|pairs|holidays|stations|hours)\b", text)
    return text[text.index("hat was found") : text.index("How sure?")]


def covered(which: pl.Expr | bool) -> pl.DataFrame:
    return mart("mart_covered_days").filter(which)


def test_days_off_alone_have_no_busiest_hour_of_working_days():
    told = found("01_demand", {"mart_covered_days": covered(WEEKEND & (pl.col("city") == "jc"))})
    assert "Jersey City: " in told
    assert "trips on 2 days, " in told
    assert "It has no working day." in told
    assert "New York" not in told


def test_a_kind_of_rider_that_nobody_is_of_has_no_busiest_hour():
    hourly = mart("mart_demand_hourly").filter(pl.col("member_type") != "casual")
    told = found("01_demand", {"mart_demand_hourly": hourly})
    assert re.search(
        r"On working days members ride most at \d+:00\. There is no trip of casual riders on", told
    )


def test_a_single_day_is_no_range():
    told = found("01_demand", {"mart_covered_days": covered(pl.col("trip_date") == date(2021, 1, 8))})
    assert re.search(r"Jersey City: [\d,]+ trips on 1 day, 2021-01-08\.", told)


@pytest.mark.parametrize("name", ["01_demand", "02_weather", "03_holidays"])
def test_without_a_month_of_trips_there_is_nothing_to_say(name):
    assert "No month of trips is in the lake." in found(name, {"mart_covered_days": covered(which=False)})


def test_too_few_days_for_the_weather_are_said_where_findings_stand():
    told = found("02_weather", {"mart_covered_days": covered(WEEKEND)})
    for city in ("Jersey City", "New York"):
        assert re.search(rf"{city}: nothing can be said, 2 days with trips and weather; it takes \d+\.", told)


def test_holidays_without_days_beside_them_are_said_where_findings_stand():
    told = found(
        "03_holidays",
        {"mart_covered_days": covered(WEEKEND), "mart_holiday_impact": mart("mart_holiday_impact").clear()},
    )
    assert "Jersey City: nothing can be said, a public holiday: 0 pairs; an interval takes two." in told


def test_what_a_snapshot_has_beside_its_days_is_one_stray_or_more():
    place = locate()
    publish_lake(place, instead={"mart_covered_days": covered(WEEKEND)})
    with lake.connect(root=place.root) as connection:
        told = frames.provenance(frames.published(), connection)
        assert "more are strays from" in told
        connection.execute("create table kept as from gold.mart_demand_daily limit 1")
        connection.execute(
            "create or replace view gold.mart_demand_daily as select * replace (1 as trips) from kept"
        )
        connection.execute("create or replace view gold.mart_covered_days as select 0 as trips")
        assert ", 0 trips on covered days. 1 more is a stray from" in frames.provenance(
            frames.published(), connection
        )
