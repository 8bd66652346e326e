"""What a run would do now, and why: nothing is fetched, and not a byte of the lake is written."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from bronze import sources
from bronze.foresight import asked_feeds, foreseen, months_named
from bronze.landing import Foreseen
from bronze.offers import called
from lake.contents import partitions
from lake.layout import Lake
from lake.pin import Pin, read_pin
from lake.retention import kept_snapshots
from lake.snapshots import Snapshot, current_id
from lake.versions import Version, all_versions, in_force
from orchestration import steps
from orchestration.dbt import fingerprint
from orchestration.limits import configured_limits
from orchestration.plan import Plan, behind, make_plan, readable
from orchestration.upstreams import Origin, upstreams

#: Batches that are told one by one.
_TOLD = 8


@dataclass(frozen=True)
class ToJudge:
    """A version that the gate would judge, and why."""

    source: str
    table: str
    batch: str
    version: int
    why: str


@dataclass(frozen=True)
class StaysOut:
    """The newest version of a batch that no snapshot gets as it is; `in_force` is the one it gets, if any."""

    source: str
    table: str
    batch: str
    version: int
    state: str
    by: str | None
    reason: str | None
    in_force: int | None


@dataclass(frozen=True)
class Carried:
    """How many partitions of a table would stay the published snapshot's files."""

    table: str
    partitions: int


@dataclass(frozen=True)
class Building:
    """What would be built: `full` everything, else these months and batches, at least.

    `open` are batches of which nobody knows which months they touch before they are fetched.
    """

    full: bool
    why: str
    months: tuple[str, ...]
    batches: tuple[str, ...]
    open: tuple[str, ...]
    carried: list[Carried]


@dataclass(frozen=True)
class Preview:
    """What a run would do.

    `outcome`: `publishes`, if the gates let it; `perhaps`, where it depends on what a suite that has changed says;
    `nothing`, unless a batch that cannot be told before it is fetched (`unknown` in `batches`) is another now;
    `pinned`, it lands and judges and publishes nothing; `stops`, there are no trips to build from. `behind` says in what
    the published snapshot is behind. `batches` are all but the unchanged ones. `building` is None where nothing is.
    """

    root: str
    origin: Origin
    published: str | None
    outcome: Literal["publishes", "perhaps", "nothing", "pinned", "stops"]
    pin: Pin | None
    behind: list[str]
    feeds: list[str]
    batches: list[Foreseen]
    unchanged: int
    judges: list[ToJudge]
    stays_out: list[StaysOut]
    building: Building | None


def preview(lake: Lake, *, full: bool = False) -> Preview:
    """Say what a run would do now; `full`, what `make run FULL=1` would.

    Raises:
        LakeError, ValueError: what would stop the run before it asks anybody.
    """
    kept_snapshots()
    configured_limits()
    with tempfile.TemporaryDirectory(prefix="lake-plan-") as scratch:
        # Where the lake has no sample to serve yet it is made elsewhere.
        with upstreams(lake, scratch=Path(scratch)) as origin:
            batches = [one for source in sources.names() for one in foreseen(lake, source)]
            feeds = [f"{source} {feed}" for source, feed in asked_feeds()]
        return _preview(lake, origin, batches, feeds, full)


def _preview(lake: Lake, origin: Origin, batches: list[Foreseen], feeds: list[str], full: bool) -> Preview:
    from orchestration.gate.judge import suite_hashes

    known = all_versions(lake)
    judges = [_to_judge(version) for version in steps.to_judge(lake)]
    published = current_id(lake)
    parent = readable(lake, published)
    after = [_accepted(version, parent) if version.verdict is None else version for version in known]
    coming = [one for one in batches if one.fate in ("new", "changed")]
    after += [_to_come(lake, one, known) for one in coming]
    pin = read_pin(lake)
    models, suites = fingerprint(), suite_hashes()
    what = behind(parent, in_force(after), models, suites) if parent else []
    is_perhaps = any(one.why != _NEVER for one in judges)
    outcome: Literal["publishes", "perhaps", "nothing", "pinned", "stops"]
    if pin:
        outcome = "pinned"
    elif not full and parent and not what:
        outcome = "perhaps" if is_perhaps else "nothing"
    elif not any(version.table == "trips" for version in in_force(after)):
        outcome = "perhaps" if any(one.table == "trips" for one in judges) else "stops"
    else:
        outcome = "publishes"
    return Preview(
        str(lake.root),
        origin,
        published,
        outcome,
        pin,
        what,
        feeds,
        [one for one in batches if one.fate != "unchanged"],
        sum(one.fate == "unchanged" for one in batches),
        judges,
        list(_stay_out(known)),
        _building(
            make_plan(parent, after, models, full=full, published=published),
            parent,
            [f"{one.table} {one.batch}" for one in coming if not months_named(one.batch)],
        )
        if outcome == "publishes"
        else None,
    )


_NEVER, _ANEW = "never judged", "its suite has changed since it was refused"


def _to_judge(version: Version) -> ToJudge:
    why = _ANEW if version.verdict else _NEVER
    return ToJudge(version.source, version.table, version.batch, version.number, why)


