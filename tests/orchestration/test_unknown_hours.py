"""Hours that the weather service does not know: warned of, in no total, and healed by a later answer."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import lake as lake_package
from bronze.sample.answers import UNITS
from bronze.sample.holidays import write_holidays
from lake import Lake
from tests.bronze.upstream import modern_csv, put, zipped
from tests.orchestration.lakes import go, upstream

pytestmark = pytest.mark.slow
#: Local days of May in which an hour is unknown: all but one, all, of one variable, and of the month's end.
MOST, ALL, ONE, TAIL = "2024-05-03", "2024-05-06", "2024-05-09", "2024-05-31"
RAIN = 0.5


def write_weather(folder: Path, known: Callable[[str, str], bool]) -> None:
    """Write the hours of May 2024 with half a millimetre each; `known(time, variable)` says which are."""
    start = datetime(2024, 4, 30)  # noqa: DTZ001 - GMT as the upstream writes it
    times = [(start + timedelta(hours=n)).strftime("%Y-%m-%dT%H:%M") for n in range(33 * 24)]
    values = dict.fromkeys(UNITS, "10") | {"precipitation": str(RAIN)}
    lines = [
        ",".join([time, *(value if known(time, name) else "" for name, value in values.items())])
        for time in times
    ]
    (folder / "weather.csv").write_text("\n".join([",".join(["time", *UNITS]), *lines]) + "\n")


def is_known(time: str, variable: str) -> bool:
    """Say what the first answer knows, GMT: the local day begins at 04:00."""
    if "2024-05-03T04:00" <= time <= "2024-05-04T04:00":
        return time == "2024-05-03T12:00"
    if "2024-05-06T04:00" <= time <= "2024-05-07T04:00":
        return False
    return not ((time == "2024-05-09T15:00" and variable == "precipitation") or time >= "2024-05-31T20:00")


@pytest.fixture(scope="module")
def story(tmp_path_factory):
    """Run on an answer with unknown hours, and again on one that has them."""
    base = tmp_path_factory.mktemp("unknown")
    folder, notes = base / "upstream", {}
    days = [f"2024-05-{day:02d}" for day in range(1, 32)]
    rows = [
        line for n, day in enumerate(days) for line in modern_csv(3, day, first=1 + 3 * n).splitlines()[1:]
    ]
    text = "\n".join([modern_csv(1).splitlines()[0], *rows]) + "\n"
    put(folder, "JC-202405-citibike-tripdata.csv.zip", zipped({"JC-202405.csv": text}))
    write_holidays(folder / "holidays", [2024])
    with upstream(folder, "2024-05"), pytest.MonkeyPatch.context() as patch:
        patch.setenv("LAKE_ROOT", str(base / "lake"))
        for chapter, known in (("unknown", is_known), ("filled", lambda *_: True)):
            write_weather(folder, known)
            outcome, shown = go(Lake(base / "lake"))
            with lake_package.connect(root=base / "lake") as connection:
                notes[chapter] = outcome, shown, tables(connection)
    return notes


def tables(connection: Any) -> dict[str, dict[str, tuple[Any, ...]]]:
    """Return what stands by day in the daily weather and in demand, and by hour what a day has known."""
    queries = {
        "weather": """
            select weather_date, hours, is_complete, temperature_hours, precipitation_hours,
                temperature_mean_c, precipitation_mm, is_wet from silver.fct_weather_daily
        """,
        "demand": "select distinct trip_date, temperature_mean_c, precipitation_mm from "
        "gold.mart_demand_daily",
        "hours": """
            select trip_date, count(*), count(temperature_c), count(precipitation_mm),
                count(*) filter (rain_band = 'unknown') from gold.mart_weather_effect group by trip_date
        """,
    }
    return {
        name: {str(day): tuple(rest) for day, *rest in connection.sql(query).fetchall()}
        for name, query in queries.items()
    }


def test_a_day_with_unknown_hours_has_no_figures_and_says_how_many_it_knows(story):
    weather = story["unknown"][2]["weather"]
    assert weather["2024-05-01"] == (24, True, 24, 24, 10.0, 12.0, True)
    # What falls is published with the hour after it: at noon GMT the rain of eleven is known.
    assert weather[MOST] == (0, False, 1, 1, None, None, None)
    assert weather[ALL] == (0, False, 0, 0, None, None, None)
    assert weather[ONE] == (23, False, 24, 23, 10.0, None, None)
    assert weather[TAIL] == (15, False, 16, 15, None, None, None)
    # The rain of the hour before midnight is in the first unknown hour of the next day.
    assert weather["2024-05-02"] == (23, False, 24, 23, 10.0, None, None)
    assert weather["2024-05-04"][:2] == (23, False)
    assert sum(not day[1] for day in weather.values()) == 8


def test_demand_shows_no_rain_where_it_is_unknown(story):
    demand, hours = story["unknown"][2]["demand"], story["unknown"][2]["hours"]
    assert demand["2024-05-01"] == (10.0, 12.0)
    assert demand[MOST] == demand[ALL] == demand[TAIL] == (None, None)
    assert demand[ONE] == (10.0, None)
    assert hours[MOST] == (24, 1, 1, 23)
    assert hours[ONE] == (24, 24, 23, 1)


def test_the_run_warns_of_unknown_hours(story):
    outcome, shown, _ = story["unknown"]
    assert outcome.exit_status == 0
    assert (
        "warning new-york-2024-05 version 1: every hour of the month has its temperature and precipitation"
        in shown
    )
    assert "warning silver.fct_weather_daily: every day has its temperature, rain and snow" in shown
    assert "8 of 31 rows" in shown


def test_a_later_answer_that_knows_them_heals_the_days(story):
    outcome, shown, found = story["filled"]
    assert outcome.accepted == ["new-york-2024-05 version 2"]
    assert set(found["weather"].values()) == {(24, True, 24, 24, 10.0, 12.0, True)}
    assert set(found["demand"].values()) == {(10.0, 12.0)}
    assert set(found["hours"].values()) == {(24, 24, 24, 0)}
    assert "every hour of the month has" not in shown
    assert "every day has its temperature" not in shown
