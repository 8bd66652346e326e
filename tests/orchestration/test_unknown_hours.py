"""Hours that the weather service does not know: warned of, in no total, and healed by a later answer."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.orchestration.test_refusals import overruled_runs
from tests.orchestration.weather import ALL, MOST, ONE, TAIL

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def story(tmp_path_factory):
    """A run on an answer with unknown hours, and one on an answer that has them: outcome, terminal, and days of May."""
    notes = overruled_runs(tmp_path_factory)[1]
    return {
        "unknown": (*notes["let through"][:2], notes["weather unknown"]),
        "filled": (*notes["republished"], notes["weather filled"]),
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
    assert outcome.accepted == ["new-york-2024-05 version 2"]
    alone = replace(outcome, landed=[one for one in outcome.landed if one.outcome != "failed"], refused=[])
    assert alone.exit_status == 0, "warnings are no failure"
    assert (
        "warning new-york-2024-05 version 2: every hour of the month has its temperature and precipitation"
        in shown
    )
    assert "warning silver.fct_weather_daily: every day has its temperature, rain and snow" in shown
    assert "8 of 31 rows" in shown


def test_a_later_answer_that_knows_them_heals_the_days(story):
    outcome, shown, found = story["filled"]
    assert sorted(outcome.accepted) == ["jc-2024-04 version 2", "new-york-2024-05 version 3"]
    assert set(found["weather"].values()) == {(24, True, 24, 24, 10.0, 12.0, True)}
    assert set(found["demand"].values()) == {(10.0, 12.0)}
    assert set(found["hours"].values()) == {(24, 24, 24, 0)}
    assert "new-york-2024-05 version 3: every hour of the month has" not in shown
    assert "every day has its temperature" not in shown
