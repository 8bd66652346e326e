"""Asking feeds without a past, between runs and at the beginning of each: what they say now cannot be asked for later.

Nothing here takes the run's lock: an answer is kept whole or not at all (`lake.recordings`), whoever else is at
work. The next run lands what was kept.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from itertools import groupby

from bronze import landing, sources
from bronze.landing import Asked, Landed
from bronze.offers import LISTING
from lake.errors import LakeError
from lake.layout import Lake
from lake.recordings import origin_of, told_moment
from orchestration.upstreams import configured, upstreams

#: Seconds between two rounds of a recorder: who asks less often than once a day wants no recorder.
_LONGEST = 86_400
#: How many failures of one feed are told: an archive may have thousands of damaged files.
_TOLD = 5


def poll(lake: Lake, origin: str) -> list[Asked]:
    """Ask all sources with feeds, one after the other, and return what became of each answer.

    To be called within `upstreams(lake)`, whose `origin` it is given. One failure stops no other question.
    """
    asked: list[Asked] = []
    for source in sources.names():
        asked += landing.ask(lake, source, origin=origin)
    return asked


def told(asked: Iterable[Asked]) -> Iterator[tuple[bool, str]]:
    """Yield what became of each feed in words, and whether that is as it should be."""
    for (source, feed), answers in groupby(asked, lambda one: (one.source, one.feed)):
        found = list(answers)
        name = f"{source} (archive)" if feed == LISTING else f"{source} {feed}"
        read_in = [one.moment for one in found if one.outcome == "kept" and one.read_from]
        if read_in:
            span = f"{told_moment(min(read_in))} to {told_moment(max(read_in))} UTC"
            yield True, f"{name}: read in {len(read_in):,} answers of the archive, {span}"
        for one in found:
            if one.outcome == "kept" and not one.read_from:
                yield True, f"{name}: kept what it said at {told_moment(one.moment)} UTC"
            elif one.outcome == "known" and not one.read_from:
                yield True, f"{name}: kept already what it said at {told_moment(one.moment)} UTC"
        failed = [one.error or "" for one in found if one.outcome == "failed"]
        yield from ((False, f"{name}: not kept: {error}") for error in failed[:_TOLD])
        if failed[_TOLD:]:
            yield False, f"{name}: and {len(failed) - _TOLD:,} more failures like these"


def failures(asked: Iterable[Asked]) -> list[Landed]:
    """Return what could not be kept as what could not be landed, one entry a feed: so it is told and counted."""
    found: dict[tuple[str, str], list[Asked]] = {}
    for one in asked:
        if one.outcome == "failed":
            found.setdefault((one.source, one.feed), []).append(one)
    return [
        Landed(
            source,
            feed,
            LISTING,
            "failed",
            error="not kept: " + str(first.error) + (f" (and {len(rest):,} more failures)" if rest else ""),
            passing=first.passing,
        )
        for (source, feed), (first, *rest) in found.items()
    ]


def main_poll(lake: Lake, say: Callable[[bool, str], None], every: float | None = None) -> int:
    """Poll once, or every so many seconds until Ctrl-C; return 0, or 1 where a feed of the last round failed.

    With `every`, trouble of a round after the first is told and the next is tried: a recorder that stops has a hole.

    Raises:
        LakeError, ValueError: the configuration makes no sense, or the lake is busy.
    """
    if every is not None and not 1 <= every <= _LONGEST:
        raise LakeError(
            f"EVERY={every:g}: say after how many seconds to ask again, from 1 to {_LONGEST:,} (a day)"
        )
    if not any(configured().values()):
        if origin_of(lake) == "upstream":
            raise LakeError(
                f"{lake.short(lake.root)} keeps real answers, and no address is configured: nothing was asked. Set "
                "base_url of the feeds in .dlt/config.toml, or SOURCES__<NAME>__BASE_URL"
            )
        say(True, "nothing to ask: the sample's feeds have fixed moments, which `make run` reads in")
        return 0
    status, first = 0, True
    try:
        while True:
            begun = time.monotonic()
            try:
                status = _round(lake, say)
            except (LakeError, ValueError, OSError) as error:
                if first:
                    raise
                status = 1
                say(False, str(error))
            if every is None:
                return status
            first = False
            time.sleep(max(0.0, begun + every - time.monotonic()))
    except KeyboardInterrupt:
        return status


def _round(lake: Lake, say: Callable[[bool, str], None]) -> int:
    with upstreams(lake) as origin:
        asked = poll(lake, origin)
    for is_well, line in told(asked):
        say(is_well, line)
    if not asked:
        say(True, "no source has a feed to ask")
    return 1 if any(one.outcome == "failed" for one in asked) else 0
