"""Limits on what one run may change: by how much a measure of a month that is published already, before it is published.

They stand in `[publish]` of `.dlt/config.toml` and are off by default. Where there are some, every run is held against
them, of whichever driver; `make run DIFF=1` also shows all that changes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from bronze import landing
from lake.contents import partitions
from lake.diff import Diff, diff
from lake.errors import LakeError
from lake.layout import Lake
from lake.snapshots import Snapshot, hold_snapshot
from lake.words import figure
from orchestration.meaning import meanings
from orchestration.plan import readable

#: Given what the snapshot changes; None where it is the lake's first.
Show = Callable[[Diff | None], None]

SETTING, NONE = "PUBLISH__LIMITS", "none"
_LIMIT = re.compile(r"(?:gold\.)?(?P<mart>\w+)\.(?P<measure>\w+)\s+(?P<percent>\d+(\.\d+)?)\s*%")
_ANYWAY = f"Look at it with `make run DIFF=1`, keep a batch out with `make hold`, or publish all the same: `make run {SETTING}={NONE}`"


class LimitError(LakeError):
    """A snapshot would change more than is allowed, or nobody can tell: it is not published."""


@dataclass(frozen=True)
class Limit:
    """By how many per cent a measure of a month of one mart may change."""

    mart: str
    measure: str
    percent: float


def configured_limits() -> list[Limit]:
    """Return the limits that are configured, none by default.

    Raises:
        ValueError: the setting is not what it should be, or names no measure of a mart.
    """
    landing.settings()
    import dlt

    text = (dlt.config.get("publish.limits", str) or "").strip()
    if text in ("", NONE):
        return []
    found, said = [], meanings()
    for part in text.split(","):
        if not (match := _LIMIT.fullmatch(part.strip())):
            raise ValueError(
                f"publish.limits in .dlt/config.toml, or {SETTING}: {part.strip()!r} is no limit; write it as "
                f"'mart_covered_days.trips 1%', several with commas, or {NONE}"
            )
        limit = Limit(f"gold.{match['mart']}", match["measure"], float(match["percent"]))
        known = said[limit.mart].measures if limit.mart in said else {}
        if limit.measure not in known:
            there = ", ".join(known) or "none"
            raise ValueError(
                f"publish.limits: {limit.mart} has no measure {limit.measure!r} (it has: {there})"
            )
        found.append(limit)
    return found


def look(lake: Lake, snapshot: Snapshot, show: Show | None) -> None:
    """Compare a built snapshot with its parent, where it is to be shown or there are limits.

    Raises:
        LimitError: a limit is exceeded, or what is published is damaged, so that nobody can tell.
        LakeError: a limit is of a mart that is not by month.
        ValueError: the setting of limits is not what it should be.
    """
    limits = configured_limits()
    if not limits and show is None:
        return
    _check(limits, snapshot)
    parent = readable(lake, snapshot.parent)
    if parent is None:
        if snapshot.parent and limits:
            raise LimitError(
                f"snapshot {snapshot.parent} is damaged, so nobody can tell whether limits are kept. {_ANYWAY}"
            )
        if show:
            show(None)
        return
    only = None if show else {limit.mart for limit in limits}
    with hold_snapshot(lake, parent.id):
        found = diff(parent, snapshot, only=only)
    if show:
        show(found)
    if broken := list(exceeded(found, limits)):
        raise LimitError("limits are exceeded:\n  " + "\n  ".join(broken) + f"\n{_ANYWAY}")


def _check(limits: list[Limit], snapshot: Snapshot) -> None:
    for limit in limits:
        of = partitions(snapshot.path / limit.mart.replace(".", "/"))
        if not any(column.endswith(("_month", "_day")) for column in of):
            raise LakeError(
                f"publish.limits: {limit.mart} is not by month, so no month of it can be compared"
            )


def exceeded(found: Diff, limits: list[Limit]) -> Iterator[str]:
    """Yield in words each limit that a difference exceeds, in months that were published before."""
    allowed = {(limit.mart, limit.measure): limit.percent for limit in limits}
    for table in found.tables:
        for one in table.measures:
            limit = allowed.get((table.table, one.measure))
            if limit is None or one.month is None or one.before is None:
                continue
            # What was nothing and is something, or the other way round, has changed by more than any limit; NaN as well.
            if one.percent is None or not abs(one.percent) <= limit:
                by = "altogether" if one.percent is None else f"by {one.percent:+.1f} %"
                yield (
                    f"{table.table}.{one.measure} of month {one.month} changed {by}, more than the {limit:g} % allowed: "
                    f"{figure(one.before)} {one.unit} before, {figure(one.after)} after"
                )
