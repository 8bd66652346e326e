"""The right answer: what the skeleton of `parking` is filled with."""

from __future__ import annotations

from tests.evals.fill import Field, Filled, Table

_STAND_IN = '''"""Parking: an archive of a few answers of the feed, computed from the moment."""

from __future__ import annotations

import random

from bronze.sample.upstreams import Answer, Asked, json_answer

PATH, SETTING = "/parking/archive", "archive"
_MOMENTS = ("20201205T130000Z", "20201206T030000Z", "20210110T130000Z")
_GARAGES = (("G1", "jc"), ("G2", "nyc"))


def answer(asked: Asked) -> Answer:
    """Answer the list of recordings, or one of them."""
    there = {f"garages/{moment}.json": moment for moment in _MOMENTS}
    path = asked.path.strip("/")
    if path == "index.json":
        return json_answer([*there])
    if path not in there:
        return json_answer({"error": "not found"}, 404)
    chance = random.Random(there[path])
    garages = [
        {"garage": garage, "city": city, "free": f"{chance.randrange(1000, 1900):,}"} for garage, city in _GARAGES
    ]
    return json_answer({"updated": 1606824000, "garages": garages})
'''
_COUNTED = """
    select
        city,
        counted_on,
        cast(max(free) as bigint) as free_most,
        cast(count(*) as bigint) as polls
    from (
        select
            city,
            counted_on,
            asked_at_utc,
            sum(free) as free
        from {{ ref("fct_garages") }}
        group by city, counted_on, asked_at_utc
    ) as answers
    group by city, counted_on
"""
RIGHT = Filled(
    "parking",
    "feed",
    [
        Table(
            "garages",
            [
                Field(
                    "asked_at", "When the answer was asked for, ISO 8601 in UTC.", "'2024-05-03T12:00:00Z'"
                ),
                Field("garage", "Name of the garage.", "'G' || i", typed="trim(garage)"),
                Field("city", "City: nyc or jc.", "'jc'", typed="lower(trim(city))"),
                Field("free", "Free places, as text; n/a where the sensor failed.", "'1,204'"),
            ],
            key=("asked_at_utc", "garage"),
            newest="batch desc, version desc, source_record desc",
            measure="free",
            day="asked_at",
            dated='cast({{ utc_to_new_york(asked_moment("asked_at")) }} as date)',
            example="2024-05-03T12:00:00Z",
            also=[
                Field(
                    "asked_at_utc",
                    "When it was asked, UTC.",
                    "timestamp '2024-05-03 12:00:00'",
                    type="timestamp",
                    typed='{{ asked_moment("asked_at") }}',
                )
            ],
        )
    ],
    [
        Field(
            "free_most",
            "Most places free in an answer of the day; null where nobody asked.",
            "",
            type="bigint",
        ),
        Field("polls", "Answers of the day; null where nobody asked.", "", type="bigint"),
    ],
    _COUNTED,
    _STAND_IN,
    total=("polls", "count(distinct (city, asked_at_utc))"),
    edits=[("bronze/sources/parking.py", r'(?<=path="garages.json",)', ' entries="garages",')],
)
