"""What is chosen is what is counted: a query under a choice is the query without it on a lake that holds nothing else.

So no second SQL has to be as right as the first: a condition that one part of a query lacks shows, whatever it counts.
"""

from __future__ import annotations

import importlib
import inspect
from dataclasses import fields, is_dataclass, replace
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from analysis.stats import TooLittleDataError
from serving import queries
from serving.queries.shared import held
from serving.reader import open_reader
from tests.serving.lakes import ALL, TABLES, mart, publish_lake

pytestmark = pytest.mark.slow

ROOM = Path(queries.__file__).parent
CHOICES = {
    "rider": replace(ALL, member="casual"),
    "bike": replace(ALL, bike="electric"),
    "city": replace(ALL, city="jc"),
    "month": replace(ALL, first=date(2021, 1, 1), last=date(2021, 1, 31)),
    "days": replace(ALL, first=date(2020, 12, 21), last=date(2021, 1, 10)),
}
#: What queries ask besides reader and choice.
MORE = {
    "holidays.hourly": lambda _: {"holiday": date(2021, 1, 1), "city": "jc"},
    "overview.by_month": lambda _: {"kind": "bike_type"},
    "overview.compare": lambda reader: {"held": held(reader)},
    "overview_weeks.weeks": lambda reader: {"held": held(reader)},
    "stations.flows": lambda _: {"count": 9},
    "stations.profile": lambda _: {"station": "JC012"},
    "stations.routes": lambda _: {"station": "JC012", "count": 9},
    "stations_balance.by_weekday": lambda _: {"station": "JC012"},
    "weather.by_band": lambda _: {"kind": "rain"},
    "weather.why": lambda _: {"nothing": "nothing", "few": "few"},
}
#: In these marts riders, bikes and days all have the same: here they have not, or a choice would change nothing.
UNEVEN = {
    "mart_distances": "kilometres",
    "mart_durations": "minutes",
    "mart_holiday_impact": "trips",
    "mart_routes": "trips",
    "mart_station_hours": "departures",
    "mart_station_stats": "departures",
}
WHOSE = ("trip_date", "moved_on", "trip_month", "city", "member_type", "bike_type")
#: Questions that count more than is chosen, under which choices, and why they are right to. No other may, and each does.
OTHERWISE = {
    "availability.by_flow": ("month days", "the first hour has one before it"),
    "availability.flow": ("month days", "the first hour has one before it"),
    "demand.told": ("days", "days off are measured by the working days of their whole months"),
    "holidays.hourly": ("month days", "comparable days lie up to four weeks before and after"),
    "overview.compare": ("month days", "it compares with as many days before"),
    "overview_weeks.weeks": (
        "bike month days",
        "it compares with days before, and weather is not kept by bike",
    ),
    "shared.trend": ("month days", "the first mean is of six days before, too"),
    "shared.weather_days": ("bike", "weather is not kept by bike"),
    "stations.flows": ("city", "a ride into the other city ends at a station of that"),
    "stations.stations": ("days", "its mart is by month, and so are its days"),
    "weather.by_band": ("days", "what is expected of an hour is learnt from its whole month"),
    "weather.rain_by_hour": ("days", "what is expected of an hour is learnt from its whole month"),
    "weather.told": ("days", "what is expected of an hour is learnt from its whole month"),
}
#: Of what lakes like these have nothing: they lack no day.
NOTHING = {"shared.lacking"}


def asked():
    """Return every question about a choice, by its module and name; a skeleton's is one once it is written."""
    found = {}
    for file in sorted(ROOM.glob("*.py")):
        if " serving page): " in file.read_text(encoding="utf-8"):
            continue
        module = importlib.import_module(f"serving.queries.{file.stem}")
        for name, one in vars(module).items():
            if inspect.isfunction(one) and one.__module__ == module.__name__ and name[0] != "_":
                told = [parameter.annotation for parameter in inspect.signature(one).parameters.values()]
                if told[:2] == ["Reader", "Filters"]:
                    found[f"{file.stem}.{name}"] = one
    return found


ASKED = asked()


def uneven(name):
    """Return a mart in which no two choices count the same."""
    frame = mart(name)
    if name not in UNEVEN:
        return frame
    whose = pl.concat_str(column for column in WHOSE if column in frame.columns)
    kind = frame.schema[UNEVEN[name]]
    return frame.with_columns(pl.col(UNEVEN[name]) + (whose.hash(7) % 11).cast(kind))


def only(name, chosen):
    """Return a mart with the rows of a choice alone."""
    frame = uneven(name)
    if chosen.member and name == "mart_weather_effect":
        # It has riders side by side.
        return frame.with_columns(trips=f"{chosen.member}_trips")
    if chosen.member and name == "mart_holiday_impact":
        # Of nobody else are those all.
        return frame.filter(member_type=chosen.member).with_columns(member_type=pl.lit("all"))
    for column, value in (("city", chosen.city), ("member_type", chosen.member), ("bike_type", chosen.bike)):
        if value and column in frame.columns:
            frame = frame.filter(pl.col(column) == value)
    for column, kind in frame.schema.items():
        if kind == pl.Date:
            return frame.filter(pl.col(column).is_between(chosen.first, chosen.last))
    if "trip_month" not in frame.columns:
        return frame
    first, last = (pl.lit(f"{day:%Y-%m}") for day in (chosen.first, chosen.last))
    return frame.filter(pl.col("trip_month").is_between(first, last))


def answer(name, reader, chosen):
    more = MORE[name](reader) if name in MORE else {}
    try:
        return ASKED[name](reader, chosen, **more)
    except TooLittleDataError as error:
        return str(error)


def is_same(one, other):
    if is_dataclass(one) and type(one) is type(other):
        return all(is_same(getattr(one, field.name), getattr(other, field.name)) for field in fields(one))
    if not isinstance(one, pl.DataFrame):
        return one == other
    try:
        assert_frame_equal(one, other)
    except AssertionError:
        return False
    return True


@pytest.mark.parametrize("choice", CHOICES)
def test_what_is_chosen_is_all_that_is_counted(choice, root):
    chosen = CHOICES[choice]
    marts = [table.removeprefix("gold.") for table in TABLES if table.startswith("gold.")]
    publish_lake(root, instead={name: uneven(name) for name in marts})
    whole = open_reader()
    publish_lake(root, instead={name: only(name, chosen) for name in marts})
    part = open_reader()
    # The lake that holds the chosen days only is not asked for others: it would say that it lacks them.
    days = replace(ALL, first=chosen.first, last=chosen.last)
    found = {name: (answer(name, whole, chosen), answer(name, part, days)) for name in ASKED}
    empty = {name for name, (one, _) in found.items() if isinstance(one, pl.DataFrame) and one.is_empty()}
    assert empty == NOTHING, "that two answers are empty says nothing"
    differ = {name for name, (one, other) in found.items() if not is_same(one, other)}
    assert differ == {name for name, (choices, _) in OTHERWISE.items() if choice in choices.split()}
