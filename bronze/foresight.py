"""What a run would land: upstreams and archives are listed, and nothing is fetched, asked of a feed or written."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

from bronze import landing, sources
from bronze.errors import BatchError
from bronze.feeds import Feed, foresee, months_of
from bronze.landing import Foreseen
from bronze.offers import LISTING
from lake.layout import Lake

_MONTH = re.compile(r".*-(\d{4}-\d{2})")
_DAY = re.compile(r".*-(\d{4}-\d{2}-\d{2})")


def months_named(batch: str) -> list[str]:
    """Return the months that a batch's name says it touches; of others, as of a year, nobody knows before it is read."""
    if found := _DAY.fullmatch(batch):
        return months_of(found[1])
    return [found[1]] if (found := _MONTH.fullmatch(batch)) else []


def asked_feeds() -> list[tuple[str, str]]:
    """Return the feeds, (source, feed), that a run would ask how things are now."""
    return [
        (source, feed.name)
        for source in sources.names()
        if not sources.is_unwritten(source) and _setting(source, "base_url")
        for feed in sources.feeds(source)
    ]


def foreseen(lake: Lake, source: str) -> Iterator[Foreseen]:
    """Yield what would become of each batch of a source, as far as can be told.

    To be called within `upstreams(lake)`. A feed's day to which answers would be added is `changed`, or `new`.
    """
    coming: dict[tuple[str, str], str] = {}
    for feed in () if sources.is_unwritten(source) else sources.feeds(source):
        try:
            coming |= {(feed.name, day): why for day, why in _answers(lake, source, feed)}
        except BatchError as error:
            yield Foreseen(source, feed.name, LISTING, "failed", landing.in_words(error))
    try:
        for offer in landing.offers(source):
            fate = landing.foresee(lake, offer)
            if why := coming.pop((fate.table, fate.batch), ""):
                fate = replace(fate, fate="new" if fate.fate == "new" else "changed", why=why)
            yield fate
    except BatchError as error:
        yield Foreseen(source, LISTING, LISTING, "failed", landing.in_words(error))
    for (table, batch), why in coming.items():
        yield Foreseen(source, table, batch, "new", why)


def _answers(lake: Lake, source: str, feed: Feed) -> Iterator[tuple[str, str]]:
    """Yield each batch to which answers would be added, and why."""
    system = _setting(source, "system")
    if archive := _setting(source, "archive"):
        for day, answers in foresee(source, feed, archive, _setting("", "months"), lake).items():
            yield f"{system}-{day}", f"{answers:,} answers of the archive are not kept yet"
    if _setting(source, "base_url"):
        yield f"{system}-{datetime.now(UTC):%Y-%m-%d}", "the feed is asked what it says now"


def _setting(source: str, name: str) -> str:
    landing.settings()
    import dlt

    section = f"sources.{source}" if source else "sources"
    return dlt.config.get(f"{section}.{name}", str) or ""
