"""A field that is renamed: old months have the old name, new ones another, and the month of the change has both.

A wrong answer knows only one of the two, loses the hours that stand under the one it did not take, takes one of two
values that differ, or makes the gate let nulls pass.
"""

from __future__ import annotations

import contextlib
import csv
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from bronze.sample.answers import Folder, Query
from tests.evals.checks import documents_true, has_its_test, nothing_loosened, nothing_outside, style
from tests.evals.place import Place
from tests.evals.task import edited
from tests.evals.upstreams import LAND, Weather, landed, made, served
from tests.structure.copies import edit

OLD, NEW = "cloud_cover", "total_cloud_amount"
SOURCE, TESTS = "bronze/sources/open_meteo.py", "tests/bronze/test_other_fields.py"
_HOUR = timedelta(hours=1)
#: What the agent sees, and what it never saw: months by what their answer has.
SEEN = {"2021-03": "both", "2021-04": "new"}
HIDDEN = {"2020-11": "old", "2020-12": "both", "2021-01": "new", "2021-02": "differing"}


def prepare(place: Place) -> None:
    """Write the two upstreams."""
    made(place.hidden / "seen", seed=41)
    made(place.hidden / "unseen", seed=42)


@contextlib.contextmanager
def serve(place: Place) -> Iterator[dict[str, str]]:
    """Serve what the agent sees."""
    with served(place.hidden / "seen", _renaming(SEEN)) as environment:
        yield environment


