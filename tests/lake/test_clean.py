"""Removing all data: never code, and never under somebody's feet."""

from __future__ import annotations

import os
import shutil
import threading
from pathlib import Path

import pytest

import lake as lake_package
from lake import locate
from lake.cleaning import clean, clean_scratch
from lake.errors import BusyError, LakeError
from lake.files import exclusive_lock
from lake.holds import hold
from lake.layout import Lake
from lake.locks import publish_lock, run_lock
from lake.retention import clear_unfinished
from lake.snapshots import publish
from tests.lake.dying import dies_at
from tests.lake.rows import land
from tests.lake.test_retention import dead_pid
from tests.lake.test_snapshots import FACTS, build, total


@pytest.fixture
def filled():
    lake = locate()
    land(lake, "b-1", [1])
    publish(lake, build(lake), FACTS)
    run_lock(lake).touch()
    return lake


def test_all_data_goes_and_the_next_run_begins_anew(filled):
    assert {path.name for path in clean(filled)} >= {"bronze", "snapshots", "work", "current", "gold"}
    assert list(filled.root.iterdir()) == []
    land(filled, "b-1", [2])
    publish(filled, build(filled), FACTS)
    assert total(lake_package.connect()) == 2


def test_an_empty_lake_stays_empty(own_lake):
    assert clean(locate()) == []
    assert list(own_lake.iterdir()) == []
    shutil.rmtree(own_lake)
    assert clean(locate()) == []
    assert not own_lake.exists()


@pytest.mark.parametrize(("lock", "who"), [(run_lock, "a run is going on"), (publish_lock, "publishing")])
def test_nothing_is_removed_while_somebody_works_on_it(filled, monkeypatch, lock, who):
    monkeypatch.setattr("lake.locks.WAIT", 0.1)
    before = sorted(filled.root.rglob("*"))
    with exclusive_lock(lock(filled), "busy"), pytest.raises(BusyError, match=who):
        clean(filled)
    assert sorted(filled.root.rglob("*")) == before


def test_nothing_is_removed_while_somebody_reads_it(filled):
    before = sorted(filled.root.rglob("*"))
    with lake_package.connect() as connection:
        with pytest.raises(BusyError, match=r"snapshot .* is being read"):
            clean(filled)
        assert total(connection) == 1
    assert sorted(filled.root.rglob("*")) == before
    del connection
    assert clean(filled)


def test_what_a_killed_process_left_goes_as_well(filled):
    (filled.root / f".current.{dead_pid()}.writing").symlink_to("snapshots/x")
    (filled.root / f".listing.json.{os.getpid()}.writing").write_text("{")
    clean(filled)
    assert list(filled.root.iterdir()) == []


@pytest.mark.parametrize(
    "name", ["notes.txt", ".env", ".notes.123", ".listing.json.123", ".notes.123.writing"]
)
def test_a_folder_with_anything_else_in_it_is_left_alone(filled, name):
    (filled.root / name).write_text("mine")
    with pytest.raises(LakeError, match=f"also holds {name}"):
        clean(filled)
    assert (filled.root / "current").exists()


def test_where_data_lies_beside_the_code_only_the_data_goes(tmp_path, monkeypatch):
    root = tmp_path / "package"
    root.mkdir()
    for file in Path(lake_package.__file__).parent.glob("*.py"):
        shutil.copy(file, root)
    code = sorted(root.rglob("*"))
    monkeypatch.setattr("lake.cleaning.__file__", str(root / "cleaning.py"))
    lake = Lake(root)
    land(lake, "b-1", [1])
    publish(lake, build(lake), FACTS)
    (root / f".current.{dead_pid()}.writing").symlink_to("snapshots/x")
    clean(lake)
    assert sorted(root.rglob("*")) == code


@pytest.mark.parametrize("finish", [clean, clear_unfinished])
def test_a_clean_that_was_killed_leaves_no_half_lake(filled, monkeypatch, finish):
    with dies_at("clean.renamed"):
        clean(filled)
    assert not filled.bronze.exists()
    assert not filled.current.is_symlink()
    monkeypatch.setattr("lake.files._is_alive", lambda pid: False)
    finish(filled)
    assert list(filled.root.iterdir()) == []


def test_who_waited_for_a_lock_that_was_removed_takes_the_one_that_is_there(tmp_path):
    path = tmp_path / "work" / "lock"
    taken, seen = threading.Event(), []

    def wait_for_it():
        taken.wait(30)
        with exclusive_lock(path, "busy", wait=30):
            try:
                with exclusive_lock(path, "busy"):
                    seen.append("two hold it")
            except BusyError:
                seen.append("alone")

    thread = threading.Thread(target=wait_for_it)
    thread.start()
    with exclusive_lock(path, "busy"):
        taken.set()
        threading.Event().wait(0.3)
        shutil.rmtree(path.parent)
    thread.join(30)
    assert seen == ["alone"]


def a_lake(root):
    lake = Lake(root)
    land(lake, "b-1", [1])
    publish(lake, build(lake), FACTS)
    return lake


def test_scratch_goes_with_the_lakes_in_it_but_not_under_anybodys_feet(tmp_path):
    scratch = tmp_path / "target"
    run, read, free = (a_lake(scratch / "tries" / name) for name in ("run", "read", "free"))
    (scratch / "parsed").mkdir()
    (scratch / "parsed" / "file").write_text("x")
    (scratch / "tries" / "note.txt").write_text("x")
    with exclusive_lock(run_lock(run), "busy"), hold(read.current.resolve()):
        assert clean_scratch(scratch) == [read.root, run.root]
        assert total(lake_package.connect(root=run.root)) == 1
        assert [path.name for path in scratch.iterdir()] == ["tries"]
        assert sorted(path.name for path in (scratch / "tries").iterdir()) == ["read", "run"]
    assert not free.root.exists()
    assert clean_scratch(scratch) == []
    assert not scratch.exists()
    assert clean_scratch(scratch) == []


def test_a_scratch_folder_that_is_a_lake_itself_is_left_as_well(tmp_path):
    lake = a_lake(tmp_path / "target")
    (lake.root / "parsed").mkdir()
    with exclusive_lock(run_lock(lake), "busy"):
        before = sorted(lake.root.rglob("*"))
        assert clean_scratch(lake.root) == [lake.root]
        assert sorted(lake.root.rglob("*")) == before
    assert clean_scratch(lake.root) == []
    assert not lake.root.exists()


def test_a_lake_within_a_folder_that_looks_like_one_is_left_as_well(tmp_path):
    scratch = tmp_path / "target"
    run = a_lake(scratch / "try")
    (scratch / "bronze").mkdir()
    with exclusive_lock(run_lock(run), "busy"):
        assert clean_scratch(scratch) == [run.root]
        assert total(lake_package.connect(root=run.root)) == 1
        assert [path.name for path in scratch.iterdir()] == ["try"]


def test_a_lake_of_somebody_else_with_the_same_names_is_left_alone(tmp_path):
    """Everybody calls the layers bronze, silver and gold; in ours the last two are links."""
    theirs = [tmp_path / "data" / layer / "their.parquet" for layer in ("bronze", "silver", "gold")]
    for file in theirs:
        file.parent.mkdir(parents=True)
        file.touch()
    with pytest.raises(LakeError, match="also holds gold, silver: is it the lake"):
        clean(Lake(tmp_path / "data"))
    assert all(file.exists() for file in theirs)
