"""The pipeline's steps as plain functions: land, judge, begin, build, gate, publish.

Every driver calls these, and none of them decides anything by itself.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, replace
from itertools import chain
from pathlib import Path
from types import NoneType
from typing import TYPE_CHECKING, Any

from bronze import landing, sources
from bronze.errors import BatchError
from bronze.landing import Landed
from bronze.offers import LISTING, Offer, Watch
from lake.contents import check_version, flatten
from lake.errors import GoneError, LakeError
from lake.faults import reach
from lake.files import read_json
from lake.layout import Lake
from lake.listing import write_listing
from lake.meaning import write_meanings
from lake.paths import below, remove_tree
from lake.retention import Collected, collect, make_ready
from lake.snapshots import (
    BUILDING,
    Snapshot,
    begin,
    current_id,
    discard,
    is_complete,
    load,
    prepare_layer,
    publish,
)
from lake.versions import REPORT, Version, all_versions, batch_versions, decide, in_force, quarantine
from orchestration import dbt
from orchestration.counts import count_rows, mostly_rejected
from orchestration.dbt import BuildError, Built, fingerprint
from orchestration.gate import log as gate_log
from orchestration.limits import Show, look
from orchestration.meaning import meanings, meanings_of
from orchestration.parts import build_rest, parts_of
from orchestration.plan import Plan, behind, make_plan, readable
from orchestration.raw import rows_of
from orchestration.workers import build_parts

if TYPE_CHECKING:
    from orchestration.gate.result import GateResult

#: Given an offer, returns what to tell about its progress.
Watcher = Callable[[Offer], Watch]


class GateError(Exception):
    """A built layer did not pass its gate: the message says which expectations of which tables."""


def land(lake: Lake, origin: str, watcher: Watcher, unkept: Iterable[Landed] = ()) -> Iterator[Landed]:
    """Land what is new upstream, batch by batch, and yield what became of each, beginning with `unkept`.

    An upstream that cannot be listed gives one failed entry with table and batch `*`; the others go on. `unkept`
    are feeds whose answer could not be kept (`orchestration.poll.failures`): they are told and listed as failed.
    """
    listed = []
    for landed in chain(unkept, _land(lake, origin, watcher)):
        listed.append(entry(landed))
        yield landed
    close_landing(lake, listed)


def _land(lake: Lake, origin: str, watcher: Watcher) -> Iterator[Landed]:
    for source in sources.names():
        try:
            # Whole before the first lands: one that breaks in the middle lands nothing, in any driver.
            listed = deque(landing.offers(source))
        except BatchError as error:
            yield Landed(source, LISTING, LISTING, "failed", error=str(error))
            continue
        while listed:
            offer = listed.popleft()
            offer.watch = watcher(offer)
            yield landing.land(lake, offer, origin=origin)


def entry(landed: Landed) -> dict[str, Any]:
    """Return what is kept of one landing in the listing."""
    return {name: getattr(landed, name) for name in ("source", "table", "batch", "outcome", "error")}


def close_landing(lake: Lake, listed: list[dict[str, Any]]) -> None:
    """Keep what became of every batch listed, for `status`, and remove downloads nobody waits for."""
    landing.drop_downloads(lake)
    write_listing(lake, [one for told in listed for one in landing.by_table(told)])
    reach("batch.listed")


def offered(source: str) -> list[tuple[str, str]]:
    """Return the batches that an upstream has in scope, (table, batch), without reading any.

    Raises:
        BatchError: it cannot be listed.
    """
    return [(offer.table, offer.batch) for offer in landing.offers(source)]


def land_batch(lake: Lake, source: str, table: str, batch: str, origin: str) -> Landed:
    """Land one batch of an upstream, which is listed again for it: what is listed can change any time.

    Raises:
        BatchError: the upstream cannot be listed, or no longer has the batch in scope.
    """
    for offer in landing.offers(source):
        if (offer.table, offer.batch) == (table, batch):
            return landing.land(lake, offer, origin=origin)
    if batch == LISTING:
        raise BatchError(f"{source} could not list {table} when it was asked, and can now: run again")
    raise BatchError(f"{source} had {table} {batch} when it was listed, and has it no longer: run again")


def to_judge(lake: Lake) -> list[Version]:
    """Return the versions that need the gate: never judged, or refused by a suite that has changed since."""
    from orchestration.gate.judge import suite_hash

    known = all_versions(lake)
    hashes = {table: suite_hash("bronze", table) for table in {version.table for version in known}}

    def stale(version: Version) -> bool:
        verdict = version.verdict
        if verdict is None:
            return True
        return bool(verdict["state"] == "refused" and verdict["suite_hash"] != hashes[version.table])

    return [version for version in known if stale(version)]


def judge(lake: Lake, version: Version) -> GateResult:
    """Let the gate judge a landed version and write its verdict beside it.

    A refused version stays in bronze and leaves a report with its offending rows in quarantine. What a
    person has decided while the gate was judging stays in force; `overruled` tells.
    """
    from orchestration.gate import judge as gate

    before = version.verdict
    folder = quarantine(lake, version)
    result = gate.judge(
        layer="bronze",
        table=version.table,
        relation_sql=rows_of(version),
        quarantine=folder,
        subject=str(version),
        before=_replaced(lake, version),
    )
    if result.passed:
        remove_tree(folder, lake.quarantine)
    gate_log.keep(lake, result)
    decide(
        version,
        "accepted" if result.passed else "refused",
        by=_suite(version),
        reason=result.why,
        suite_hash=result.suite_hash,
        # Readers tell the place themselves (`Version.report`), for a lake can be moved; older ones show this.
        details={"report": None if result.passed else lake.short(folder / REPORT)},
        instead_of=before,
    )
    return result


def _replaced(lake: Lake, version: Version) -> tuple[int, int] | None:
    """Return number and rows of the version that was in force before this one."""
    known = batch_versions(lake, version.source, version.table, version.batch)
    before = in_force(one for one in known if one.number < version.number)
    return (before[0].number, before[0].record["rows_landed"]) if before else None


def _suite(version: Version) -> str:
    return f"suite bronze.{version.table}"


def overruled(version: Version) -> str | None:
    """Say who decided on a version while the gate was judging it; None if the gate's verdict is in force."""
    verdict = version.verdict
    if verdict is None or verdict["by"] == _suite(version):
        return None
    return f"{version}: {verdict['state']} by {verdict['by']} while the gate was judging it; that stays"


