"""Read-only facts about the lake, for the terminal and the dashboard."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from lake import recordings
from lake.branches import branches, read_begun
from lake.layout import Lake, locate
from lake.listing import read_listing
from lake.merging import moved
from lake.pin import Pin, read_pin
from lake.snapshots import current_id, list_snapshots
from lake.tags import Tag, read_tags
from lake.versions import Version, all_versions, in_force, strange

#: How many days that have not landed are named.
_NAMED = 3


@dataclass(frozen=True)
class BatchStatus:
    """The newest version of one batch, and the one in force, which the next build takes (None: it takes none).

    `published` is the one that the published snapshot has (None: it has none): another, until a run has built it.
    `other_fields` are the names of what its upstream published beside the table's columns.
    """

    source: str
    table: str
    batch: str
    version: int
    state: str
    rows: int
    landed_at: str
    by: str | None
    reason: str | None
    report: str | None
    in_force: int | None
    published: int | None
    other_fields: list[str]


@dataclass(frozen=True)
class SnapshotStatus:
    """One complete snapshot."""

    id: str
    parent: str | None
    completed_at: str
    is_current: bool
    origin: str
    rows: dict[str, int]


@dataclass(frozen=True)
class RejectedStatus:
    """A version in the published snapshot of which silver rejected most rows, with the rejected by reason."""

    source: str
    table: str
    batch: str
    version: int
    rows: int
    reasons: dict[str, int]

    def told(self) -> str:
        """Say how many rows of which version, and why."""
        why = ", ".join(f"{rows:,} {reason}" for reason, rows in self.reasons.items())
        rejected = f"{sum(self.reasons.values()):,} of {self.rows:,} rows"
        return f"{self.table} {self.batch} version {self.version}: silver rejected {rejected} ({why})"


@dataclass(frozen=True)
class FailedStatus:
    """A batch that the last run could not land. `batch` is `*` where the upstream could not be listed."""

    source: str
    table: str
    batch: str
    error: str


@dataclass(frozen=True)
class FeedStatus:
    """What is kept of a feed without a past, with moments in UTC.

    `hole` is the longest time between two answers, from one to the next; None while there is one answer. `waiting`
    are the days of which more is kept than has landed.
    """

    source: str
    feed: str
    answers: int
    newest: str
    hole: tuple[str, str] | None
    waiting: list[str]

    def told(self) -> str:
        """Say how many answers there are, and what of them is missing."""
        said = [f"{self.answers:,} answers, the newest of {self.newest}"]
        if self.hole:
            said.append(f"nobody asked for longest from {self.hole[0]} to {self.hole[1]}")
        if self.waiting:
            more = f" and {len(self.waiting) - _NAMED:,} days more" if self.waiting[_NAMED:] else ""
            said.append(f"not landed yet: {', '.join(self.waiting[:_NAMED])}{more}")
        return f"{self.source} {self.feed}: {'; '.join(said)} (UTC)"


@dataclass(frozen=True)
class BranchStatus:
    """A branch: from which snapshot it was begun, by whom and when (UTC), and what it has published since, if that.

    `moved` is what its lake has changed meanwhile, so that it cannot be merged.
    """

    name: str
    begun_from: str
    begun_at: str
    by: str
    published: str | None
    moved: list[str]

    def told(self) -> str:
        """Say what the branch is, and whether it can be merged."""
        has = f"has published {self.published}" if self.published else "has published nothing yet"
        may = f"cannot be merged, for in its lake {'; '.join(self.moved[:_NAMED])}" if self.moved else ""
        begun = f"begun by {self.by} at {self.begun_at[:19]} UTC from snapshot {self.begun_from}"
        return "; ".join(filter(None, [f"branch {self.name}: {begun}", has, may]))


@dataclass(frozen=True)
class LakeStatus:
    """What `status` found. Empty lists mean an empty lake.

    `asked_at` is when upstreams were last asked (UTC). `listed` counts every batch they listed then by what
    has become of it: accepted, refused, held, unjudged, failed, or missing (its folder was removed by hand).
    `not listed` counts batches in scope that were not among them. `pin` is there after a rollback. `strange` is
    what lies in bronze and is no version, in words: nobody reads it. `branch` says of which branch this is the lake.
    """

    root: str
    current: str | None
    pin: Pin | None
    asked_at: str | None
    snapshots: list[SnapshotStatus]
    batches: list[BatchStatus]
    rejected: list[RejectedStatus]
    failed: list[FailedStatus]
    feeds: list[FeedStatus]
    listed: dict[str, int]
    strange: list[str]
    tags: list[Tag]
    branches: list[BranchStatus]
    branch: BranchStatus | None

    def as_dict(self) -> dict[str, Any]:
        """Return the facts as plain types, ready for JSON."""
        return asdict(self)

    def waiting(self) -> list[BatchStatus]:
        """Return the batches of which the published snapshot has not what is in force; none while there is none."""
        return [one for one in self.batches if self.current and one.published != one.in_force]

    def until(self) -> str:
        """Say until when that stays so."""
        return "until `make release` and a run" if self.pin else "until the next run"


def _feeds(lake: Lake, known: list[Version]) -> Iterator[FeedStatus]:
    landed: Counter[tuple[str, str, str]] = Counter()
    for version in known:
        if day := version.record.get("day"):
            key = (version.source, version.table, day)
            landed[key] = max(landed[key], version.record["answers"])
    for source, feed in recordings.feeds(lake):
        if not (answers := recordings.kept(lake, source, feed)):
            continue
        hole = recordings.longest_hole(answers)
        days = Counter(one.day for one in answers)
        yield FeedStatus(
            source,
            feed,
            len(answers),
            recordings.told_moment(answers[-1].moment),
            (recordings.told_moment(hole[0].moment), recordings.told_moment(hole[1].moment))
            if hole
            else None,
            [day for day, count in sorted(days.items()) if count > landed[source, feed, day]],
        )


def _branch(lake: Lake) -> BranchStatus:
    begun, now = read_begun(lake), current_id(lake)
    published = now if now != begun.snapshot else None
    return BranchStatus(
        lake.root.name, begun.snapshot, begun.begun_at, begun.by, published, moved(lake.home, begun)
    )


def status(root: Path | str | None = None) -> LakeStatus:
    """Look at the lake without changing it: its snapshots, and every batch with its state."""
    lake = locate(root)
    known = all_versions(lake)
    serving = {(v.source, v.table, v.batch): v.number for v in in_force(known)}
    newest = {(v.source, v.table, v.batch): v for v in known}
    published, complete = current_id(lake), list_snapshots(lake)
    shown = {
        (source, table, batch): number
        for snapshot in complete
        if snapshot.id == published
        for source, table, batch, number, *_ in snapshot.facts["accepted"]
    }
    batches = []
    for key, version in newest.items():
        verdict = version.verdict or {}
        batches.append(
            BatchStatus(
                *key,
                version=version.number,
                state=version.state,
                rows=version.record["rows_landed"],
                landed_at=version.record["landed_at"],
                by=verdict.get("by"),
                reason=verdict.get("reason"),
                report=lake.short(version.report) if version.report else None,
                in_force=serving.get(key),
                published=shown.get(key),
                other_fields=version.other_fields,
            )
        )
    snapshots = [
        SnapshotStatus(
            snapshot.id,
            snapshot.parent,
            snapshot.facts["completed_at"],
            snapshot.id == published,
            snapshot.facts["origin"],
            snapshot.facts["rows"],
        )
        for snapshot in complete
    ]
    rejected = [
        RejectedStatus(**one)
        for snapshot in complete
        if snapshot.id == published
        for one in snapshot.facts.get("mostly_rejected", [])
    ]
    listing = read_listing(lake)
    failed = [
        FailedStatus(one["source"], one["table"], one["batch"], one["error"])
        for one in listing["offers"]
        if one["outcome"] == "failed"
    ]
    states = {(batch.source, batch.table, batch.batch): batch.state for batch in batches}
    fates = Counter(
        one["outcome"]
        if one["outcome"] in ("failed", "not listed")
        else states.get((one["source"], one["table"], one["batch"]), "missing")
        for one in listing["offers"]
    )
    return LakeStatus(
        str(lake.root),
        published,
        read_pin(lake),
        listing["asked_at"],
        snapshots,
        batches,
        rejected,
        failed,
        list(_feeds(lake, known)),
        dict(sorted(fates.items())),
        [f"{lake.short(path)} {what}" for path, what in strange(lake)],
        list(read_tags(lake).values()),
        [_branch(one) for one in branches(lake)],
        _branch(lake) if lake.home != lake else None,
    )
