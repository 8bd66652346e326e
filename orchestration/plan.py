"""What a build has to build: the months and batches touched since the parent, or everything."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from lake.contents import identities
from lake.errors import DamagedError, GoneError
from lake.layout import Lake
from lake.meaning import read_meanings
from lake.snapshots import Snapshot, check, load
from lake.versions import Version, in_force
from orchestration.meaning import meanings_of

#: Partition columns that hold months or days (YYYY-MM, YYYY-MM-DD) end so; `batch` holds batches. Others are
#: not known to a plan.
MONTHS, DAYS, BATCH = "_month", "_day", "batch"
_TOLD = 6


@dataclass(frozen=True)
class Plan:
    """What one build writes itself; every other partition is linked from the parent.

    `months` (YYYY-MM) are those that a changed version touches, the old or the new one. `batches` are the
    changed ones, `read` those whose raw rows are needed for the two. With `full`, all of it is everything.
    `why` says in words what it comes from.
    """

    full: bool
    why: str
    months: tuple[str, ...] = ()
    batches: tuple[str, ...] = ()
    read: tuple[str, ...] = ()

    def is_built(self, column: str, value: str) -> bool:
        """Say whether the partition `<column>=<value>` is written by this build; a day is with its month.

        Raises:
            ValueError: the column is neither month, day nor batch, so nobody can tell when to build it.
        """
        if self.full:
            return True
        if column.endswith(MONTHS):
            return value in self.months
        if column.endswith(DAYS):
            return value[:7] in self.months
        if column == BATCH:
            return value in self.batches
        raise ValueError(f"partition column {column!r}: it must end in {MONTHS} or {DAYS}, or be {BATCH}")

    def variables(self) -> dict[str, Any]:
        """Return the variables that tell dbt of the plan; see silver/macros/logic/built.sql."""
        if self.full:
            return {}
        return {
            "build_months": list(self.months),
            "build_batches": list(self.batches),
            "read_batches": list(self.read),
        }

    def told(self) -> str:
        """Return the plan in words."""
        if self.full:
            return f"everything is built: {self.why}"
        months = ", ".join(self.months) or "no month"
        if len(self.months) > _TOLD:
            months = f"{len(self.months)} months from {self.months[0]} to {self.months[-1]}"
        return f"{self.why}: {months} built anew, the others stay the parent's files"

    def facts(self) -> dict[str, Any]:
        """Return the plan as it is kept with the snapshot."""
        return {"full": self.full, "why": self.why, **({} if self.full else self.variables())}

    @classmethod
    def of(cls, facts: dict[str, Any]) -> Plan:
        """Return the plan that a begun snapshot was given."""
        return cls(
            facts["full"],
            facts["why"],
            months=tuple(facts.get("build_months", ())),
            batches=tuple(facts.get("build_batches", ())),
            read=tuple(facts.get("read_batches", ())),
        )


def _held(accepted: Iterable[list[Any]]) -> dict[tuple[str, str, str, int], tuple[str, ...]]:
    """Return the content of each version that a snapshot holds, without what was said of them.

    The content is empty in snapshots from before it was written down.
    """
    return {
        (source, table, batch, number): tuple(content)
        for source, table, batch, number, _, _, *content in accepted
    }


def _lost(version: Version | None, content: tuple[str, ...]) -> str | None:
    """Say why nobody knows which months the parent's version touched; None if it is still in bronze."""
    if version is None:
        return "is gone from bronze"
    if not content:
        return "is in the parent, which does not say with what content"
    same = content == (version.record["content_hash"], version.record["landed_at"])
    return None if same else "is another landing than the parent's"


def readable(lake: Lake, snapshot_id: str | None) -> Snapshot | None:
    """Return a parent, or None where there is none, or not all of it: then all is built and judged anew."""
    if not snapshot_id:
        return None
    try:
        snapshot = load(lake, snapshot_id)
        check(snapshot)
    except (DamagedError, GoneError):
        return None
    return snapshot


def behind(
    published: Snapshot, accepted: list[Version], fingerprint: str, suites: dict[str, str]
) -> list[str]:
    """Return in words in what a snapshot is behind what is accepted, the models and the suites; nothing: up to date."""
    facts = published.facts
    return [
        what
        for what, is_same in (
            ("what is accepted", facts["accepted"] == identities(accepted)),
            ("models or engine", facts.get("fingerprint") == fingerprint),
            ("suites of silver or gold", facts.get("suites") == suites),
            ("what is said of tables and measures", read_meanings(published.path) == meanings_of(published)),
        )
        if not is_same
    ]


def make_plan(
    parent: Snapshot | None,
    known: list[Version],
    fingerprint: str,
    *,
    full: bool = False,
    published: str | None = None,
) -> Plan:
    """Compare what is accepted now with what the parent holds. `published` is the parent's id, read or not.

    `known` are all versions of bronze, `fingerprint` that of the models as they are. Everything is built
    when there is no parent, when models or the engine have changed, or when a version that the parent holds
    is gone from bronze or is another landing there, so that nobody knows which months it touched.
    """
    if full:
        return Plan(True, "asked for")
    if parent is None and published:
        return Plan(True, "what is published is damaged, `make verify` tells where")
    if parent is None:
        return Plan(True, "nothing to build on")
    if parent.facts.get("fingerprint") != fingerprint:
        return Plan(True, "models or engine have changed")
    by_key = {(v.source, v.table, v.batch, v.number): v for v in known}
    accepted = in_force(known)
    now = {(v.source, v.table, v.batch, v.number) for v in accepted}
    before = _held(parent.facts["accepted"])
    for key, content in before.items():
        if why := _lost(by_key.get(key), content):
            return Plan(True, f"{key[2]} version {key[3]} {why}")
    changed = now ^ before.keys()
    names = {batch for _, _, batch, _ in changed}
    # A partition by batch holds whatever table has a batch of that name: all of them count as changed.
    touched = [by_key[key] for key in by_key if key[2] in names and (key in now or key in changed)]
    months = {month for version in touched for month in version.record["months"]}
    read = {v.batch for v in accepted if v.batch in names or months & set(v.record["months"])}
    why = (
        f"{len(changed)} {'version' if len(changed) == 1 else 'versions'} came or went"
        if changed
        else "only what is said of versions or tables, or a suite"
    )
    return Plan(False, why, tuple(sorted(months)), tuple(sorted(names)), tuple(sorted(read)))
