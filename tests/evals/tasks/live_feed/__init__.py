"""A new source up to gold: a feed that only says how things are now, of which a few answers were recorded.

The grader's own recordings have an answer of three in the night in UTC, which is the evening before in New York, a day
with one sensor that failed and one with both; then an answer comes for a day that was asked before, and a day whose sensors
fail. A wrong answer fills the gaps with zeros or with what was true before, takes days of UTC for those of New York, adds
up the answers of a day, or lands what it has again.
"""

from __future__ import annotations

import json
import random
from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from tests.evals.fill import fill
from tests.evals.place import Place
from tests.evals.source import SPOILT, Landed, NewSource, Row
from tests.evals.task import edited
from tests.evals.tasks.live_feed.right import RIGHT
from tests.evals.upstreams import JSON, Question, Said

GARAGES = (("G1", "jc"), ("G2", "jc"), ("G3", "nyc"))
EARLY = (
    "20201205T130000Z", "20201205T200000Z", "20201206T030000Z", "20201206T150000Z",
    "20201215T120000Z", "20201220T120000Z",
)  # fmt: skip
#: A day that was asked before, one of the next month, and one whose sensors fail.
LATER = (*EARLY, "20201220T180000Z", "20210110T130000Z", "20210112T130000Z")
BAD, BLIND = "20210112", "20201215"


def entries(moment: str) -> list[Row]:
    """Return what was answered at a moment; one garage is told twice at noon of the sixth."""
    chance = random.Random(f"parking {moment}")
    found: list[Row] = []
    for garage, city in GARAGES:
        free = chance.randrange(800, 1900)
        failed = moment.startswith(BAD) and garage != "G3"
        found.append((garage, city, "n/a" if failed else f"{free:,}"))
    if moment == EARLY[3]:
        found.append(("G1", "jc", "2,222"))
    return found


def answer(asked: Question) -> Said:
    """Answer the list of recordings in a state, or one of them."""
    _, state, *path = asked.path.split("/")
    there = [f"garages/{moment}.json" for moment in (LATER if state == "later" else EARLY)]
    what = "/".join(path)
    if what == "index.json":
        return 200, JSON, json.dumps(there)
    if what not in there:
        return 404, JSON, '{"error": "there is no such thing"}'
    told = [
        dict(zip(("garage", "city", "free"), one, strict=True)) for one in entries(path[1].partition(".")[0])
    ]
    return 200, JSON, json.dumps({"updated": 1606824000, "garages": told})


def _moment(name: str) -> datetime:
    return datetime.strptime(name, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)


def published() -> list[Row]:
    """Return all that was recorded in the end."""
    return [(f"{_moment(name):%Y-%m-%dT%H:%M:%SZ}", *one) for name in LATER for one in entries(name)]


def kept() -> list[Row]:
    """Return what holds: of a garage in an answer the last entry with a number."""
    known: dict[Row, Row] = {}
    for name in LATER:
        if not name.startswith(BAD):
            at = _moment(name)
            day = at.astimezone(ZoneInfo("America/New_York")).date()
            for garage, city, free in entries(name):
                known[at, garage] = (at.replace(tzinfo=None), garage, city, day, int(free.replace(",", "")))
    return [*known.values()]


def beside_demand(covered: Sequence[Row], silver: Sequence[Row]) -> list[Row]:
    """Return the mart's rows."""
    answers: dict[tuple[str, date], dict[datetime, int]] = defaultdict(lambda: defaultdict(int))
    for at, _, city, day, free in silver:
        answers[city, day][at] += free
    return [
        (*row, max(found.values()), len(found))
        if (found := answers.get((row[0], row[1])))
        else (*row, None, None)
        for row in covered
    ]


_EARLY, _LATER = ({"SOURCES__PARKING__ARCHIVE": f"{{base}}/{state}"} for state in ("early", "later"))
SOURCE = NewSource(
    "parking",
    answer,
    "2020-12..2021-01",
    runs=(_EARLY, _EARLY, _LATER, {**_LATER, "FULL": "1"}),
    ends=(0, 0, 1, 0),
    # The days of UTC are the 5th, 6th, 15th and 20th, of which one grew, and the 10th and 12th of January.
    bronze=[Landed("garages", "asked_at, garage, city, free", published, {1: 5, 2: 1}, refused=1)],
    kept=("silver.fct_garages", "asked_at_utc, garage, city, counted_on, free", kept),
    mart=("gold.mart_garages", "city, trip_date, trips, free_most, polls", beside_demand),
    sound="counted_on <> '2021-01-12'",
    unread="free = 'n/a'",
    own=("silver.fct_garages", "gold.mart_garages"),
)
prepare, serve, CHECKS = SOURCE.prepare, SOURCE.serve, SOURCE.checks


def solve(place: Place) -> None:
    """Fill in the skeleton."""
    fill(place, RIGHT)


_MART = "gold/models/marts/mart_garages.sql"
MUTANTS = {
    **SPOILT,
    "a gap is zero": edited(
        "mart_is_true", (_MART, r"    counted\.free_most", "    coalesce(counted.free_most, 0) as free_most")
    ),
    "what was true before fills the gaps": edited(
        "mart_is_true",
        (
            _MART,
            r"    counted\.free_most",
            "    last_value(counted.free_most ignore nulls) over (partition by days.city order by days.trip_date) as free_most",
        ),
    ),
    "days of UTC": edited(
        "kept_is_true",
        (
            "silver/models/staging/stg_garages.sql",
            r"cast\(\{\{ utc_to_new_york\(.*\) \}\} as date\)",
            'cast({{ asked_moment("asked_at") }} as date)',
        ),
    ),
    "the weather is asked for another place": edited(
        "others_unchanged", (".dlt/config.toml", 'location = "new-york"', 'location = "jersey-city"')
    ),
    "a day whose sensors fail is let in": edited(
        "bad_is_refused",
        (
            "bronze/expectations/garages.py",
            r"tolerance=0\.1,\n(?=        show=\(\"free\")",
            "tolerance=0.9,\n",
        ),
    ),
}