def is_up_to_date(lake: Lake) -> bool:
    """Say whether the published snapshot holds just what is accepted, built and judged as it would be now."""
    from orchestration.gate.judge import suite_hashes

    published = readable(lake, current_id(lake))
    if published is None:
        return False
    return not behind(published, in_force(all_versions(lake)), fingerprint(), suite_hashes())


def begin_snapshot(lake: Lake, origin: str, *, full: bool = False) -> Snapshot:
    """Begin a snapshot of everything accepted, with its plan: what has changed since the parent, or all.

    With `full`, the bronze that goes in is hashed first.

    Raises:
        DamagedError: a version's files are not those that landed.
        LakeError: no trips are accepted, so there is nothing to build; or a measure in the models is none.
    """
    from orchestration.gate.judge import suite_hashes

    known = all_versions(lake)
    if not any(version.table == "trips" for version in in_force(known)):
        raise LakeError("no batch of trips is accepted, so there is nothing to build; see `make status`")
    if full:
        for version in in_force(known):
            check_version(version, whole=True)
    models = fingerprint()
    meanings()  # a measure that is none stops here, and not when all is built
    # Looked up once: a rollback between two looks would give a plan for one parent and the name of another.
    now = current_id(lake)
    parent = readable(lake, now)
    plan = make_plan(parent, known, models, full=full, published=now)
    facts = {"origin": origin, "fingerprint": models, "suites": suite_hashes(), "plan": plan.facts()}
    anew = full or parent is None
    return begin(lake, known, landing.bronze_schemas(), facts, parent=now, anew=anew)


def resume(lake: Lake, snapshot_id: str) -> Snapshot:
    """Return a snapshot that another process has begun, to go on with it; or a published one, as it is.

    Raises:
        GoneError: another run, or a collection, has cleared it.
        DamagedError: its facts cannot be read.
    """
    if is_complete(lake, snapshot_id):
        return load(lake, snapshot_id)
    path = below(lake.snapshots, snapshot_id)
    if not (path / BUILDING).exists():
        raise GoneError(
            f"snapshot {snapshot_id} is gone before it was published: another run, or `make gc`, has cleared "
            "it. Nothing that is published was touched; begin a new snapshot"
        )
    facts = read_json(path / BUILDING, {"parent": (str, NoneType), "accepted": list, "plan": dict})
    return Snapshot(snapshot_id, path, facts["parent"], facts)


