"""A column through all layers: it is dated by the hour before, is not known of some hours, and nothing else may change.

A wrong answer dates it by the hour that it is published with, makes zero of what is not known, adds up days of which an
hour is missing, or changes what stands beside it.
"""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bronze.sample.answers import Folder, Query
from tests.evals.checks import (
    conserved,
    different,
    documents_true,
    has_its_test,
    nothing_loosened,
    nothing_outside,
    style,
    tests_green,
)
from tests.evals.place import Graded, Place, ask, rows
from tests.evals.task import edited
from tests.evals.upstreams import ONE_CITY, Weather, made, served

PATCH = Path(__file__).parent / "solve.patch"
VARIABLE, UNIT = "sunshine_duration", "s"
#: In winter, so that every day has 24 hours, five of UTC behind.
MONTH, BEHIND = "2021-02", timedelta(hours=5)
SEEN, UNSEEN = 7919, 6007
DAILY, HOURLY = "silver/models/core/fct_weather_daily.sql", "silver/models/core/fct_weather_hourly.sql"
#: For the clone's Python: prints every caption of the Weather page, and what failed there.
CAPTIONS = """
import json, logging
from streamlit.testing.v1 import AppTest
logging.disable(logging.CRITICAL)
page = AppTest.from_file("serving/app.py", default_timeout=300)
page.switch_page("screens/weather.py").run()
print(json.dumps([str(one.value) for one in page.caption] + [one.message for one in page.exception]))
"""


def _published(time: datetime, factor: int) -> float | None:
    """Return the seconds that the upstream publishes with an hour: of the hour before, or not known."""
    hour = int(time.replace(tzinfo=UTC).timestamp()) // 3600
    return None if hour % 97 == 0 else float(hour * factor % 3601)


def _answering(factor: int) -> Weather:
    def answer(folder: Folder, query: Query) -> dict[str, Any]:
        names = [name for part in query.get("hourly", []) for name in part.split(",")]
        told = folder.weather({**query, "hourly": [",".join(name for name in names if name != VARIABLE)]})
        if VARIABLE in names:
            times = [datetime.fromisoformat(time) for time in told["hourly"]["time"]]
            told["hourly"][VARIABLE] = [_published(time, factor) for time in times]
            told["hourly_units"][VARIABLE] = UNIT
        return told

    return answer


def prepare(place: Place) -> None:
    """Write the two upstreams, and make of the hidden one what the code as it is makes of it."""
    made(place.hidden / "seen", seed=46)
    with _unseen(place) as settings:
        done = place.python("-m", "orchestration", "run", **settings, LAKE_ROOT=str(place.hidden / "lake"))
    if done.returncode:
        raise RuntimeError(done.stdout + done.stderr)


@contextlib.contextmanager
def serve(place: Place) -> Iterator[dict[str, str]]:
    """Serve what the agent sees."""
    with served(place.hidden / "seen", _answering(SEEN)) as environment:
        yield environment


@contextlib.contextmanager
def _unseen(place: Place) -> Iterator[dict[str, str]]:
    with served(made(place.hidden / "unseen", seed=47), _answering(UNSEEN)) as environment:
        yield environment | ONE_CITY | {"SOURCES__MONTHS": MONTH}


def _graded(place: Place) -> Graded:
    with _unseen(place) as settings:
        return place.lake("unseen", settings)


def _truth() -> dict[datetime, float | None]:
    """Return the sunshine of every hour of the month by the hour, local, in which it shone."""
    first = datetime.fromisoformat(f"{MONTH}-01")
    hours = [first + timedelta(hours=hour) for hour in range(28 * 24)]
    return {hour: _published(hour + BEHIND + timedelta(hours=1), UNSEEN) for hour in hours}


def _days() -> dict[str, tuple[float | None, int]]:
    """Return each day's sum, and how many of its hours are known."""
    days: dict[str, list[float]] = {}
    for hour, value in _truth().items():
        days.setdefault(f"{hour:%Y-%m-%d}", []).extend([] if value is None else [value])
    return {day: (sum(known) if len(known) == 24 else None, len(known)) for day, known in days.items()}


