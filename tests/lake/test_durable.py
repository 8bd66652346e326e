"""What survives a power cut: all is on disk before the rename that makes it seen, and the rename after."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from lake import locate
from lake.recordings import keep
from lake.snapshots import publish
from lake.versions import decide
from tests.lake.rows import land
from tests.lake.test_snapshots import FACTS, build


class Journal:
    """What was synced (by inode) and renamed (to which path), in the order it was done."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.steps: list[int | str] = []
        self.patch = patch
        sync = os.fsync

        def fsync(handle: int) -> None:
            sync(handle)
            self.steps.append(os.fstat(handle).st_ino)

        patch.setattr(os, "fsync", fsync)
        self._watch("rename")
        self._watch("replace")

    def _watch(self, name: str) -> None:
        move = getattr(os, name)

        def moved(source: Path, target: Path) -> None:
            move(source, target)
            self.steps.append(str(target))

        self.patch.setattr(os, name, moved)

    def when_moved(self, path: Path) -> int:
        """Return when the rename to a path was done, the only one."""
        (found,) = [number for number, step in enumerate(self.steps) if step == str(path)]
        return found

    def synced(self, path: Path, *, after: int = -1, before: int | None = None) -> bool:
        """Say whether a file or folder was synced within a span of steps."""
        return path.stat().st_ino in self.steps[after + 1 : before]


@pytest.fixture
def journal(monkeypatch):
    return Journal(monkeypatch)


def everything_in(folder):
    return [folder, *folder.rglob("*")]


def test_a_snapshot_is_on_disk_before_it_is_published(journal):
    lake = locate()
    land(lake, "b-1", [1])
    begun = build(lake)
    there = everything_in(begun.path)
    published = publish(lake, begun, FACTS)
    swapped = journal.when_moved(lake.current)
    completed = journal.when_moved(published.path / "snapshot.json")
    assert completed < swapped
    kept = [path for path in there if path.exists()]
    assert {path.suffix for path in kept} >= {"", ".parquet"}
    assert [path for path in kept if not journal.synced(path, before=completed)] == []
    assert journal.synced(published.path / "snapshot.json", before=completed)
    assert journal.synced(published.path, after=completed, before=swapped)
    assert journal.synced(lake.snapshots, before=swapped)
    assert journal.synced(lake.root, after=swapped)


def test_a_version_is_on_disk_before_it_is_one(journal):
    lake = locate()
    version = land(lake, "b-1", [1], None)
    moved = journal.when_moved(version.path)
    there = everything_in(version.path)
    assert {path.name for path in there} >= {"record.json", "part.parquet"}
    assert [path for path in there if not journal.synced(path, before=moved)] == []
    assert journal.synced(version.path.parent, after=moved)
    above = [lake.root, lake.bronze, *list(version.path.parents)[1:3]]
    assert [path for path in above if not journal.synced(path, before=moved)] == []


def test_a_verdict_is_on_disk_before_it_replaces_another(journal):
    version = land(locate(), "b-1", [1], None)
    decide(version, "held", by="ann", reason="wait")
    written = journal.when_moved(version.path / "verdict.json")
    assert journal.synced(version.path / "verdict.json", before=written)
    assert journal.synced(version.path, after=written)


def test_an_answer_is_on_disk_before_it_is_kept(journal):
    lake = locate()
    made = keep(lake, "signals", "lights", "20240503T120000Z", b"[]")
    moved = journal.when_moved(made.path)
    assert journal.synced(made.path, before=moved)
    assert journal.synced(made.path.parent, after=moved)
    assert [path for path in list(made.path.parents)[1:4] if not journal.synced(path, before=moved)] == []


def test_an_answer_that_is_a_link_is_on_disk(journal):
    first = keep(locate(), "signals", "lights", "20240503T120000Z", b"[]")
    again = keep(locate(), "signals", "lights", "20240504T120000Z", b"[]")
    assert first.path.samefile(again.path)
    assert journal.steps[-1] == again.path.parent.stat().st_ino
