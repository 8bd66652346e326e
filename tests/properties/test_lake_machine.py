"""The storage layer under any history of landings, polls, decisions, builds, rollbacks, collections and crashes.

The builder is a fake that sums up numbers by month, so that thousands of steps can be tried; plans,
snapshots, locks and collection are the real ones. A crash is an exception out of a fault point, which
nothing in the storage layer catches: what it leaves on disk is what a killed process leaves.
"""

from __future__ import annotations

import itertools
import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

import lake.files
import lake.versions
from lake import Lake, LakeError, recordings
from lake.contents import flatten
from lake.decisions import DECISIONS
from lake.errors import DecidedError, GoneError, NothingPublishedError, OvertakenError, PinnedError
from lake.faults import armed, reach
from lake.pin import read_pin
from lake.retention import clear_unfinished, collect, unfinished
from lake.rollback import release, rollback
from lake.snapshots import (
    Snapshot,
    begin,
    current,
    current_id,
    discard,
    list_snapshots,
    prepare_layer,
    publish,
    take_hold,
)
from lake.tags import read_tags, tag, untag
from lake.versions import State, all_versions, decide
from orchestration.plan import Plan, make_plan
from tests.lake.rows import SCHEMAS, land

pytestmark = pytest.mark.slow

MONTHS = ["2024-01", "2024-02", "2024-03", "2024-04"]
BATCHES = ["a-1", "b-1", "c-1"]
#: A snapshot's tables: sums by month, rows by batch, and the sum of the months.
Tables = dict[str, dict[str, int]]
#: At which fault point reached an action is cut off; 0 is never. Most actions reach fewer than twenty.
cuts = st.one_of(st.just(0), st.integers(0, 20))
#: The same for publishing (nine points the first time, six later) and for removing what was not published.
publishing_cuts, clearing_cuts = st.integers(0, 9), st.integers(0, 4)
amounts = st.dictionaries(st.sampled_from(MONTHS), st.integers(1, 9), max_size=3)


_whole_rmtree = shutil.rmtree


def _torn_rmtree(path: Path, *words: Any, **options: Any) -> None:
    """Remove a tree in the order that is worst for who dies on the way, who may do so once or twice."""
    (path / "building.json").unlink(missing_ok=True)
    reach("tree.torn")
    for layer in ("gold", "silver"):
        if (path / layer).is_dir() and not (
            path / layer
        ).is_symlink():  # a branch has links to its snapshot there
            _whole_rmtree(path / layer)
    reach("tree.torn")
    _whole_rmtree(path, *words, **options)


class Crash(BaseException):
    """A process dies here."""


@dataclass
class Builder:
    """A snapshot that somebody has begun, and what it must hold once it is built."""

    snapshot: Snapshot
    plan: Plan
    expected: Tables
    accepted: dict[tuple[str, int], tuple[str, ...]]


def write(folder: Path, values: dict[str, int]) -> None:
    """Write a table's or partition's one file; a file that is there already would be somebody else's."""
    assert not folder.exists()
    folder.mkdir(parents=True)
    table = pa.table({"name": list(values), "amount": list(values.values())})
    pq.write_table(table, folder / "data.parquet")


def read(folder: Path) -> dict[str, int]:
    """Read a table of any partitions."""
    values: dict[str, int] = {}
    for file in sorted(folder.rglob("*.parquet")):
        columns = pq.ParquetFile(file).read().to_pydict()
        values |= dict(zip(columns["name"], columns["amount"], strict=True))
    return values


def tables_of(snapshot: Path) -> Tables:
    """Read what a reader of a snapshot sees."""
    return {
        "months": read(snapshot / "silver" / "months"),
        "batches": read(snapshot / "silver" / "batches"),
        "total": read(snapshot / "gold" / "total"),
    }


