"""What the tasks of the DAGs do: the same steps as the command line, each in a process of its own.

Tasks hand each other small JSON; data stays in the lake. Nothing here runs on Airflow.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from bronze import sources
from bronze.errors import BatchError, UnreachableError
from bronze.offers import LISTING, called
from lake.files import read_json, write_json
from lake.layout import Lake, locate
from lake.pin import read_pin
from lake.snapshots import Snapshot, current, current_id
from lake.status import RejectedStatus
from lake.versions import batch_versions, in_force
from orchestration import steps
from orchestration.airflow.asking import Facts, asking
from orchestration.airflow.given import all_of, taken, unpublished
from orchestration.airflow.turn import alone, together
from orchestration.gate.result import GateResult
from orchestration.parts import build_part, parts_of, told

#: Told what became of a batch also where the task then fails.
Note = Callable[[Facts], None]


class RefusedError(Exception):
    """The gate refused a batch: the message says which, why and where its report lies."""


class IncompleteError(Exception):
    """The run did not do all that it was asked: the message says what is missing, and what was published."""


@contextlib.contextmanager
def _timed(name: str, facts: Facts) -> Iterator[None]:
    """Add how long the block took, as the snapshot keeps it of every step."""
    begun, used = time.perf_counter(), sum(os.times()[:4])
    yield
    facts["seconds"] = {name: round(time.perf_counter() - begun, 2)}
    facts["cpu_seconds"] = {name: round(sum(os.times()[:4]) - used, 2)}


def ask(run: Facts, source: str, note: Note) -> Facts:
    """Ask one upstream what it has in scope, of all its tables.

    Raises:
        UnreachableError, BatchError: it cannot be listed.
    """
    lake = taken(run, "open")
    try:
        with asking(lake, run):
            found = steps.offered(source)
    except BatchError as error:
        # One word for all of its tables.
        note({"source": source, "table": LISTING, "batch": LISTING, "outcome": "failed", "error": str(error)})
        raise
    return {"source": source, "batches": [{"table": table, "batch": batch} for table, batch in found]}


def batches(run: Facts | None, asked: Iterable[Facts]) -> list[Facts]:
    """Return the batches to land and judge: what the upstreams have, and what still waits for the gate.

    Raises:
        IncompleteError: the run was never opened.
    """
    if run is None:
        raise IncompleteError("the run was not opened, so there is nothing to ask for: see the task open")
    lake = taken(run, "open")
    found = [{"source": one["source"], **batch, "offered": True} for one in asked for batch in one["batches"]]
    known = {_identity(one) for one in found}
    # A killed run leaves versions unjudged, a changed suite wants refused ones again, whatever the scope.
    for version in steps.to_judge(lake):
        facts = {"source": version.source, "table": version.table, "batch": version.batch}
        if (key := _identity(facts)) not in known:
            known.add(key)
            found.append({**facts, "offered": False})
    return found


def _identity(facts: Facts) -> tuple[str, str, str]:
    return facts["source"], facts["table"], facts["batch"]


def land(run: Facts, batch: Facts, note: Note) -> Facts:
    """Land one batch, unless the lake has it as it is.

    Raises:
        UnreachableError, BatchError: nothing of it landed, and why.
    """
    if not batch["offered"]:
        return {**batch, "outcome": "not asked", "error": None}
    lake, facts = taken(run, "open"), dict(batch)
    with _timed("land", facts), together(lake), asking(lake, run) as origin:
        try:
            landed = steps.land_batch(lake, *_identity(batch), origin)
        except BatchError as error:
            note({**batch, "outcome": "failed", "error": str(error)})
            raise
        facts |= steps.entry(landed)
        facts |= {"version": landed.version.number} if landed.version else {}
    note(facts)
    if landed.outcome == "failed":
        raise (UnreachableError if landed.passing else BatchError)(
            f"{called(*_identity(facts))}: {landed.error}"
        )
    return facts


def judge(run: Facts, batch: Facts, note: Note) -> Facts:
    """Let the gate judge what of a batch it has not judged yet, and return what its newest version is.

    Raises:
        RefusedError: the newest version is refused, by this judgement or an earlier one.
    """
    lake = taken(run, "open")
    identity = _identity(batch)
    facts: Facts = {"batch": batch["batch"], "table": batch["table"], "judged": []}
    with _timed("gate bronze", facts), together(lake):
        for version in steps.to_judge(lake):
            if (version.source, version.table, version.batch) == identity:
                facts["judged"].append(str(version))
                for line in steps.judge(lake, version).lines():
                    print(line)
    known = batch_versions(lake, *identity)
    if not known:
        return {**facts, "state": "not there"}
    verdict = known[-1].verdict or {}
    report = lake.short(known[-1].report) if known[-1].report else None
    facts |= {"state": known[-1].state, "why": verdict.get("reason"), "report": report}
    note(facts)
    if known[-1].state == "refused":
        serving = in_force(known)
        older = f"version {serving[0].number} stays in force" if serving else "no version of it is in force"
        raise RefusedError(
            f"{known[-1]} is refused: {verdict.get('reason')}; {older}. Its report: {facts['report']}. "
            f"A new release is judged anew; a person decides with `make accept BATCH={batch['batch']}` or "
            "`make hold`"
        )
    return facts


def close_landing(
    run: Facts | None, found: list[Facts] | None, asked: Iterable[Facts], outcomes: Iterable[Facts]
) -> Facts:
    """Keep what became of every batch in scope, for `make status`, and return it in figures.

    `outcomes` are what the tasks noted. A task that was killed has noted nothing: its batch failed. Of feeds whose
    answer could not be kept the opened run tells.

    Raises:
        IncompleteError: there is no list of batches to go by.
        LakeError: the run is another lake's, or was not opened.
    """
    if found is None:
        raise IncompleteError("the batches are not known: see the tasks before this one")
    lake = taken(run, "open")
    noted = {_identity(one): one for one in outcomes}
    silent = {"outcome": "failed", "error": "its task ended without a word: see the log of that task"}
    fates = {_identity(one): noted.get(_identity(one), silent) for one in found if one["offered"]}
    fates |= {_identity(one): one for one in (run or {}).get("unkept", ())}
    for name in {*sources.names()} - {one["source"] for one in asked}:
        key = (name, LISTING, LISTING)
        fates[key] = noted.get(key, silent)
    listed = [
        {"source": source, "table": table, "batch": batch, "outcome": said["outcome"], "error": said["error"]}
        for (source, table, batch), said in sorted(fates.items())
    ]
    with together(lake):
        steps.close_landing(lake, listed)
    counts = Counter(one["outcome"] for one in listed)
    return {
        "outcomes": dict(counts),
        "failed": [
            f"{called(*_identity(one))}: {one['error']}" for one in listed if one["outcome"] == "failed"
        ],
        "seconds": {"land": round(sum(one.get("seconds", {}).get("land", 0) for one in noted.values()), 2)},
        "cpu_seconds": {
            "land": round(sum(one.get("cpu_seconds", {}).get("land", 0) for one in noted.values()), 2)
        },
    }


def begin(run: Facts) -> Facts:
    """Begin a snapshot of what is accepted; `snapshot` is None, and `why` says so, where there is no need.

    Raises:
        LakeError: no trips are accepted, so there is nothing to build.
    """
    lake = taken(run, "open")
    facts: Facts = {"snapshot": None, "lake": str(lake.root.resolve())}
    with alone(lake):
        # An earlier try of this task may have begun one that nobody goes on with.
        steps.clear_leftovers(lake)
        if pin := read_pin(lake):
            return facts | {"why": f"pinned to {pin.told()}: nothing is published until `make release`"}
        if not run["full"] and steps.is_up_to_date(lake):
            return facts | {"why": f"nothing new: snapshot {current_id(lake)} stays published"}
        with _timed("begin snapshot", facts):
            snapshot = steps.begin_snapshot(lake, run["origin"], full=run["full"])
    return facts | {"snapshot": snapshot.id, "why": steps.plan_of(snapshot).told()}


def part(begun: Facts, layer: str, number: int) -> Facts:
    """Let dbt build and test one part of a layer, beside the others; where there are fewer, nothing is left for it.

    Raises:
        BuildError, GoneError: a model or test failed, or the snapshot is gone.
    """
    lake = taken(begun, "begin")
    facts: Facts = {}
    with together(lake), _timed(f"build {layer}", facts):
        snapshot = unpublished(lake, begun)
        parts = parts_of(lake, snapshot)
        if number < len(parts):
            facts["part"] = told(parts[number])
            # They may be on machines of their own, and nobody here knows.
            build_part(lake, snapshot, layer, parts[number], beside=len(parts))
    return facts


def build(begun: Facts, layer: str) -> Facts:
    """Let dbt build and test one layer of the snapshot; what an earlier try left in the layer is cleared.

    With several workers its parts are built by then.

    Raises:
        BuildError, GoneError: a model or test failed, or the snapshot is gone.
    """
    lake = taken(begun, "begin")
    facts: Facts = {}
    with alone(lake), _timed(f"build {layer}", facts):
        built = steps.build_layer(lake, unpublished(lake, begun), layer, are_parts_built=True)
    return facts | {"models": built.models, "tests": built.tests, "warnings": built.warnings}


def _gates(lake: Lake, snapshot: Snapshot, layer: str) -> Path:
    return lake.work / "build" / snapshot.id / f"gate-{layer}.json"


def gate(begun: Facts, layer: str) -> Facts:
    """Let the gate judge a built layer; its results wait beside the build for publishing.

    Raises:
        GateError, GoneError: a critical expectation does not hold, or the snapshot is gone.
        LakeError: it is published already.
    """
    lake = taken(begun, "begin")
    facts: Facts = {}
    with alone(lake), _timed(f"gate {layer}", facts):
        snapshot = unpublished(lake, begun)
        results = steps.gate_layer(lake, snapshot, layer)
        write_json(_gates(lake, snapshot, layer), [result.as_dict() for result in results])
    for result in results:
        for line in result.lines():
            print(line)
    return facts | {"judged": len(results), "warnings": sum(len(result.warnings) for result in results)}


def publish(begun: Facts, parts: Iterable[Facts | Iterable[Facts] | None]) -> Facts:
    """Publish the snapshot. `parts` say how long the tasks before took.

    Done again after a kill, it finishes what was begun.

    Raises:
        OvertakenError, DecidedError, PinnedError: somebody published, decided or rolled back meanwhile.
        GoneError: the snapshot is gone.
        LakeError: a task before this one returned nothing.
    """
    lake = taken(begun, "begin")
    times: dict[str, dict[str, float]] = {"seconds": {}, "cpu_seconds": {}}
    # Of a mapped task, one after the other: the time of several workers is added up.
    for one in all_of(parts):
        for name, steps_of in times.items():
            for step, used in one.get(name, {}).items():
                steps_of[step] = round(steps_of.get(step, 0.0) + used, 2)
    with alone(lake):
        snapshot = steps.resume(lake, begun["snapshot"])
        if "completed_at" not in snapshot.facts:
            gates = [
                GateResult.of(content)
                for layer in ("silver", "gold")
                for content in read_json(_gates(lake, snapshot, layer))
            ]
            snapshot = steps.publish_snapshot(lake, snapshot, gates, times["seconds"], times["cpu_seconds"])
    for one in snapshot.facts.get("mostly_rejected", []):
        print(f"warning {RejectedStatus(**one).told()}")
    return {"snapshot": snapshot.id, "rows": snapshot.facts["rows"], "origin": snapshot.facts["origin"]}


def collect(begun: Facts) -> Facts:
    """Remove old snapshots that nobody reads, and return which, and which are being read."""
    lake = taken(begun, "begin")
    with alone(lake):
        done = steps.collect_old(lake)
    return {"removed": done.removed, "in_use": done.in_use}


def outcome(
    landing: Facts | None, verdicts: Iterable[Facts], begun: Facts | None, published: Facts | None
) -> str:
    """Say what the run did, in words.

    Raises:
        IncompleteError: a batch is refused or failed to land, or what should have been published was not.
    """
    missing = list(landing["failed"]) if landing else ["not all upstreams and batches could be gone through"]
    missing += [
        f"{one['table']} {one['batch']} is refused: {one['why']} — see {one['report']}"
        for one in verdicts
        if one["state"] == "refused"
    ]
    if published:
        rows = published["rows"]
        said = f"published snapshot {published['snapshot']} ({published['origin']} data): " + ", ".join(
            f"{rows[name]:,} in {name}" for name in ("bronze.trips", "silver.fct_trips") if name in rows
        )
    elif begun and begun["snapshot"] is None:
        said = str(begun["why"])
    else:
        shown = current(locate())
        said = f"nothing was published by this run; snapshot {shown.id if shown else 'none'} stays published"
        missing.append("the snapshot was not published: the first failed task says why")
    if missing:
        raise IncompleteError(f"{said}. Not all is well:\n  " + "\n  ".join(missing))
    return said


def write_docs() -> str:
    """Make data docs and dbt docs of the published snapshot, and return where they are.

    Raises:
        NothingPublishedError, BusyError: nothing is published yet, or another process is making them.
    """
    from orchestration.docs.site import write_site

    lake = locate()
    return lake.short(write_site(lake))
