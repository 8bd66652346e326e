"""A new source up to gold: one CSV that grows at its end, and in which old lines are corrected.

The grader's own file ends in the middle of January, then goes on to a February that cannot be read; meanwhile a line of
December is corrected in its place. A wrong answer makes a version of each month whenever the file is another, keeps the
earlier of two lines of a day, makes zero of what is not known, loses the last line, or lets February in.
"""

from __future__ import annotations

import csv
import io
import random
from collections.abc import Sequence
from datetime import date, timedelta

from tests.evals.fill import fill
from tests.evals.place import Place
from tests.evals.source import SPOILT, Landed, NewSource, Row
from tests.evals.task import edited
from tests.evals.tasks.growing_file.right import RIGHT
from tests.evals.upstreams import CSV, JSON, Question, Said

BAD = "2021-02"
UNKNOWN, CORRECTED, TOLD_AGAIN = date(2020, 12, 9), date(2020, 12, 3), date(2021, 1, 4)


def lines(state: str) -> list[Row]:
    """Return the file's lines: to the middle of January, or `later` to the end of February."""
    chance = random.Random("roadworks")
    found: list[Row] = []
    day = date(2020, 11, 1)
    while day < (date(2021, 3, 1) if state == "later" else date(2021, 1, 16)):
        for city in ("jc", "nyc"):
            count = chance.randrange(800, 1900)
            unread = day == UNKNOWN or (f"{day:%Y-%m}" == BAD and day.day % 2)
            told = "n/a" if unread else f"{count:,}"
            if state == "later" and (day, city) == (CORRECTED, "jc"):
                told = "2,222"
            found.append((str(day), city, told))
        if day == date(2021, 1, 10):
            found += [(str(TOLD_AGAIN), "jc", "1,003"), (str(TOLD_AGAIN), "nyc", "n/a")]
        day += timedelta(days=1)
    return found


def answer(asked: Question) -> Said:
    """Answer the file as it is in a state; its last line has no end."""
    _, state, what = asked.path.split("/")
    if what != "closures.csv":
        return 404, JSON, '{"error": "there is no such thing"}'
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([("date", "city", "closures"), *lines(state)])
    return 200, CSV, text.getvalue().rstrip("\n")


def kept() -> list[Row]:
    """Return what holds: of a city and day the last line with a number."""
    known = {
        (city, date.fromisoformat(day)): int(told.replace(",", ""))
        for day, city, told in lines("later")
        if told != "n/a" and not day.startswith(BAD)
    }
    return [(*at, count) for at, count in known.items()]


def beside_demand(covered: Sequence[Row], silver: Sequence[Row]) -> list[Row]:
    """Return the mart's rows."""
    known = {(city, day): count for city, day, count in silver}
    return [(*row, known.get(row[:2])) for row in covered]


_EARLY, _LATER = ({"SOURCES__ROADWORKS__BASE_URL": f"{{base}}/{state}"} for state in ("early", "later"))
SOURCE = NewSource(
    "roadworks",
    answer,
    f"2020-11..{BAD}",
    runs=(_EARLY, _EARLY, _LATER, {**_LATER, "FULL": "1"}),
    ends=(0, 0, 1, 0),
    bronze=[Landed("closures", "date, city, closures", lambda: lines("later"), {1: 2, 2: 2}, refused=1)],
    kept=("silver.fct_closures", "city, counted_on, closures", kept),
    mart=("gold.mart_closures", "city, trip_date, trips, closures", beside_demand),
    sound="counted_on < '2021-02-01'",
    unread="closures = 'n/a'",
    own=("silver.fct_closures", "gold.mart_closures"),
)
prepare, serve, CHECKS = SOURCE.prepare, SOURCE.serve, SOURCE.checks


def solve(place: Place) -> None:
    """Fill in the skeleton."""
    fill(place, RIGHT)


_MODULE = "bronze/sources/roadworks.py"
MUTANTS = {
    **SPOILT,
    "the earlier line holds": edited(
        "kept_is_true",
        ("silver/models/intermediate/int_closures_judged.sql", "source_record desc", "source_record asc"),
    ),
    "a day that is not known is zero": edited(
        "mart_is_true",
        (
            "gold/models/marts/mart_closures.sql",
            r"    counted\.closures",
            "    coalesce(counted.closures, 0) as closures",
        ),
    ),
    "each month is new when the file is": edited(
        "versions_are_what_changed",
        (
            _MODULE,
            r"(?<=kw_only=True\)\n)(?=\n    def prepare)",
            "    whole: int = field(default=0, kw_only=True)\n",
        ),
        (_MODULE, r"hashed\(entries\)", "hashed([entries, self.whole])"),
        (_MODULE, r"entries=cut\[month\]", "entries=cut[month], whole=sum(map(len, cut.values()))"),
    ),
    "the mart counts the months of its run": edited(
        "incremental_equals_full",
        (
            "gold/models/marts/mart_closures.sql",
            r'\{\{ ref\("fct_closures"\) \}\}',
            "\\g<0>\n    where {{ is_built_month(\"strftime(counted_on, '%Y-%m')\") }}",
        ),
    ),
    "February is let in": edited(
        "bad_is_refused",
        (
            "bronze/expectations/closures.py",
            r"tolerance=0\.1,\n(?=        show=\(\"closures\")",
            "tolerance=0.9,\n",
        ),
    ),
}
