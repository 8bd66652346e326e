"""Amounts that documents and pages name are those of the code: what only looks true is found by nobody else."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
WORDS = ["none", "one", "two", "three", "four", "five", "six"]
#: Who says it, the words with places for the amounts, and the code that has them, as groups of a pattern.
SAID = [
    ("README.md", "({0:,} generated trips)", ".dlt/config.toml", r"^trips = (\d+)$"),
    ("README.md", "is stopped after {0} seconds", "lake/bounded.py", r'"LAKE_QUERY_SECONDS", .*or "(\d+)"$'),
    ("README.md", "The {words[0]} newest snapshots are kept", "lake/retention.py", r"^KEEP = (\d+)$"),
    ("silver/CLAUDE.md", "(under {0} s)", "silver/models/core/fct_trips.sql", r"duration_seconds < (\d+) as"),
    ("silver/CLAUDE.md", "(over {0} h)", "silver/models/core/fct_trips.sql", r"duration_seconds > (\d+) \*"),
    ("serving/CLAUDE.md", "under {0} s end)", "silver/models/core/fct_trips.sql", r"seconds < (\d+) as"),
    (
        "serving/screens/demand.py",
        "Trips under {0} s",
        "silver/models/core/fct_trips.sql",
        r"seconds < (\d+) as",
    ),
    (
        "serving/screens/weather.py",
        "Hours from {0} to {1} o'clock",
        "serving/queries/weather.py",
        r"where trip_hour between (\d+) and (\d+)",
    ),
    (
        "serving/screens/weather.py",
        "in steps of {0} °C",
        "serving/queries/weather.py",
        r"(\d+) \* floor\(temperature_c",
    ),
    (
        "gold/CLAUDE.md",
        "a day with {0} mm or more",
        "silver/models/core/fct_weather_daily.sql",
        r"precipitation_mm >= ([\d.]+) as is_wet",
    ),
    (
        "orchestration/dags/README.md",
        "the {1}th of each month, {0}:00 New York time",
        "orchestration/dags/lakehouse.py",
        r'Timetable\("0 (\d+) (\d+) \* \*", timezone="America/New_York"\)',
    ),
    (
        "orchestration/dags/README.md",
        "up to {words[0]} times, after {1} s",
        "orchestration/dags/lakehouse.py",
        r'"retries": (\d+),\s+"retry_delay": timedelta\(seconds=(\d+)\)',
    ),
    (
        "orchestration/dags/README.md",
        "for up to {0} hours",
        "orchestration/dags/lakehouse.py",
        r'mode="reschedule",\n.*\n? *timeout=timedelta\(hours=(\d+)\)',
    ),
]


@pytest.mark.parametrize(("document", "words", "code", "pattern"), SAID, ids=[said[1] for said in SAID])
def test_an_amount_is_that_of_the_code(document, words, code, pattern):
    found = re.search(pattern, (ROOT / code).read_text(encoding="utf-8"), re.MULTILINE)
    assert found, f"{code} has no {pattern} any more: say here where the amount is now"
    amounts = [float(amount) if "." in amount else int(amount) for amount in found.groups()]
    said = words.format(
        *amounts, words=[WORDS[int(amount)] if amount < len(WORDS) else amount for amount in amounts]
    )
    text = re.sub(r"\s+", " ", (ROOT / document).read_text(encoding="utf-8"))
    assert said in text, f"{document} is to say {said!r}, as {code} does"