def plan_of(snapshot: Snapshot) -> Plan:
    """Return the plan that a snapshot was begun with."""
    return Plan.of(snapshot.facts["plan"])


def build_layer(lake: Lake, snapshot: Snapshot, layer: str, *, are_parts_built: bool = False) -> Built:
    """Let dbt build and test one layer of the snapshot, beside the parent's partitions that have not changed.

    Several workers, each a process here, share its months first; in Airflow they are tasks (`build_part`), and the
    parts are built already. What an earlier try left in the layer is cleared first.

    Raises:
        BuildError: a model or test failed; where it was a part's, the message says of which months. Or the models are not
            those that the snapshot was begun with: the next run would take it for made by them.
        DamagedError: a part that was to be built is not there.
    """
    plan, parts = plan_of(snapshot), parts_of(lake, snapshot)
    again = build_parts(lake, snapshot, layer, parts) if parts and not are_parts_built else []
    prepare_layer(lake, snapshot, layer, None if plan.full else plan.is_built)
    built = build_rest(lake, snapshot, layer, parts) if parts else dbt.build(lake, snapshot, layer, plan)
    built = replace(built, warnings=[*again, *built.warnings])
    if fingerprint() != snapshot.facts["fingerprint"]:
        raise BuildError(
            f"models or engine changed while {layer} was built, as by a file that was saved or another branch: run "
            "again, in Airflow from `begin` on"
        )
    flatten(snapshot.path / layer)
    reach("layer.built")
    return built


def gate_layer(lake: Lake, snapshot: Snapshot, layer: str) -> list[GateResult]:
    """Let the gate judge a built layer of the unpublished snapshot.

    Raises:
        GateError: a critical expectation does not hold; nothing is published, and quarantine has a report.
    """
    from orchestration.gate import judge as gate

    parent = readable(lake, snapshot.parent)
    results = gate.judge_layer(
        snapshot.path,
        layer,
        lake.quarantine / "layers" / snapshot.id,
        plan=plan_of(snapshot),
        judged_before=parent.facts.get("suites", {}) if parent else {},
    )
    for result in results:
        gate_log.keep(lake, result, snapshot=snapshot.id)
    failed = [line for result in results if not result.passed for line in result.lines()]
    if failed:
        raise GateError(f"the gate refused {layer}, nothing is published:\n  " + "\n  ".join(failed))
    reach("layer.judged")
    return results


def publish_snapshot(
    lake: Lake,
    snapshot: Snapshot,
    gates: list[GateResult],
    seconds: dict[str, float],
    cpu_seconds: dict[str, float],
    show: Show | None = None,
) -> Snapshot:
    """Make the finished snapshot the published one; how long each step took is kept with it.

    What it changes is held against the limits, if there are any, and given to `show`.

    Raises:
        LimitError: a measure of a published month would change by more than is allowed.
        PinnedError, OvertakenError, DecidedError, BusyError: as `lake.snapshots.publish` says.
    """
    gathered = [result.as_dict() for result in gates]
    rejected = [asdict(one) for one in mostly_rejected(snapshot)]
    facts = {"rows": count_rows(snapshot), "gates": gathered, "mostly_rejected": rejected}
    facts["meaning_sha256"] = write_meanings(snapshot.path, meanings_of(snapshot))
    look(lake, snapshot, show)
    published = publish(lake, snapshot, facts | {"seconds": seconds, "cpu_seconds": cpu_seconds})
    remove_tree(dbt.work_of(lake, snapshot), lake.work)
    return published


def abandon(lake: Lake, snapshot: Snapshot) -> None:
    """Remove a snapshot that will not be published."""
    discard(lake, snapshot)


def clear_leftovers(lake: Lake) -> list[Path]:
    """Try the lake's file system, then remove what killed runs left behind. Call it only under the run's lock."""
    return make_ready(lake)


def collect_old(lake: Lake) -> Collected:
    """Remove old snapshots that nobody reads, and old judgements. Call it only under the run's lock."""
    gate_log.trim(lake)
    return collect(lake, alone=True)