def _renaming(months: dict[str, str]) -> Weather:
    def answer(folder: Folder, query: Query) -> dict[str, Any]:
        told = folder.weather(query)
        # A question for a month begins and ends a day outside it.
        times = told["hourly"]["time"]
        kind = months.get(times[len(times) // 2][:7], "old")
        for block in (told["hourly"], told["hourly_units"]) if kind != "old" else ():
            block[NEW] = block[OLD]
            if kind == "new":
                del block[OLD]
        hourly = told["hourly"]
        if kind == "both":
            hourly[OLD] = [value if hour % 3 else None for hour, value in enumerate(hourly[OLD])]
            hourly[NEW] = [None if hour % 3 else value for hour, value in enumerate(hourly[NEW])]
        if kind == "differing":
            hourly[NEW] = [
                value if hour != 300 else 100 - value // 2 for hour, value in enumerate(hourly[NEW])
            ]
        return told

    return answer


def _landed(place: Place, month: str, *columns: str) -> list[tuple[Any, ...]]:
    with served(place.hidden / "unseen", _renaming(HIDDEN)) as environment:
        settings = environment | {"SOURCES__MONTHS": ", ".join(HIDDEN)}
        graded = place.lake("unseen", settings, words=("-c", LAND, "open_meteo"))
    return landed(graded.lake, "open_meteo", "weather", f"new-york-{month}", *columns)


def hours_are_the_upstreams(place: Place) -> list[str]:
    """Every hour of the hidden months landed once and was accepted, with the value that its upstream has."""
    with (place.hidden / "unseen" / "weather.csv").open() as file:
        truth = {hour["time"]: float(hour[OLD]) for hour in csv.DictReader(file)}
    found = []
    for month in [month for month, kind in HIDDEN.items() if kind != "differing"]:
        hours = _landed(place, month, "time", OLD, f"{OLD}_unit")
        first = datetime.fromisoformat(f"{month}-01") - timedelta(days=1)
        last = (first + timedelta(days=33)).replace(day=1) + timedelta(hours=23)
        times = [
            f"{first + timedelta(hours=hour):%Y-%m-%dT%H:%M}" for hour in range((last - first) // _HOUR + 1)
        ]
        meant = Counter((time, truth.get(time), "%") for time in times)
        count = (meant - Counter(hours)).total() + (Counter(hours) - meant).total()
        found += [f"{month}: {count:,} hours are not as the upstream has them"] if count else []
    return found


def contradiction_refused(place: Place) -> list[str]:
    """Of two values that differ nobody can tell which is right: the batch does not land."""
    months = [month for month, kind in HIDDEN.items() if kind == "differing"]
    return [
        f"{month} landed, where both names have values that differ"
        for month in months
        if _landed(place, month, "time")
    ]


CHECKS = [
    hours_are_the_upstreams,
    contradiction_refused,
    nothing_outside,
    nothing_loosened,
    has_its_test,
    documents_true,
    style,
]

_TEST = f'''
def test_the_month_of_a_renamed_variable_has_its_hours_under_two_names(upstream, monkeypatch):
    def change(answer):
        hourly = answer["hourly"]
        hours = range(len(hourly["time"]))
        hourly["{OLD}"] = [float(hour) if hour % 2 else None for hour in hours]
        hourly["{NEW}"] = [None if hour % 2 else float(hour) for hour in hours]
        return answer

    landed = weather(monkeypatch, change)
    found = rows(landed.version).select("{OLD}").fetchall()
    assert found == [(float(hour),) for hour in range(len(found))]
'''


def solve(place: Place) -> None:
    """Know the new name, and of two lists take the value that is there."""
    edit(place.clone, SOURCE, r'    "cloudcover": "cloud_cover",\n', rf'\g<0>    "{NEW}": "{OLD}",\n')
    edit(
        place.clone,
        SOURCE,
        r"        if found\.setdefault\(name, block\[alias\]\) != block\[alias\]:\n",
        "        found[name] = _either(found.get(name), block[alias])\n"
        "        if _either(block[alias], found[name]) != found[name]:\n",
    )
    edit(place.clone, SOURCE, r"\n\ndef _canonical", f"\n\n{_EITHER}\n\ndef _canonical")
    path = place.clone / TESTS
    path.write_text(f"{path.read_text()}\n{_TEST}")


_EITHER = '''def _either(one: Any, other: Any) -> Any:
    """Return what is there; of two lists of a length the first one's values, and the other's where it has none."""
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        return [theirs if mine is None else mine for mine, theirs in zip(one, other, strict=True)]
    return other if one is None else one
'''


MUTANTS = {
    "the new name is all that is taken": edited(
        "hours_are_the_upstreams",
        (SOURCE, r"        if name not in block:\n", "        found[name] = block[alias]\n\\g<0>"),
    ),
    "the old name is not known any more": edited(
        "hours_are_the_upstreams",
        (
            SOURCE,
            r"    found = dict\(block\)\n",
            f'\\g<0>    if "{NEW}" not in found:\n        found.pop("{OLD}", None)\n',
        ),
    ),
    "an hour lands twice": edited(
        "hours_are_the_upstreams",
        (
            SOURCE,
            r"        yield batch_of\(WEATHER\.columns, whole, self\.key\)\n",
            "        made = batch_of(WEATHER.columns, whole, self.key)\n"
            "        yield from (made, made.slice(0, 1))\n        hours += 1\n",
        ),
    ),
    "of two values that differ one is taken": edited(
        "contradiction_refused",
        (
            SOURCE,
            r"        if _either\(block\[alias\], found\[name\]\) != found\[name\]:\n",
            "        if not found:\n",
        ),
    ),
    "the gate lets half the hours be null": edited(
        "nothing_loosened",
        ("bronze/expectations/weather.py", r"        tolerance=0\.1,\n", "        tolerance=0.5,\n"),
    ),
    "silver is changed": edited("nothing_outside", ("silver/models/staging/stg_weather.sql", r"\Z", "\n")),
    "a test that was green before": edited(
        "has_its_test",
        (TESTS, r"(?s)def test_the_month_of_a_renamed.*\Z", "def test_nothing():\n    assert rows\n"),
    ),
    "a document names what is not there": edited(
        "documents_true", ("bronze/CLAUDE.md", r"\Z", "Renamed variables: `bronze/sources/renamed.py`.\n")
    ),
    "a line too many": edited("style", (SOURCE, r"\Z", "\nimport  os\n")),
}
