"""A new source through all layers: a paged API with a key, on how many people board the ferries.

The grader's own API has a page without entries in the middle, counts as text with commas, counters that failed, corrections
of a day already told, a day of nobody (zero) and one that nobody counted (null); then it corrects a month, and a whole
month fails. A wrong answer stops at the empty page, takes the first entry of a day, makes zero of what is not known, lets
the bad month in, or compares December with January and finds an effect: boardings have none here, but both follow the season.
"""

from __future__ import annotations

import base64
import html
import json
import random
import re
from calendar import monthrange
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np

from tests.evals.checks import conforms, tests_green
from tests.evals.fill import fill
from tests.evals.place import Place, ask, rows
from tests.evals.source import SPOILT, Landed, NewSource, Row
from tests.evals.task import Mutant, edited
from tests.evals.tasks.paged_api.right import RIGHT
from tests.evals.upstreams import JSON, Question, Said

KEY, PAGE = "a-key-of-the-grader", 50
FIRST, SECOND, BAD = "2020-12", "2021-01", "2021-02"
PIERS = (("jc", "Paulus Hook"), ("jc", "Port Liberte"), ("nyc", "Wall St"))
#: Days of December on which nobody boarded in Jersey City, and on which nothing was counted there.
NOBODY, UNCOUNTED, MISSING = date(2020, 12, 24), date(2020, 12, 9), date(2020, 12, 15)


def entries(month: str, state: str) -> list[dict[str, Any]]:
    """Return a month's entries; in the state `later` one of January is corrected, and February's counters failed."""
    chance = random.Random(f"ferry {month}")
    year, number = map(int, month.split("-"))
    found: list[dict[str, Any]] = []

    def tell(day: date, city: str, pier: str, told: str) -> None:
        entry = {
            "id": year * 100_000 + number * 1000 + len(found),
            "day": str(day),
            "city": city,
            "pier": pier,
        }
        found.append(entry | {"boardings": told})

    for day in (date(year, number, one) for one in range(1, monthrange(year, number)[1] + 1)):
        for city, pier in PIERS:
            count = (1400 if month == FIRST else 700) + chance.randrange(500)
            told = f"{0 if day == NOBODY else count:,}"
            if day == UNCOUNTED or (month == BAD and chance.random() < 0.4):
                told = "n/a"
            if day != MISSING or city != "jc":
                tell(day, city, pier, told)
    # Corrections of days told before: the second has a counter that failed, and corrects nothing.
    tell(date(year, number, 3), *PIERS[0], "1,003")
    tell(date(year, number, 4), *PIERS[1], "n/a")
    if state == "later" and month == SECOND:
        found[0]["boardings"] = "2,222"
    return found


def answer(asked: Question) -> Said:
    """Answer a page, to those who have the key. The second page of a month has no entries."""
    if asked.headers.get("x-api-key") != KEY:
        return 401, JSON, '{"error": "no such key"}'
    _, state, what = asked.path.split("/")
    if what != "boardings" or "month" not in asked.query:
        return 404, JSON, '{"error": "there is no such thing"}'
    month, page = asked.query["month"], int(asked.query.get("page", "1"))
    known = entries(month, state)
    first = 0 if page == 1 else (page - 2) * PAGE
    found = [] if page == 2 else known[first : first + PAGE]
    more = page == 2 or first + PAGE < len(known)
    link = f"{asked.base}/{state}/boardings?month={month}&page={page + 1}"
    return 200, JSON, json.dumps({"results": found, "count": len(known), "next": link if more else None})


def published() -> list[Row]:
    """Return all that was published in the end, the bad month among it."""
    names = ("id", "day", "city", "pier", "boardings")
    months = (FIRST, SECOND, BAD)
    return [tuple(one[name] for name in names) for month in months for one in entries(month, "later")]