def expected_tables(
    versions: dict[tuple[str, int], dict[str, int]], in_force: set[tuple[str, int]]
) -> Tables:
    """Say what the tables must hold when these versions are in force."""
    months: Counter[str] = Counter()
    for key in in_force:
        months.update(versions[key])
    batches = {batch: sum(versions[batch, number].values()) for batch, number in in_force}
    return {
        "months": dict(months),
        "batches": {batch: amount for batch, amount in batches.items() if amount},
        "total": {"all": sum(months.values())},
    }


def state_on_disk(snapshot: Path) -> dict[str, tuple[int, int, int]]:
    """Return what tells whether any file of a snapshot was changed or replaced."""
    found = {}
    for folder, _, names in os.walk(snapshot):
        for name in names:
            if name != "building.json":
                path = Path(folder) / name
                stat = path.stat()
                found[str(path)] = (stat.st_ino, stat.st_size, stat.st_mtime_ns)
    return found


class Storage(RuleBasedStateMachine):
    """A lake, and beside it what it should hold."""

    def __init__(self) -> None:
        super().__init__()
        # In memory where there is such a place: thousands of steps sync thousands of files.
        fast = Path("/dev/shm")  # noqa: S108 - mkdtemp makes a folder of our own in it
        self.base = Path(tempfile.mkdtemp(prefix="machine-", dir=fast if fast.is_dir() else None))
        self.lake = Lake(self.base / "lake")
        self.lake.work.mkdir(parents=True)
        self.models = 1
        self.versions: dict[tuple[str, int], dict[str, int]] = {}
        self.states: dict[tuple[str, int], State] = {}
        self.said: dict[tuple[str, int], tuple[str, ...]] = {}
        #: What the last word on a content of a batch may be: one where nothing was cut off, else several.
        self.words: dict[tuple[str, str], set[State]] = {}
        #: What is kept of a feed, by moment.
        self.answers: dict[str, bytes] = {}
        self.snapshots: dict[str, Tables] = {}
        self.disk: dict[str, dict[str, tuple[int, int, int]]] = {}
        self.parents: dict[str, str | None] = {}
        self.published: str | None = None
        self.pin: str | None = None
        self.tags: dict[str, str] = {}
        self.builders: list[Builder] = []
        self.readers: list[tuple[str, BinaryIO]] = []
        self.patch = pytest.MonkeyPatch()
        # A crash leaves the name of a process that lives, this one; to the storage layer it must be dead.
        self.patch.setattr(lake.files, "_is_alive", lambda pid: False)
        self.patch.setattr(shutil, "rmtree", _torn_rmtree)
        moments = (datetime(2024, 6, 1, tzinfo=UTC) + timedelta(seconds=n) for n in itertools.count())
        self.patch.setattr(lake.versions, "utc_now", lambda: next(moments).isoformat())

    @contextmanager
    def cut(self, at: int) -> Iterator[Callable[[], bool]]:
        """Crash at the fault point reached as number `at`; what is yielded says whether that happened."""
        left, crashed = at, False

        def count(point: str) -> None:
            nonlocal left, crashed
            left -= 1
            if left == 0:
                crashed = True
                raise Crash(point)

        try:
            with armed(count):
                yield lambda: crashed
        except Crash:
            assert crashed

    def in_force(self) -> set[tuple[str, int]]:
        accepted = sorted(key for key, state in self.states.items() if state == "accepted")
        return {(batch, number) for batch, number in dict(accepted).items()}

    def accepted(self) -> dict[tuple[str, int], tuple[str, ...]]:
        """Return what is in force with its landing and who accepted it: publishing needs it unchanged."""
        return {key: self.said[key] for key in self.in_force()}

    # Bronze

    @rule(
        batch=st.sampled_from(BATCHES),
        content=amounts,
        state=st.sampled_from(["accepted", "refused"]),
        at=cuts,
    )
    def land(self, batch: str, content: dict[str, int], state: State, at: int) -> None:
        """Land a batch and let the gate judge it; cut off, it is there whole or not, judged or not."""
        number = 1 + max((known for name, known in self.versions if name == batch), default=0)
        with self.cut(at) as crashed:
            land(self.lake, batch, list(content.values()), state, names=list(content), months=list(content))
        there = {version.number: version for version in all_versions(self.lake) if version.batch == batch}
        assert crashed() or number in there
        words = self.words.get((batch, str(list(content.items()))), set())
        if number in there:
            self.versions[batch, number] = content
            now = there[number].state
            assert now == state or (crashed() and ("held" in words if now == "held" else words != {"held"}))
            self._decided(batch, content, state, crashed())
            if now != "unjudged":
                self.states[batch, number] = state
                self.said[batch, number] = (there[number].record["landed_at"], there[number].verdict["by"])

    def _decided(self, batch: str, content: dict[str, int], state: State, crashed: bool) -> None:
        """Remember the last word on a content, which may be the one before where the process was cut off."""
        key = (batch, str(list(content.items())))
        before = self.words.get(key, {"unjudged"}) if crashed else set()
        self.words[key] = before | {state}

    @precondition(lambda self: self.versions)
    @rule(batch=st.sampled_from(BATCHES))
    def a_hand_removes_the_newest(self, batch: str) -> None:
        """The next landing of the batch gets the same number."""
        key = max((known for known in self.versions if known[0] == batch), default=None)
        if key is not None:
            _whole_rmtree(self.lake.bronze / f"shop/things/batch={key[0]}/version={key[1]}")
            del self.versions[key]
            self.states.pop(key, None)

    @precondition(lambda self: self.versions)
    @rule(data=st.data(), state=st.sampled_from(["accepted", "held", "refused"]), at=cuts)
    def decide(self, data: st.DataObject, state: State, at: int) -> None:
        key = data.draw(st.sampled_from(sorted(self.versions)))
        version = next(one for one in all_versions(self.lake) if (one.batch, one.number) == key)
        before = self.states.get(key, "unjudged")
        with self.cut(at) as crashed:
            decide(version, state, by="anna", reason="a look at it")
        version = next(one for one in all_versions(self.lake) if (one.batch, one.number) == key)
        now = version.state
        assert now == state or (crashed() and now == before)
        self._decided(key[0], self.versions[key], state, crashed())
        if version.verdict:
            self.states[key] = now
            self.said[key] = (version.record["landed_at"], version.verdict["by"])

    # Feeds

    @rule(
        second=st.integers(0, 5),
        body=st.sampled_from([b"[1]", b"[2]"]),
        read_from=st.sampled_from(["", "an archive"]),
        at=st.integers(0, 3),
    )
    def poll(self, second: int, body: bytes, read_from: str, at: int) -> None:
        """Keep an answer of a moment, whoever else is at work; the first of a moment stays."""
        moment = f"20240601T0000{second:02d}Z"
        other = self.answers.get(moment, body) != body
        with self.cut(at) as crashed:
            try:
                made = recordings.keep(self.lake, "signals", "lights", moment, body, read_from=read_from)
                assert (made is None) == (moment in self.answers)
                assert not (other and read_from)
            except LakeError:
                assert other
                assert read_from
        there = {one.moment for one in recordings.kept(self.lake, "signals", "lights")}
        assert crashed() or moment in there
        if moment in there:
            self.answers.setdefault(moment, body)

    # Silver and gold

    @rule()
    def other_models(self) -> None:
        self.models += 1

    def _begin(self, full: bool) -> Builder:
        known, parent = all_versions(self.lake), current(self.lake)
        fingerprint = str(self.models)
        plan = make_plan(parent, known, fingerprint, full=full)
        facts = {"origin": "sample", "rows": {}, "fingerprint": fingerprint}
        snapshot = begin(self.lake, known, SCHEMAS, facts, parent=parent.id if parent else None)
        expected = expected_tables(self.versions, self.in_force())
        return Builder(snapshot, plan, expected, self.accepted())

    def _build(self, builder: Builder) -> None:
        snapshot, plan = builder.snapshot, builder.plan
        is_built = None if plan.full else plan.is_built
        for layer in ("silver", "gold"):
            prepare_layer(self.lake, snapshot, layer, is_built)
            if layer == "gold":
                months = read(snapshot.path / "silver" / "months")
                write(snapshot.path / "gold" / "total", {"all": sum(months.values())})
                continue
            sums: Counter[str] = Counter()
            for folder in sorted((snapshot.bronze / "shop" / "things").glob("batch=*")):
                batch = folder.name.removeprefix("batch=")
                if not plan.full and batch not in plan.read:
                    continue
                rows = read(folder)
                sums.update(rows)
                if rows and plan.is_built("batch", batch):
                    write(snapshot.path / f"silver/batches/batch={batch}", {batch: sum(rows.values())})
            for month in sums:
                if plan.is_built("trip_month", month):
                    write(snapshot.path / f"silver/months/trip_month={month}", {month: sums[month]})
            flatten(snapshot.path / layer)

    @precondition(lambda self: len(self.builders) < 2)
    @rule(full=st.booleans(), at=cuts)
    def begin(self, full: bool, at: int) -> None:
        with self.cut(at):
            self.builders.append(self._begin(full))

    @precondition(lambda self: self.builders)
    @rule(which=st.integers(0, 1), at=cuts)
    def build(self, which: int, at: int) -> None:
        """Build a begun snapshot, again if it was built before; its parent may have been collected."""
        builder = self.builders[which % len(self.builders)]
        parent = builder.snapshot.parent
        gone = parent is not None and not (self.lake.snapshots / parent).exists()
        with self.cut(at) as crashed:
            try:
                self._build(builder)
            except GoneError:
                assert gone and not builder.plan.full
                self.builders.remove(builder)
                return
        if crashed():
            return
        assert tables_of(builder.snapshot.path) == builder.expected

    @precondition(lambda self: self.builders)
    @rule(which=st.integers(0, 1), at=publishing_cuts)
    def publish(self, which: int, at: int) -> None:
        """Publish what is begun, if it is built; somebody may have published, decided or pinned."""
        builder = self.builders[which % len(self.builders)]
        if not (builder.snapshot.path / "gold" / "total" / "data.parquet").exists():
            return
        self.builders.remove(builder)
        self._publish(builder, at)

    def _publish(self, builder: Builder, at: int) -> bool:
        """Publish, and say whether it came to its end."""
        snapshot = builder.snapshot
        same = self.accepted() == builder.accepted
        may = self.pin is None and self.published == snapshot.parent and same
        with self.cut(at) as crashed:
            try:
                publish(self.lake, snapshot, {})
                assert may
            except PinnedError:
                assert self.pin is not None
            except OvertakenError:
                assert self.published != snapshot.parent
            except DecidedError:
                assert not same
        if current_id(self.lake) == snapshot.id:
            assert may
            self.published = snapshot.id
            self.snapshots[snapshot.id] = builder.expected
            self.parents[snapshot.id] = snapshot.parent
            self.disk[snapshot.id] = state_on_disk(snapshot.path)
        else:
            assert crashed() or not may
        return not crashed()

    @precondition(lambda self: self.builders)
    @rule(which=st.integers(0, 1), at=clearing_cuts)
    def abandon(self, which: int, at: int) -> None:
        """Remove what is begun, as a build does that fails."""
        builder = self.builders.pop(which % len(self.builders))
        with self.cut(at):
            discard(self.lake, builder.snapshot)

    @rule(full=st.booleans(), at=publishing_cuts, clearing=clearing_cuts)
    def run(self, full: bool, at: int, clearing: int) -> None:
        """Do what a run does under its lock: clear, build, publish, collect."""
        self.builders.clear()
        with self.cut(clearing) as crashed:
            clear_unfinished(self.lake)
        if crashed():
            return
        assert list(unfinished(self.lake)) == []
        if self.pin is None:
            builder = self._begin(full)
            self._build(builder)
            if not self._publish(builder, at):
                return
        self._collect(3, 0)

    # Going back, and collecting

    @rule(at=cuts)
    def roll_back(self, at: int) -> None:
        """Go back by one, or finish what was begun."""
        target: str | None = None
        if self.pin is not None and self.pin != self.published:
            target = self.pin
        elif self.published is not None:
            older = sorted(one for one in self.snapshots if one < self.published)
            parent = self.parents[self.published]
            target = parent if parent in self.snapshots else older[-1] if older else None
        self._roll_back(None, target, at)

    @precondition(lambda self: self.snapshots)
    @rule(data=st.data(), at=cuts)
    def roll_back_to(self, data: st.DataObject, at: int) -> None:
        target = data.draw(st.sampled_from(sorted(self.snapshots)))
        self._roll_back(target, target, at)

    def _roll_back(self, asked: str | None, target: str | None, at: int) -> None:
        pinned = self.pin
        with self.cut(at) as crashed:
            try:
                assert rollback(self.lake, asked, by="anna", reason="looks wrong").id == target
            except GoneError:
                assert target is None
        pin = read_pin(self.lake)
        self.pin = pin.snapshot if pin else None
        now = current_id(self.lake)
        if crashed():
            assert (self.pin, now) in [(pinned, self.published), (target, self.published), (target, target)]
        elif target is not None:
            assert (self.pin, now) == (target, target)
        self.published = now

    @rule(at=cuts)
    def release(self, at: int) -> None:
        with self.cut(at):
            try:
                assert release(self.lake).snapshot == self.pin
            except LakeError:
                assert self.pin is None
        if not self.lake.pin.exists():
            self.pin = None

    @precondition(lambda self: self.snapshots)
    @rule(data=st.data(), name=st.sampled_from(["a", "b"]), at=st.integers(0, 3))
    def tag(self, data: st.DataObject, name: str, at: int) -> None:
        """Tag a snapshot, or take the tag away where there is one."""
        before = dict(self.tags)
        target = data.draw(st.sampled_from(sorted(self.snapshots)))
        with self.cut(at) as crashed:
            if name in before:
                assert untag(self.lake, name).snapshot == before[name]
            else:
                tag(self.lake, name, target, by="anna")
        self.tags = {one.name: one.snapshot for one in read_tags(self.lake).values()}
        after = {of: snapshot for of, snapshot in before.items() if of != name}
        after |= {} if name in before else {name: target}
        assert self.tags == after or (crashed() and self.tags == before)

    @rule(keep=st.integers(1, 3), at=cuts)
    def collect(self, keep: int, at: int) -> None:
        self._collect(keep, at)

    def _collect(self, keep: int, at: int) -> None:
        """Collect while nobody builds, so that what is unfinished goes as well."""
        newest = set(sorted(self.snapshots, reverse=True)[:keep])
        shown = {self.published, self.pin} - {None}
        stay = (
            newest
            | shown
            | {*self.tags.values()}
            | {self.parents[one] for one in shown}
            | {held for held, _ in self.readers}
        )
        self.builders.clear()
        with self.cut(at) as crashed:
            collect(self.lake, keep)
        there = {snapshot.id for snapshot in list_snapshots(self.lake)}
        assert there >= stay & self.snapshots.keys()
        if not crashed():
            assert there == stay & self.snapshots.keys()
            assert list(unfinished(self.lake)) == []
        for gone in self.snapshots.keys() - there:
            del self.snapshots[gone], self.disk[gone]

    # Readers

    @rule(data=st.data())
    def a_reader_comes(self, data: st.DataObject) -> None:
        asked = data.draw(st.sampled_from([None, *sorted(self.snapshots)]))
        if asked is None and self.published is None:
            with pytest.raises(NothingPublishedError):
                take_hold(self.lake)
            return
        snapshot, file = take_hold(self.lake, asked)
        assert snapshot.id == (asked or self.published)
        self.readers.append((snapshot.id, file))

    @precondition(lambda self: self.readers)
    @rule(which=st.integers(0, 9))
    def a_reader_goes(self, which: int) -> None:
        _, file = self.readers.pop(which % len(self.readers))
        file.close()

    # What must hold after every step

    @invariant()
    def what_is_published_is_whole(self) -> None:
        assert current_id(self.lake) == self.published
        pin = read_pin(self.lake)
        assert (pin.snapshot if pin else None) == self.pin
        if self.published:
            assert self.lake.current.resolve().name == self.published
            assert tables_of(self.lake.current) == self.snapshots[self.published]

    @invariant()
    def snapshots_never_change(self) -> None:
        assert {snapshot.id for snapshot in list_snapshots(self.lake)} == self.snapshots.keys()
        for name, known in self.disk.items():
            assert state_on_disk(self.lake.snapshots / name) == known

    @invariant()
    def readers_find_what_they_hold(self) -> None:
        for held, _ in self.readers:
            assert tables_of(self.lake.snapshots / held) == self.snapshots[held]

    @invariant()
    def what_was_said_stays(self) -> None:
        there = recordings.kept(self.lake, "signals", "lights")
        assert {one.moment: recordings.read(one) for one in there} == self.answers

    @invariant()
    def bronze_holds_every_version(self) -> None:
        there = all_versions(self.lake)
        assert {(one.batch, one.number) for one in there} == self.versions.keys()
        for version in there:
            key = (version.batch, version.number)
            assert version.state == self.states.get(key, "unjudged")
            assert read(version.path) == self.versions[key]

    def teardown(self) -> None:
        try:
            self.nothing_is_orphaned()
        finally:
            for _, file in self.readers:
                file.close()
            self.patch.undo()
            shutil.rmtree(self.base, ignore_errors=True)

    def nothing_is_orphaned(self) -> None:
        """After the readers have gone, all there is belongs to a version or to a snapshot that stays."""
        while self.readers:
            self.a_reader_goes(0)
        self._collect(1, 0)
        linked: set[int] = set()
        for path in self.lake.snapshots.glob("*"):
            assert path.name in self.snapshots
            linked |= {inode for inode, _, _ in state_on_disk(path).values()}
        mine = [path for path in self.lake.bronze.rglob("*") if path.is_file()]
        kept = [path for path in mine if path.name == DECISIONS]
        assert {path.parent.name for path in kept} <= {f"batch={name}" for name in BATCHES}
        mine = [path for path in mine if path not in kept]
        assert {path.parent.parent.name for path in mine} <= {f"batch={name}" for name in BATCHES}
        known: dict[str, Any] = {str(version.path): version for version in all_versions(self.lake)}
        assert all(str(path.parent) in known for path in mine)
        assert [*self.lake.root.glob(".*"), *self.lake.recordings.glob(".*")] == []


class Published(Storage):
    """The same from a lake that has been published twice: rollbacks and collections come sooner."""

    @initialize(first=amounts, second=amounts)
    def two_snapshots(self, first: dict[str, int], second: dict[str, int]) -> None:
        self.land("a-1", first, "accepted", 0)
        self.run(False, 0, 0)
        self.land("b-1", second, "accepted", 0)
        self.run(False, 0, 0)


@pytest.mark.parametrize("machine", [Storage, Published])
def test_any_history_of_the_storage_layer(machine):
    soak = os.environ.get("HYPOTHESIS_PROFILE") == "soak"
    size = settings(max_examples=3000 if soak else 40, stateful_step_count=40 if soak else 25)
    run_state_machine_as_test(machine, settings=settings(size, deadline=None))