def values_are_the_upstreams(place: Place) -> list[str]:
    """Hours, days and the mart have what the hidden upstream published, by the hour in which it shone."""
    graded = _graded(place)
    if found := graded.faults():
        return found
    hours = ask(f"select hour_local, sunshine_s from ({rows(graded.lake, 'silver.fct_weather_hourly')})")
    days = ask(
        f"select cast(weather_date as varchar), sunshine_s, sunshine_hours "
        f"from ({rows(graded.lake, 'silver.fct_weather_daily')})"
    )
    mart = ask(
        f"select trip_date + to_hours(trip_hour), sunshine_s "
        f"from ({rows(graded.lake, 'gold.mart_weather_effect')}) where trip_month = '{MONTH}'"
    )
    truth = _truth()
    if dict(hours) != truth or len(hours) != len(truth):
        found.append("silver.fct_weather_hourly: hours differ from the upstream's")
    if {day: tuple(figures) for day, *figures in days} != _days():
        found.append("silver.fct_weather_daily: days differ from the sums of their hours")
    if not mart or any(truth[hour] != value for hour, value in mart):
        found.append("gold.mart_weather_effect: hours differ from the upstream's")
    return found


def page_says_it(place: Place) -> list[str]:
    """The Weather page says how many hours a day the sun shone, as the mart has it, on days that are covered."""
    lake = _graded(place).lake
    if not (lake / "current").exists():
        return []  # said already
    kept = place.root / "graded" / f"page-{place.code()}.json"
    if not kept.exists():
        done = place.python("-c", CAPTIONS, LAKE_ROOT=str(lake))
        if done.returncode:
            return [f"the page does not draw: {done.stderr[-300:]}"]
        kept.write_text(done.stdout.splitlines()[-1])
    [(mean,)] = ask(
        f"""
        select avg(shone) from (
            select sum(sunshine_s) / 3600 as shone from ({rows(lake, "gold.mart_weather_effect")})
            where (city, trip_date) in (select (city, trip_date) from ({rows(lake, "gold.mart_covered_days")}))
            group by city, trip_date
            having count(sunshine_s) = count(*)
        )
        """
    )
    meant = f"{mean:.1f}"
    said = re.findall(r"Sunshine: ([\d.]+) hours a day", "\n".join(json.loads(kept.read_text())))
    return [] if said == [meant] else [f"the page says {said or 'nothing'}, it is {meant} hours a day"]


def others_as_before(place: Place) -> list[str]:
    """Every other column of every table is what it was, row for row."""
    lake = _graded(place).lake
    if not (lake / "current").exists():
        return []  # said already
    # The accounts say what the gate said of each batch, and it has rules more now.
    account = "silver.conservation"
    return different(lake, place.hidden / "lake", but=[account]) + conserved(lake, "weather", "trips")


CHECKS = [
    values_are_the_upstreams,
    page_says_it,
    others_as_before,
    nothing_outside,
    nothing_loosened,
    has_its_test,
    documents_true,
    style,
    tests_green,
]


def solve(place: Place) -> None:
    """Bring it through, as precipitation goes."""
    place.git("apply", str(PATCH))


MUTANTS = {
    "it is dated by the hour it is published with": edited(
        "values_are_the_upstreams", (HOURLY, r"fallen\.sunshine_s", "judged.sunshine_s")
    ),
    "what is not known is none": edited(
        "values_are_the_upstreams",
        (HOURLY, r"fallen\.sunshine_s", "coalesce(fallen.sunshine_s, 0) as sunshine_s"),
    ),
    "a day of 23 known hours has a sum": edited(
        "values_are_the_upstreams",
        (DAILY, r'\("sunshine_s", "sunshine_hours"\)', '("sunshine_s", "hours_in_day")'),
        (
            "silver/expectations/fct_weather_daily.py",
            r'    "sunshine_hours": \("sunshine_s",\),\n',
            '    "sunshine_hours": (),\n',
        ),
    ),
    "the page says minutes": edited(
        "page_says_it", ("serving/queries/weather.py", r"sum\(sunshine_s\) / 3600", "sum(sunshine_s) / 60")
    ),
    "cloud cover is the day's highest": edited(
        "others_as_before", (DAILY, r"avg\(cloud_cover_pct\)", "max(cloud_cover_pct)")
    ),
    "the gate takes days without rain": edited(
        "nothing_loosened",
        (
            "silver/expectations/fct_weather_hourly.py",
            r'"precipitation_mm", 0, 200, reason',
            '"precipitation_mm", -999, 200, reason',
        ),
    ),
    "there is no test": edited(
        "has_its_test",
        (
            "tests/bronze/test_expectations.py",
            r"(?s)        \(\n            \"weather\",\n            some\(\"sunshine.*?\n        \),\n",
            "",
        ),
    ),
    "another page's figures are others": edited(
        "tests_green", ("serving/queries/demand.py", r"filter \(where not is_off\) over", "over")
    ),
    "a document names what is not there": edited(
        "documents_true", ("silver/CLAUDE.md", r"\Z", "Sunshine: `silver/models/core/fct_sunshine.sql`.\n")
    ),
}
