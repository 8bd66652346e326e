"""The same histories on a lake and a branch of it, with merges that are cut off: see `test_lake_machine.py`.

Every rule works on the lake that one is at, the first one or its branch; `change` goes over to the other.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule, run_state_machine_as_test

from lake.branches import branch, branches, drop
from lake.errors import BusyError, LakeError, OvertakenError
from lake.merging import merge
from lake.snapshots import current
from lake.versions import all_versions
from tests.properties.test_lake_machine import Published, amounts, cuts, state_on_disk, tables_of

pytestmark = pytest.mark.slow

NAME = "trial"
#: What is known of a lake; answers of feeds are those of both.
KNOWN = (
    "lake", "versions", "states", "said", "words", "snapshots", "disk", "parents", "published", "pin", "tags",
    "builders", "readers",
)  # fmt: skip


@dataclass
class Other:
    """What is known of the lake that one is not at, and what the first one was when the branch began."""

    known: dict[str, Any]
    begun: dict[str, Any] = field(default_factory=dict)


class Branched(Published):
    """A lake that is published once, and a branch of it that has published once more."""

    def __init__(self) -> None:
        super().__init__()
        self.other: Other | None = None
        self.at_branch = False

    def _known(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in KNOWN}

    def _swap(self) -> None:
        assert self.other is not None
        here = self._known()
        for name, value in self.other.known.items():
            setattr(self, name, value)
        self.other.known = here
        self.at_branch = not self.at_branch

    @contextmanager
    def _at_the_other(self) -> Iterator[None]:
        self._swap()
        try:
            yield
        finally:
            self._swap()

    @contextmanager
    def _at_the_first(self) -> Iterator[None]:
        if self.at_branch:
            self._swap()
        yield

    @initialize(first=amounts, second=amounts)
    def two_snapshots(self, first: dict[str, int], second: dict[str, int]) -> None:
        self.land("a-1", first, "accepted", 0)
        self.run(False, 0, 0)
        self.branch(0)
        self._swap()
        self.land("b-1", second, "accepted", 0)
        self.run(False, 0, 0)

    @precondition(lambda self: self.other)
    @rule()
    def change(self) -> None:
        self._swap()

    @precondition(lambda self: self.published and not self.other)
    @rule(at=st.integers(0, 4))
    def branch(self, at: int) -> None:
        with self.cut(at) as crashed:
            branch(self.lake, NAME, by="anna")
        if not branches(self.lake):
            assert crashed()
            return
        known = {name: copy(value) for name, value in self._known().items()}
        on = branches(self.lake)[0]
        assert self.published is not None
        shown = self.published
        known |= {
            "lake": on,
            "snapshots": {shown: self.snapshots[shown]},
            "disk": {shown: state_on_disk(on.snapshots / shown)},
            "pin": None,
            "tags": {},
            "builders": [],
            "readers": [],
        }
        self.other = Other(known, {name: copy(value) for name, value in self._known().items()})

    @precondition(lambda self: self.other)
    @rule(at=st.integers(0, 2))
    def drop(self, at: int) -> None:
        with self._at_the_first():
            assert self.other is not None
            busy = bool(self.other.known["readers"])
            with self.cut(at) as crashed:
                try:
                    drop(self.lake, NAME)
                    assert not busy
                except BusyError:
                    assert busy
            assert crashed() or busy == bool(branches(self.lake))
            self._branch_may_be_gone()

    def _branch_may_be_gone(self) -> None:
        if not branches(self.lake):
            self.other = None

    @precondition(lambda self: self.other)
    @rule(at=cuts)
    def merge(self, at: int) -> None:
        """Merge, if nothing is in the way; where nobody has touched the first lake, nothing may be."""
        with self._at_the_first():
            self.builders.clear()  # a merge takes the run's lock, and clears what no run is at
            assert self.other is not None
            theirs, begun = self.other.known, self.other.begun
            theirs["builders"].clear()
            same = all(
                getattr(self, name) == begun[name] for name in ("versions", "states", "said", "published")
            )
            with self._at_the_other():
                ours, accepted = current(self.lake), self.accepted()
            assert ours is not None
            built = {
                (batch, number): (landed, by)
                for _, _, batch, number, by, _, _, landed in ours.facts["accepted"]
            }
            may = (
                same
                and not (self.pin or theirs["pin"])
                and ours.id != begun["published"]
                and built == accepted
            )
            before, states = self.published, dict(self.states)
            removed = begun["versions"].keys() - theirs["versions"].keys()
            merged, refused = False, False
            with self.cut(at) as crashed:
                try:
                    merge(self.lake, NAME, by="anna")
                    merged = True
                except OvertakenError:
                    refused = True
                    assert not same or removed
                except LakeError:
                    refused = True
                    assert not may
            if refused:
                assert {(v.batch, v.number): v.state for v in all_versions(self.lake)} == {
                    key: states.get(key, "unjudged") for key in self.versions
                }
            else:
                self._look(theirs, begun["published"])
            assert not merged or self.snapshots[self.published or ""] == theirs["snapshots"][ours.id]
            assert merged or crashed() or self.published == before
            self._branch_may_be_gone()

    def _look(self, theirs: dict[str, Any], base: str | None) -> None:
        """Read from disk what a merge has made of the first lake, cut off or not: all it had is still there."""
        there = {(version.batch, version.number): version for version in all_versions(self.lake)}
        assert there.keys() >= self.versions.keys()
        self.versions = {key: self.versions.get(key, theirs["versions"].get(key)) for key in there}
        self.states = {key: version.state for key, version in there.items() if version.verdict}
        self.said = {
            key: (version.record["landed_at"], version.verdict["by"])
            for key, version in there.items()
            if version.verdict
        }
        for of, words in theirs["words"].items():
            self.words[of] = self.words.get(of, set()) | words
        now = current(self.lake)
        if now and now.id not in self.snapshots:
            self.published, self.parents[now.id] = now.id, base
            self.snapshots[now.id] = theirs["snapshots"][theirs["published"]]
            self.disk[now.id] = state_on_disk(now.path)
            assert tables_of(now.path) == self.snapshots[now.id]

    @invariant()
    def the_other_is_as_it_was(self) -> None:
        if self.other:
            with self._at_the_other():
                self.what_is_published_is_whole()
                self.snapshots_never_change()
                self.readers_find_what_they_hold()
                self.bronze_holds_every_version()

    def teardown(self) -> None:
        if self.other:
            for _, file in self.other.known["readers"]:
                file.close()
        if self.at_branch:
            self._swap()
        super().teardown()

    def nothing_is_orphaned(self) -> None:
        super().nothing_is_orphaned()
        assert [*self.lake.branches.glob(".*")] == []


def test_any_history_of_a_lake_and_a_branch():
    soak = os.environ.get("HYPOTHESIS_PROFILE") == "soak"
    size = settings(max_examples=3000 if soak else 40, stateful_step_count=40 if soak else 25)
    run_state_machine_as_test(Branched, settings=settings(size, deadline=None))
