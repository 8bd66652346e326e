"""The right answer: what the skeleton of `cyclists` is filled with."""

from __future__ import annotations

from tests.evals.fill import Field, Filled, Table

_STAND_IN = '''"""Cyclists: a month's passages and counters, computed from what is asked."""

from __future__ import annotations

import random
from calendar import monthrange

from bronze.sample.upstreams import Answer, Asked, json_answer

PATH = "/cyclists"
_COUNTERS = {"C1": "jc", "C2": "nyc"}


def answer(asked: Asked) -> Answer:
    """Answer a month of one of the tables."""
    month = asked.query.get("month", [""])[0]
    if asked.path == "/counters" and month:
        found = [
            {"counter": counter, "month": month, "city": city, "name": f"Counter {counter}"}
            for counter, city in _COUNTERS.items()
        ]
        return json_answer(found)
    if asked.path != "/passages" or not month:
        return json_answer({"error": "not found"}, 404)
    chance = random.Random(month)
    days = range(1, monthrange(int(month[:4]), int(month[5:]))[1] + 1)
    return json_answer(
        [
            {"counter": counter, "day": f"{month}-{day:02}", "passages": f"{chance.randrange(900, 1900):,}"}
            for day in days
            for counter in _COUNTERS
        ]
    )
'''
_COUNTED = """
    select
        counters.city,
        passages.counted_on,
        cast(sum(passages.passages) as bigint) as passages
    from {{ ref("fct_passages") }} as passages
    inner join {{ ref("fct_counters") }} as counters
        on
            passages.counter = counters.counter
            and strftime(passages.counted_on, '%Y-%m') = counters.month
    group by counters.city, passages.counted_on
"""
_NEWEST = "batch desc, version desc, source_record desc"
RIGHT = Filled(
    "cyclists",
    "api",
    [
        Table(
            "passages",
            [
                Field("counter", "Name of the counter.", "'C' || i", typed="trim(counter)"),
                Field(
                    "day",
                    "Day, such as 2024-05-03.",
                    "strftime(date '2024-05-01' + (i % 31)::integer, '%Y-%m-%d')",
                ),
                Field("passages", "Cyclists counted, as text; n/a where nobody counted.", "'1,204'"),
            ],
            key=("counter", "counted_on"),
            newest=_NEWEST,
            measure="passages",
            day="day",
            dated="cast(try_strptime(day, '%Y-%m-%d') as date)",
        ),
        Table(
            "counters",
            [
                Field("counter", "Name of the counter.", "'C' || i", typed="trim(counter)"),
                Field("month", "Month it stood there, YYYY-MM.", "'2024-05'"),
                Field("city", "City it stood in: nyc or jc.", "'jc'"),
                Field("name", "Name of the place.", "'Pier'"),
            ],
            key=("counter", "month"),
            newest=_NEWEST,
            entry="counter",
        ),
    ],
    [Field("passages", "Cyclists counted; null where nobody counted.", "", type="bigint")],
    _COUNTED,
    _STAND_IN,
)