def kept() -> list[Row]:
    """Return the entries of the sound months that hold: of a pier and day the last one with a number."""
    known: dict[Row, int] = {}
    for month in (FIRST, SECOND):
        for one in sorted(entries(month, "later"), key=lambda one: one["id"]):
            if one["boardings"] != "n/a":
                at = (one["city"], one["pier"], date.fromisoformat(one["day"]))
                known[at] = int(one["boardings"].replace(",", ""))
    return [(*at, count) for at, count in known.items()]


def beside_demand(covered: Sequence[Row], silver: Sequence[Row]) -> list[Row]:
    """Return the mart's rows."""
    sums: dict[Row, int] = defaultdict(int)
    there = set()
    for city, _, day, count in silver:
        sums[city, day] += count
        there.add((city, day))
    return [(*row, sums[row[:2]] if row[:2] in there else None) for row in covered]


_KEYED = {"SOURCES__FERRY__API_KEY": KEY}
_EARLY = {**_KEYED, "SOURCES__FERRY__BASE_URL": "{base}/early", "SOURCES__MONTHS": f"{FIRST}..{SECOND}"}
_LATER = {**_KEYED, "SOURCES__FERRY__BASE_URL": "{base}/later", "SOURCES__MONTHS": f"{FIRST}..{BAD}"}
SOURCE = NewSource(
    "ferry",
    answer,
    f"{FIRST}..{BAD}",
    runs=(_EARLY, _EARLY, _LATER, {**_LATER, "FULL": "1"}),
    ends=(0, 0, 1, 0),
    bronze=[
        Landed("boardings", "id, day, city, pier, boardings", published, {1: 2, 2: 1}, refused=1),
    ],
    kept=("silver.fct_boardings", "city, pier, counted_on, boardings", kept),
    mart=("gold.mart_boardings", "city, trip_date, trips, boardings", beside_demand),
    sound="counted_on < '2021-02-01'",
    unread="boardings = 'n/a'",
    own=("silver.fct_boardings", "gold.mart_boardings"),
)
prepare, serve = SOURCE.prepare, SOURCE.serve


def is_named(place: Place) -> list[str]:
    """The source is named where readers look for sources."""
    readers = [name for name in ("README.md", "bronze/CLAUDE.md") if (place.clone / name).exists()]
    found = {name: (place.clone / name).read_text() for name in readers}
    return [f"{name} says nothing of it" for name, text in found.items() if "ferry" not in text.lower()]


_PAGE = """
import json
from streamlit.testing.v1 import AppTest
at = AppTest.from_file("serving/app.py", default_timeout=120)
at.switch_page("screens/ferry.py").run()
figures = [json.loads(one.proto.spec) for one in at.get("plotly_chart")]
print(json.dumps({"errors": [str(one.value) for one in [*at.exception, *at.error]], "figures": figures}))
"""


def page_shows_the_mart(place: Place) -> list[str]:
    """The page draws, and has every day of the mart with its boardings in one of its figures."""
    lake = SOURCE.lake(place).lake
    done = place.python("-c", _PAGE, LAKE_ROOT=str(lake))
    try:
        said = json.loads(done.stdout.splitlines()[-1])
    except (IndexError, ValueError):
        return [f"the page was not drawn: {(done.stdout + done.stderr)[-300:]}"]
    if said["errors"]:
        return [f"the page says {one[:200]}" for one in said["errors"]]
    drawn = {
        (str(x)[:10], float(y))
        for figure in said["figures"]
        for trace in figure["data"]
        for x, y in zip(_plain(trace.get("x")), _plain(trace.get("y")), strict=False)
        if isinstance(y, int | float)
    }
    query = (
        f"select trip_date, boardings from ({rows(lake, 'gold.mart_boardings')}) where boardings is not null"
    )
    missing = [row for row in ask(f"{query} order by all") if (str(row[0]), float(row[1])) not in drawn]
    return [f"no figure has {len(missing)} days of the mart, such as {missing[0]}"] if missing else []


def _plain(values: Any) -> list[Any]:
    """Return a trace's values; Plotly packs numbers."""
    if isinstance(values, Mapping):
        return list(np.frombuffer(base64.b64decode(values["bdata"]), dtype=values["dtype"]).tolist())
    return list(values or [])


