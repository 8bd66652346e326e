"""The right answer: what the skeleton of `roadworks` is filled with."""

from __future__ import annotations

from tests.evals.fill import Field, Filled, Table

_STAND_IN = '''"""Roadworks: the file of closures, of the days between two dates."""

from __future__ import annotations

import random
from datetime import date, timedelta

from bronze.sample.upstreams import Answer, Asked, json_answer

PATH = "/roadworks"
_FIRST, _DAYS = date(2020, 11, 1), 181


def answer(asked: Asked) -> Answer:
    """Answer the file."""
    if asked.path != "/closures.csv":
        return json_answer({"error": "not found"}, 404)
    chance = random.Random(7)
    days = [_FIRST + timedelta(days=number) for number in range(_DAYS)]
    told = [(day, city, chance.randrange(1000, 1900)) for day in days for city in ("jc", "nyc")]
    lines = ["date,city,closures", *(f'{day},{city},"{count:,}"' for day, city, count in told)]
    return Answer("\\n".join(lines).encode(), "text/csv")
'''
_READ = '''def _lines(http: Client, url: str) -> list[dict[str, str]]:
    """Fetch the file, and return its lines by the names of the header."""

    def parse(body: bytes) -> list[dict[str, str]]:
        header, *lines = csv.reader(io.StringIO(body.decode("utf-8-sig"), newline=""))
        if any(len(line) != len(header) for line in lines):
            raise ValueError("a line has more or fewer fields than the header")
        return [dict(zip(header, line, strict=True)) for line in lines]

    found: list[dict[str, str]] = get_parsed(
        http, url, None, parse, "CSV", lambda text: text.lstrip().startswith("<")
    )
    return found


'''
_COUNTED = """
    select
        city,
        counted_on,
        closures
    from {{ ref("fct_closures") }}
"""
_MODULE = "bronze/sources/roadworks.py"
RIGHT = Filled(
    "roadworks",
    "file",
    [
        Table(
            "closures",
            [
                Field(
                    "date",
                    "Day, such as 2024-05-03.",
                    "strftime(date '2024-05-01' + (i % 31)::integer, '%Y-%m-%d')",
                ),
                Field("city", "City: nyc or jc.", "'jc'", typed="lower(trim(city))"),
                Field("closures", "Streets closed, as text; n/a where it is not known.", "'1,204'"),
            ],
            key=("city", "counted_on"),
            newest="batch desc, version desc, source_record desc",
            measure="closures",
            day="date",
            dated="cast(try_strptime(date, '%Y-%m-%d') as date)",
        )
    ],
    [Field("closures", "Streets closed; null where it is not known.", "", type="bigint")],
    _COUNTED,
    _STAND_IN,
    edits=[
        (_MODULE, r"(?=from collections import defaultdict)", "import csv\nimport io\n"),
        (_MODULE, r"(?=def _list_table)", _READ),
        (_MODULE, r"get_json\(http, url\)", "_lines(http, url)"),
        (_MODULE, r"import client, get_json", "import client, get_parsed"),
        (_MODULE, r"\{table.name\}\.json", "{table.name}.csv"),
    ],
)