def _accepted(version: Version, parent: Snapshot | None) -> Version:
    """Return a version as it is once the gate has accepted it, in the words in which the parent holds it, if it does."""
    held = {tuple(one[:4]): one[4:6] for one in parent.facts["accepted"]} if parent else {}
    by, reason = held.get((version.source, version.table, version.batch, version.number), (None, None))
    made = Version(version.source, version.table, version.batch, version.number, version.path)
    made.__dict__.update(
        {"record": version.record, "verdict": {"state": "accepted", "by": by, "reason": reason}}
    )
    return made


def _to_come(lake: Lake, one: Foreseen, known: Iterable[Version]) -> Version:
    """Return the version that a batch would land as, accepted, as far as its record can be told."""
    numbers = [v.number for v in known if (v.source, v.table, v.batch) == (one.source, one.table, one.batch)]
    number = max(numbers, default=0) + 1
    made = Version(one.source, one.table, one.batch, number, lake.bronze / "to come")
    record = {"months": months_named(one.batch), "content_hash": "", "landed_at": ""}
    made.__dict__.update({"record": record, "verdict": {"state": "accepted"}})
    return made


def _stay_out(known: list[Version]) -> Iterator[StaysOut]:
    serving = {(v.source, v.table, v.batch): v.number for v in in_force(known)}
    for key, version in {(v.source, v.table, v.batch): v for v in known}.items():
        if version.state in ("refused", "held"):
            verdict = version.verdict or {}
            said = verdict.get("by"), verdict.get("reason")
            yield StaysOut(*key, version.number, version.state, *said, serving.get(key))


def _building(plan: Plan, parent: Snapshot | None, unknown: list[str]) -> Building:
    carried = []
    for folder in sorted((parent.path).glob("*/*/")) if parent and not plan.full else ():
        if folder.parent.name in ("silver", "gold"):
            there = [(column, value) for column, values in partitions(folder).items() for value in values]
            if kept := sum(not plan.is_built(*partition) for partition in there):
                carried.append(Carried(f"{folder.parent.name}.{folder.name}", kept))
    return Building(
        plan.full, plan.why, plan.months, plan.batches, () if plan.full else tuple(unknown), carried
    )


def told(found: Preview) -> Iterator[str]:
    """Yield a preview in lines of plain words, the conclusion last."""
    if found.feeds:
        yield f"feeds that would be asked what they say now: {', '.join(found.feeds)}"
    for fate, said in (
        ("new", "would land for the first time"),
        ("changed", "would land again, with another content than before"),
        ("unknown", "cannot be told before it is fetched (no ETag), and lands if it is another now"),
        ("not listed", "in scope, and not listed upstream"),
        ("failed", "would fail"),
    ):
        yield from _listed(said, [_named(one) for one in found.batches if one.fate == fate])
    yield f"unchanged upstream: {found.unchanged:,} batches"
    for why in (_NEVER, _ANEW):
        judged = [f"{one.table} {one.batch} version {one.version}" for one in found.judges if one.why == why]
        yield from _listed(f"would be judged, {why}", judged)
    for out in found.stays_out:
        served = f"version {out.in_force} stays in force" if out.in_force else "no version is in force"
        yield f"{out.table} {out.batch} version {out.version} stays out, {out.state} by {out.by}: {out.reason}; {served}"
    if found.building:
        yield from _told_building(found.building)
    yield _conclusion(found)


def _named(one: Foreseen) -> str:
    return called(one.source, one.table, one.batch) + (f" ({one.why})" if one.why else "")


def _listed(said: str, names: list[str]) -> Iterator[str]:
    if names:
        yield f"{said} ({len(names):,}): {_some(names)}"


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - _TOLD:,} more" if len(names) > _TOLD else ""
    return ", ".join(names[:_TOLD]) + more


def _told_building(building: Building) -> Iterator[str]:
    if building.full:
        yield f"everything would be built: {building.why}"
        return
    months = ", ".join(building.months) or "no month"
    beside = f", and the months that {_some(building.open)} touch" if building.open else ""
    yield f"built would be, at least: {months}{beside} ({building.why})"
    kept = sum(one.partitions for one in building.carried)
    yield f"carried over: {kept:,} partitions of {len(building.carried)} tables stay the files they are"


def _conclusion(found: Preview) -> str:
    unknown = sum(one.fate == "unknown" for one in found.batches)
    if found.outcome == "pinned" and found.pin:
        return f"nothing would be published: pinned to {found.pin.told()}, until `make release`"
    if found.outcome == "stops":
        return "the run would stop: no batch of trips is accepted, so there is nothing to build"
    if found.outcome == "perhaps":
        return f"a snapshot would be published if the gate accepts what it judges again; else {found.published} stays"
    if found.outcome == "nothing":
        unless = f", unless one of the {unknown:,} that cannot be told is another now" if unknown else ""
        return f"nothing to do: snapshot {found.published} stays published{unless}"
    why = ", ".join(found.behind) or (found.building.why if found.building else "")
    return f"a snapshot would be published, if the gates let it: {why}"
