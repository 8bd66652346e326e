"""The right answer: what the skeleton of `ferry` is filled with."""

from __future__ import annotations

from tests.evals.fill import Field, Filled, Table

_STAND_IN = '''"""Ferry: a month's boardings in pages, computed from what is asked."""

from __future__ import annotations

import random
from calendar import monthrange
from typing import Any
from urllib.parse import urlencode

from bronze.sample.upstreams import Answer, Asked, json_answer

PATH = "/ferry"
_PAGE = 40


def answer(asked: Asked) -> Answer:
    """Answer a page of a month; the last has no next one."""
    month = asked.query.get("month", [""])[0]
    if asked.path != "/boardings" or not month:
        return json_answer({"error": "not found"}, 404)
    page = int(asked.query.get("page", ["1"])[0])
    entries = _entries(month)
    more = page * _PAGE < len(entries)
    link = "?" + urlencode({**asked.query, "page": [str(page + 1)]}, doseq=True) if more else None
    found = entries[(page - 1) * _PAGE : page * _PAGE]
    return json_answer({"results": found, "count": len(entries), "next": link})


def _entries(month: str) -> list[dict[str, Any]]:
    chance = random.Random(month)
    days = range(1, monthrange(int(month[:4]), int(month[5:]))[1] + 1)
    return [
        {
            "id": int(month.replace("-", "")) * 1000 + 2 * day + place,
            "day": f"{month}-{day:02}",
            "city": city,
            "pier": pier,
            "boardings": f"{chance.randrange(900, 1900):,}" if day != 13 else "n/a",
        }
        for day in days
        for place, (city, pier) in enumerate([("jc", "Paulus Hook"), ("nyc", "Wall St")])
    ]
'''
_COUNTED = """
    select
        city,
        counted_on,
        cast(sum(boardings) as bigint) as boardings
    from {{ ref("fct_boardings") }}
    group by city, counted_on
"""
_NOTEBOOK = [
    (
        "markdown",
        """
# Ferry: do more boardings go with more trips?

**Question.** Are there more trips in Jersey City on days on which 100 more people board the ferries?

**Method.** `analysis.stats.demand_model`: days of the same month and weekday, with the same weather.
""",
    ),
    (
        "code",
        """
import json

from IPython.display import Markdown

import lake
from analysis import figures, frames, stats

snapshot = frames.published()
connection = lake.connect(snapshot.id)
Markdown(frames.provenance(snapshot, connection))
""",
    ),
    ("markdown", "## What is there"),
    (
        "code",
        """
boardings = connection.sql("select trip_date, boardings from gold.mart_boardings where city = 'jc'").pl()
boardings.describe()
""",
    ),
    (
        "code",
        """
figures.lines(
    boardings.with_columns(year=boardings["trip_date"].dt.year()).sort("trip_date"),
    "trip_date",
    "boardings",
    by="year",
    title="Jersey City: boardings of a day",
    labels=("day", "boardings"),
)
""",
    ),
    ("markdown", "## What was found"),
    (
        "code",
        """
days = frames.days(connection, "jc").join(boardings, on="trip_date", how="left")
more = stats.Factor("100 more boardings", "boardings", step=100)
try:
    model = stats.demand_model(days, [more])
    effect = model.effect(more.name)
    told = effect.told
    print(f"EFFECT {json.dumps({'low': effect.low, 'high': effect.high, 'days': effect.observations})}")
except stats.TooLittleDataError as error:
    told = f"Nothing can be said: {error}."
Markdown(told)
""",
    ),
    (
        "markdown",
        """
**How sure?** What else comes with a full ferry on such a day, an event say, cannot be told apart from it.
""",
    ),
]
_MODULE = "bronze/sources/ferry.py"
RIGHT = Filled(
    "ferry",
    "paged",
    [
        Table(
            "boardings",
            [
                Field("id", "Number of the entry.", "i", "WHOLE", "bigint", "id"),
                Field("day", "Day, such as 2024-05-03.", "'2024-05-' || lpad((1 + i % 31)::varchar, 2, '0')"),
                Field("city", "City: nyc or jc.", "'jc'", typed="lower(trim(city))"),
                Field("pier", "Name of the pier.", "'Pier ' || i", typed="trim(pier)"),
                Field("boardings", "People who boarded, as text; n/a where nobody counted.", "'1,204'"),
            ],
            key=("city", "pier", "counted_on"),
            newest="id desc, batch desc, version desc, source_record desc",
            entry="id",
            measure="boardings",
            day="day",
            dated="cast(try_strptime(day, '%Y-%m-%d') as date)",
        )
    ],
    [Field("boardings", "People who boarded ferries; null where nobody counted.", "", type="bigint")],
    _COUNTED,
    _STAND_IN,
    edits=[
        (
            _MODULE,
            r"def list_offers\(base_url: str, months: str\)",
            'def list_offers(base_url: str, months: str, api_key: str = "")',
        ),
        (_MODULE, r"http = client\(\)", 'http = client({"X-Api-Key": api_key} if api_key else None)'),
        (
            _MODULE,
            r"base_url: str = dlt.config.value, months: str = dlt.config.value",
            'base_url: str = dlt.config.value, months: str = dlt.config.value, api_key: str = ""',
        ),
        (
            _MODULE,
            r"(?<=\n        months: such as `2024-02..2024-05, 2024-10`.\n)",
            "        api_key: what the upstream asks for; it stands in dlt's `secrets.toml`.\n",
        ),
        (_MODULE, r"\(base_url, months\)\n    return", "(base_url, months, api_key)\n    return"),
    ],
    notebook=_NOTEBOOK,
    full=True,
)
