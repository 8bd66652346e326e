"""A source of feeds without a past, of tests only: the traffic signals of a city, and the sites they stand at.

Neither says when it is about. Its stand-in is both the live feeds and an archive: what is asked at `/now/` is `NOW`, and
`ARCHIVE` has the files of the archive.

    python -m tests.bronze.signals poll

is a command of the project that knows this source as well, with its feeds served beside it.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import dlt
import pytest

from bronze import landing, sources
from bronze.columns import OTHER_FIELDS, TEXT, WHOLE
from bronze.feeds import Feed, resources
from bronze.sample.upstreams import Answer, Asked, json_answer
from bronze.tables import Table
from lake import locate

LIGHTS = Feed(
    Table(
        "lights",
        {
            "asked_at": TEXT,
            "id": TEXT,
            "state": TEXT,
            "is_on": TEXT,
            "source_record": WHOLE,
            OTHER_FIELDS: TEXT,
        },
    ),
    path="lights.json",
    published={"is_on": "isOn"},
)
SITES = Feed(
    Table(
        "sites",
        {
            "asked_at": TEXT,
            "revision": TEXT,
            "id": TEXT,
            "lat": TEXT,
            "source_record": WHOLE,
            OTHER_FIELDS: TEXT,
        },
    ),
    path="sites.json",
    entries="data.sites",
    whole={"revision": "data.revision"},
    published={"lat": "at.lat"},
    may_be_empty=True,
)
FEEDS = (LIGHTS, SITES)
TABLES = tuple(feed.table for feed in FEEDS)

#: Two moments of a day.
NOON, LATER = "20240503T120000Z", "20240503T121500Z"
PATH = "/signals"
SETTING = "archive"
NOW: dict[str, Answer] = {}
ARCHIVE: dict[str, bytes] = {}


def lights(state: str = "red", number: int = 2) -> list[dict[str, Any]]:
    """Return what the feed of the signals answers."""
    return [{"id": one, "state": state, "isOn": True} for one in range(number)]


def publish() -> None:
    """Let both feeds answer, and the archive be empty."""
    ARCHIVE.clear()
    NOW["lights.json"] = json_answer(lights())
    NOW["sites.json"] = json_answer({"data": {"revision": 7, "sites": [{"id": "a"}]}})


def answer(asked: Asked) -> Answer:
    """Answer what a feed says now, or what lies in the archive."""
    path = asked.path.strip("/")
    if path == "index.json":
        return json_answer([*ARCHIVE])
    if path in ARCHIVE:
        return Answer(ARCHIVE[path], "application/octet-stream")
    return NOW.get(path.removeprefix("now/"), json_answer({"error": "no such thing"}, 404))


def install(patch: pytest.MonkeyPatch) -> None:
    """Let the project have this source beside the others it has."""
    name, others, stand_ins = "signals", sources.names(), dict(_stand_ins())
    patch.setitem(sys.modules, f"bronze.sources.{name}", sys.modules[__name__])
    patch.setattr(sources, "names", lambda: sorted([*others, name]))
    patch.setattr("bronze.sample.server.stand_ins", lambda: stand_ins | {name: sys.modules[__name__]})


def _stand_ins() -> dict[str, Any]:
    from bronze.sample.upstreams import stand_ins

    return stand_ins()


@dlt.source(name="signals", max_table_nesting=0)
def signals(
    base_url: str = "", archive: str = "", recordings: str = "", months: str = dlt.config.value
) -> Any:
    """Signals and their sites."""
    return resources(
        "signals",
        FEEDS,
        system="hoboken",
        months=months,
        base_url=base_url,
        archive=archive,
        recordings=recordings,
    )


def packed(value: Any) -> bytes:
    """Return a value as the file of an archive."""
    import gzip

    return gzip.compress(json.dumps(value).encode(), mtime=0)


def ask() -> list[tuple[str, str, str]]:
    """Ask as a poll does; return the feed, what became of its answer, and the moment or why not."""
    return [
        (one.feed, one.outcome, one.moment or one.error or "")
        for one in landing.ask(locate(), "signals", origin="upstream")
    ]


def land() -> dict[str, tuple[str, int]]:
    """Land what is kept; return what became of each day, and the number of its version."""
    found = [landing.land(locate(), offer, origin="upstream") for offer in landing.offers("signals")]
    assert [one.error for one in found] == [None] * len(found)
    return {f"{one.table} {one.batch}": (one.outcome, one.version.number) for one in found if one.version}


def main(words: list[str]) -> int:
    """Carry out a command of the project, with the feeds as they are at first, and return its exit status."""
    from bronze.sample.server import serve
    from orchestration.__main__ import main as command

    with pytest.MonkeyPatch.context() as patch:
        install(patch)
        publish()
        with serve(Path(__file__).parent) as endpoints:
            patch.setenv(sources.variable("signals"), f"{endpoints.urls['signals']}/now")
            return command(words)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
