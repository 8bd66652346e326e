"""One figure, one definition: what a page shows is what the notebooks find, counted both ways, on one lake."""

from __future__ import annotations

from dataclasses import replace

import polars as pl
import pytest

import lake as lake_package
from analysis import figures as notebook_figures
from analysis import frames, slopes, stats
from serving.figures import overview as overview_figures
from serving.figures.style import COLOUR_OF
from serving.filters import MEMBERS, Filters
from serving.queries import (
    availability,
    demand,
    holidays,
    overview,
    shared,
    stations,
    weather,
    weather_whatif,
)
from serving.reader import open_reader
from tests.serving import truth
from tests.serving.lakes import ALL, publish_lake
from tests.serving.truth import FIRST, GONE, LAST, published

pytestmark = pytest.mark.slow

CITIES = ("nyc", "jc")


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    return truth.built(tmp_path_factory)


@pytest.fixture
def page(root, built):
    published(root, built)
    return open_reader()


@pytest.fixture
def notebook(root, page):
    with lake_package.connect(page.snapshot, root=root.root) as connection:
        yield connection


def of(city):
    return Filters(FIRST, LAST, city)


@pytest.mark.parametrize("city", CITIES)
def test_trips_and_trips_a_day(city, page, notebook):
    headline, days = overview.headline(page, of(city)), frames.days(notebook, city)
    assert headline.trips == days["trips"].sum() == shared.trend(page, of(city))["trips"].sum()
    assert headline.days == days.height
    assert headline.a_day == pytest.approx(days["trips"].mean())
    strays = sum(overview.holdings(page)["strays"])
    told = frames.provenance(frames.published(), notebook)
    assert (
        f"{sum(overview.holdings(page)['trips']):,} trips on covered days. {strays:,} more are strays" in told
    )


@pytest.mark.parametrize("city", CITIES)
def test_shares_by_month(city, page, notebook):
    months = frames.monthly(notebook).filter(city=city)
    assert months.height == (2 if city == "nyc" else 3)
    assert GONE not in months.filter(city="nyc")["trip_month"]
    for row in months.iter_rows(named=True):
        days = shared.trend(page, of(city)).filter(
            pl.col("trip_date").dt.strftime("%Y-%m") == row["trip_month"]
        )
        found = overview.headline(
            page, replace(of(city), first=days["trip_date"].min(), last=days["trip_date"].max())
        )
        assert (row["trips"], row["days"]) == (found.trips, found.days)
        assert found.casual_share is not None
        assert found.electric_share is not None
        assert row["trips_a_day"] == pytest.approx(found.a_day)
        assert row["casual_pct"] == pytest.approx(100 * found.casual_share)
        assert row["electric_pct"] == pytest.approx(100 * found.electric_share)


def test_net_flow(page, notebook):
    """Jersey City's months are all here, so that no arrival is of a month that counts for one and not the other."""
    top = frames.busiest_stations(notebook, "jc").sort("station_id")
    found = stations.stations(page, of("jc")).sort("station_id")
    assert found["station_id"].to_list() == top["station_id"].to_list()
    assert (found["net_a_day"] * found["days"]).to_list() == pytest.approx(top["net_flow"].to_list(), abs=0.5)


@pytest.mark.parametrize("city", CITIES)
def test_ten_degrees_warmer(city, page, notebook):
    """The notebook's effect, the page's, and what ten degrees on the what-if's slider do."""
    found = stats.demand_model(frames.days(notebook, city))
    model = weather_whatif.fit(shared.weather_days(page, of(city)), weather.hours(page, of(city)))
    assert [str(effect) for effect in model.effects] == [str(effect) for effect in found.effects]
    usual = model.usual("2024-04")
    warmer = replace(usual, temperature_c=usual.temperature_c + 10)
    before, after = (model.day("2024-04", one, is_off=False)["trips"][-1] for one in (usual, warmer))
    # Trips of a small lake are shown to a tenth.
    assert 100 * (after / before - 1) == pytest.approx(found.effect(stats.TEMPERATURE).percent, abs=1.5)


@pytest.mark.parametrize("city", CITIES)
def test_a_holidays_change_and_interval(city, page, notebook):
    """As the page shows it, as the notebook lists it, and as ordinary days are put through the same comparison."""
    shown = holidays.impact(page, of(city)).filter(pl.col("comparable_days") >= 2)
    listed = stats.of_mart(frames.holidays(notebook, city))
    counted = stats.apart(frames.days(notebook, city), shown["holiday_date"])
    assert shown.height == len(listed) == len(counted) > 0
    for row, one, other in zip(shown.iter_rows(named=True), listed, counted, strict=True):
        for effect in (one.effect, other.effect):
            told = (100 * row["change"], 100 * row["low"], 100 * row["high"])
            assert told == pytest.approx((effect.percent, effect.low, effect.high), abs=0.011, rel=1e-4)
        assert row["comparable_mean"] == pytest.approx(other.comparable, abs=0.051)
        assert one.comparable == pytest.approx(other.comparable, abs=1e-5)


def test_all_holidays_together(page, notebook):
    apart = stats.of_mart(frames.holidays(notebook, "jc"))
    mean = stats.mean_ratio(
        "holidays", pl.Series([one.trips for one in apart]), pl.Series([one.comparable for one in apart])
    )
    assert f"{abs(mean.percent):.0f} %" in holidays.told(page, of("jc")).replace("+", "").replace("-", "")
    assert f"{mean.observations} holidays" in holidays.told(page, of("jc"))


def test_members_and_casual_riders_have_one_colour_each(page, notebook):
    hours = frames.hours(notebook, "jc").filter(kind_of_day="working day")
    lines = notebook_figures.lines(hours, "trip_hour", "trips", by="member_type", title="", labels=("", ""))
    bars = overview_figures.mix(overview.by_month(page, of("jc"), "member_type"))
    by_name = {bar.name: bar.marker.color for bar in bars.data}
    for trace in lines.data:
        assert trace.line.color == COLOUR_OF[trace.name] == by_name[MEMBERS[trace.name]]
    assert len({trace.line.color for trace in lines.data}) == 2


def test_minutes_without_a_bike_and_the_flow_before(root):
    """On a lake of marts: dbt's small one has no answers of a feed."""
    publish_lake(root)
    reader = open_reader()
    with lake_package.connect(reader.snapshot, root=root.root) as connection:
        found = slopes.slope(frames.flow_cells(connection))
        days = frames.availability_days(connection)
    shown = availability.flow(reader, ALL)
    assert (shown.value, shown.low, shown.high, shown.over) == pytest.approx(
        (found.value, found.low, found.high, found.over)
    )
    for thing, name in (("bike", "empty"), ("dock", "full")):
        assert f"without a {thing} {slopes.share(name, days[name], days['served'])}" in availability.told(
            reader, ALL
        )


def test_trips_of_an_hour(page, notebook):
    """Means over covered days: by weekday on the page, over working days and days off in the notebook."""
    days = frames.days(notebook, "jc")
    by_weekday = dict(days.group_by("day_of_week").len().iter_rows())
    shown = demand.week_hours(page, of("jc")).filter(trip_hour=17)
    off = days.filter(pl.col("is_weekend") | pl.col("is_holiday")).height
    number = {"weekend or holiday": off, "working day": days.height - off}
    listed = frames.hours(notebook, "jc").filter(trip_hour=17)
    assert sum(
        row["trips"] * by_weekday[row["day_of_week"]] for row in shown.iter_rows(named=True)
    ) == pytest.approx(
        sum(row["trips"] * number[row["kind_of_day"]] for row in listed.iter_rows(named=True)), rel=1e-2
    )
