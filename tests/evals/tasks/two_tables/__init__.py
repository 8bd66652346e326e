"""A new source of two tables up to gold: what counters counted, and where they stood month by month.

A counter moves to the other city in January, and one is in no list. A wrong answer joins by the counter alone, and
counts a passage once for every month's list; takes where a counter stands now for where it stood; or drops what has no place.
"""

from __future__ import annotations

import json
import random
from calendar import monthrange
from collections import defaultdict
from collections.abc import Sequence
from datetime import date

from tests.evals.fill import fill
from tests.evals.place import Place
from tests.evals.source import SPOILT, Landed, NewSource, Row
from tests.evals.task import edited
from tests.evals.tasks.two_tables.right import RIGHT
from tests.evals.upstreams import JSON, Question, Said

FIRST, SECOND, BAD = MONTHS = ("2020-12", "2021-01", "2021-02")
UNCOUNTED = date(2020, 12, 9)


def counters(month: str) -> list[Row]:
    """Return which counters stood where: C2 moves to New York in January, C4 is in no list."""
    moved = "jc" if month == FIRST else "nyc"
    return [("C1", month, "jc", "Pier"), ("C2", month, moved, "Bridge"), ("C3", month, "nyc", "Park")]


def passages(month: str, state: str) -> list[Row]:
    """Return a month's passages; in the state `later` one of January is corrected, and February's counters failed."""
    chance = random.Random(f"cyclists {month}")
    year, number = map(int, month.split("-"))
    found: list[Row] = []
    for day in (date(year, number, one) for one in range(1, monthrange(year, number)[1] + 1)):
        for counter in ("C1", "C2", "C3", "C4"):
            count = chance.randrange(800, 1900)
            failed = day == UNCOUNTED or (month == BAD and chance.random() < 0.4)
            found.append((counter, str(day), "n/a" if failed else f"{count:,}"))
    found += [("C1", f"{month}-03", "1,003"), ("C3", f"{month}-04", "n/a")]
    if state == "later" and month == SECOND:
        found[0] = ("C1", f"{month}-01", "2,222")
    return found


def answer(asked: Question) -> Said:
    """Answer a month of one of the tables."""
    _, state, what = asked.path.split("/")
    month = asked.query.get("month", "")
    if what not in ("passages", "counters") or month not in MONTHS:
        return 404, JSON, '{"error": "there is no such thing"}'
    if what == "counters":
        return (
            200,
            JSON,
            json.dumps(
                [dict(zip(("counter", "month", "city", "name"), one, strict=True)) for one in counters(month)]
            ),
        )
    told = [dict(zip(("counter", "day", "passages"), one, strict=True)) for one in passages(month, state)]
    return 200, JSON, json.dumps(told)


def kept() -> list[Row]:
    """Return what holds: of a counter and day the last entry with a number."""
    known = {
        (counter, date.fromisoformat(day)): int(told.replace(",", ""))
        for month in (FIRST, SECOND)
        for counter, day, told in passages(month, "later")
        if told != "n/a"
    }
    return [(*at, count) for at, count in known.items()]


def beside_demand(covered: Sequence[Row], silver: Sequence[Row]) -> list[Row]:
    """Return the mart's rows."""
    place = {(counter, month): city for one in MONTHS for counter, month, city, _ in counters(one)}
    sums: dict[Row, int] = defaultdict(int)
    for counter, day, count in silver:
        sums[place.get((counter, f"{day:%Y-%m}")), day] += count
    return [(*row, sums.get(row[:2])) for row in covered]


_EARLY, _LATER = (
    {"SOURCES__CYCLISTS__BASE_URL": f"{{base}}/{state}", "SOURCES__MONTHS": f"{FIRST}..{last}"}
    for state, last in (("early", SECOND), ("later", BAD))
)
SOURCE = NewSource(
    "cyclists",
    answer,
    f"{FIRST}..{BAD}",
    runs=(_EARLY, _EARLY, _LATER, {**_LATER, "FULL": "1"}),
    ends=(0, 0, 1, 0),
    bronze=[
        Landed(
            "passages",
            "counter, day, passages",
            lambda: [row for month in MONTHS for row in passages(month, "later")],
            {1: 2, 2: 1},
            refused=1,
        ),
        Landed(
            "counters",
            "counter, month, city, name",
            lambda: [row for month in MONTHS for row in counters(month)],
            {1: 3},
        ),
    ],
    kept=("silver.fct_passages", "counter, counted_on, passages", kept),
    mart=("gold.mart_passages", "city, trip_date, trips, passages", beside_demand),
    sound="counted_on < '2021-02-01'",
    unread="passages = 'n/a'",
    own=("silver.fct_passages", "silver.fct_counters", "gold.mart_passages"),
)
prepare, serve, CHECKS = SOURCE.prepare, SOURCE.serve, SOURCE.checks


def solve(place: Place) -> None:
    """Fill in the skeleton."""
    fill(place, RIGHT)


_MART = "gold/models/marts/mart_passages.sql"
_IDENTITY = "gold/tests/passages_add_up.sql"
MUTANTS = {
    **SPOILT,
    # Its identity would find it: whoever joins like this has not looked at the total either.
    "every month's list counts": edited(
        "mart_is_true",
        (_MART, r"\n.*and strftime.*", ""),
        (_IDENTITY, r"(?<=passages > )coalesce\(own\.passages, 0\)", "coalesce(own.passages, 0) * 9"),
    ),
    "the earlier entry holds": edited(
        "kept_is_true",
        ("silver/models/intermediate/int_passages_judged.sql", "source_record desc", "source_record asc"),
    ),
    "a day that nobody counted is zero": edited(
        "mart_is_true", (_MART, r"    counted\.passages", "    coalesce(counted.passages, 0) as passages")
    ),
    "what cannot be read is called a duplicate": edited(
        "all_rows_accounted",
        (
            "silver/models/intermediate/int_passages_judged.sql",
            "reason is not null then 'rejected'",
            "reason is not null then 'duplicate'",
        ),
    ),
    "a page of another source is changed": edited(
        "nothing_outside", ("serving/screens/holidays.py", r"(?=\Z)", "# Nothing.\n")
    ),
}