def interval_holds_the_truth(place: Place) -> list[str]:
    """The notebook runs, and its interval holds the truth: boardings do nothing to trips, they share the season."""
    lake = SOURCE.lake(place).lake
    done = place.python("-m", "analysis.notebooks", "analysis/06_ferry.ipynb", LAKE_ROOT=str(lake))
    page = lake / "reports" / "notebooks" / "06_ferry.html"
    if done.returncode or not page.exists():
        return [f"the notebook does not run: {(done.stdout + done.stderr)[-400:]}"]
    said = []
    for text in re.findall(r"EFFECT (\{[^{}<]*\})", html.unescape(page.read_text())):
        try:
            said.append(json.loads(text))
        except ValueError:
            continue  # what prints it
    if len(said) != 1 or not {"low", "high", "days"} <= said[0].keys():
        return [f"the notebook prints no line EFFECT with low, high and days, but {said}"]
    [found] = said
    # Of both months of Jersey City all days but those without boardings.
    faults = [] if 45 <= found["days"] <= 60 else [f"the interval is over {found['days']} days"]
    if not found["low"] <= 0 <= found["high"] or found["high"] - found["low"] > 30:
        faults.append(f"the interval is {found['low']} to {found['high']}, and there is no effect")
    return faults


CHECKS = [
    *SOURCE.checks,
    SOURCE.dag_runs,
    page_shows_the_mart,
    interval_holds_the_truth,
    is_named,
    conforms,
    tests_green,
]
DEAR = [SOURCE.dag_runs, page_shows_the_mart, interval_holds_the_truth]


def solve(place: Place) -> None:
    """Fill in the skeleton."""
    fill(place, RIGHT)


def _without_tests(place: Place) -> None:
    (place.clone / "tests" / "bronze" / "test_ferry.py").unlink()


MUTANTS = {
    **SPOILT,
    "the last entry is dropped": edited(
        "landed_once", ("bronze/sources/ferry.py", r"_take\(found\)", "_take(found[:-1])")
    ),
    "the first entry of a day is kept": edited(
        "kept_is_true", ("silver/models/intermediate/int_boardings_judged.sql", "id desc", "id asc")
    ),
    "a day that nobody counted is zero": edited(
        "mart_is_true",
        (
            "gold/models/marts/mart_boardings.sql",
            r"    counted\.boardings",
            "    coalesce(counted.boardings, 0) as boardings",
        ),
    ),
    "a bad month is let in": edited(
        "bad_is_refused",
        (
            "bronze/expectations/boardings.py",
            r"tolerance=0\.1,\n(?=        show=\(\"boardings\")",
            "tolerance=0.9,\n",
        ),
    ),
    "the key comes when all is listed, and the DAG lands before": edited(
        "dag_runs",
        (
            "bronze/sources/ferry.py",
            r"    http = (client\(.*api_key.*\))\n    for table in TABLES:\n        yield from (.*)\n",
            "    http, told = client(), []\n    for table in TABLES:\n        for offer in \\2:\n"
            "            told.append(offer)\n            yield offer\n"
            "    for offer in told:\n        offer.http = \\1\n",
        ),
    ),
    "the page shows another mart": edited(
        "page_shows_the_mart",
        ("serving/queries/ferry.py", "trips, boardings\n", "trips, trips as boardings\n"),
    ),
    "December beside January": edited(
        "interval_holds_the_truth",
        (
            "analysis/06_ferry.ipynb",
            r"stats\.demand_model\(days, ",
            "stats.demand_model(days.with_columns(trip_month=days['day_of_week'] * 0), ",
        ),
    ),
    "nobody is told of it": edited("is_named", ("README.md", ", ferry boardings, and", ", and")),
    "it has no tests": Mutant(_without_tests, "conforms"),
    "its own test is red": edited("tests_green", ("tests/bronze/test_ferry.py", '"unchanged"', '"landed"')),
}
