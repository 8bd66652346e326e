"""File systems that refuse what the lake needs: told before anything is asked or built, and in words."""

from __future__ import annotations

import errno
import fcntl
import os
from pathlib import Path

import pytest

from lake import LakeError, locate
from lake.filesystem import link_file, try_file_system
from lake.locks import running
from lake.retention import clear_unfinished
from lake.snapshots import begin, publish
from lake.verify import verify
from lake.versions import all_versions
from orchestration.airflow.asking import open_run
from orchestration.run import main_run
from orchestration.steps import clear_leftovers
from tests.lake.rows import SCHEMAS, land

NEEDS = "the lake needs one file system with hard links, symbolic links, locks and atomic rename"


def refusing(number):
    def refuse(*_, **__):
        raise OSError(number, os.strerror(number))

    return refuse


def everything(lake):
    return sorted(path for path in lake.root.rglob("*") if path.suffix != ".lock")


def test_a_file_system_that_has_all_of_it_is_left_as_it_was():
    lake = locate()
    try_file_system(lake)
    assert everything(lake) == [lake.bronze, lake.snapshots, lake.work]
    assert clear_unfinished(lake) == []


@pytest.mark.parametrize("number", [errno.EPERM, errno.EXDEV, errno.EOPNOTSUPP])
def test_refused_links_are_told_and_nothing_of_the_try_stays(monkeypatch, number):
    lake = locate()
    monkeypatch.setattr(os, "link", refusing(number))
    with pytest.raises(LakeError, match=rf"{NEEDS}.*a hard link from .*bronze.*to .*snapshots.*LAKE_ROOT"):
        try_file_system(lake)
    assert everything(lake) == [lake.bronze, lake.snapshots, lake.work]


def test_folders_on_two_file_systems_are_told(monkeypatch):
    monkeypatch.setattr(Path, "rename", refusing(errno.EXDEV))
    with pytest.raises(LakeError, match=rf"{NEEDS}.*to rename"):
        try_file_system(locate())


def test_refused_symbolic_links_are_told(monkeypatch):
    monkeypatch.setattr(Path, "symlink_to", refusing(errno.EPERM))
    with pytest.raises(LakeError, match=rf"{NEEDS}.*a symbolic link"):
        try_file_system(locate())


def test_refused_locks_are_told(monkeypatch):
    monkeypatch.setattr(fcntl, "flock", refusing(errno.ENOLCK))
    with pytest.raises(LakeError, match=rf"{NEEDS}.*a lock on"), running(locate(), "busy"):
        pass


def test_a_full_disk_is_no_matter_of_the_file_system(monkeypatch):
    monkeypatch.setattr(os, "link", refusing(errno.ENOSPC))
    with pytest.raises(OSError, match="No space left"):
        try_file_system(locate())


def test_nothing_is_removed_where_a_lake_cannot_be(monkeypatch):
    left = begin(locate(), all_versions(locate()), SCHEMAS, parent=None)
    monkeypatch.setattr(os, "link", refusing(errno.EPERM))
    with pytest.raises(LakeError, match=NEEDS):
        clear_leftovers(locate())
    assert left.path.exists()


def test_a_disk_that_is_full_of_what_a_killed_run_left_is_cleared(monkeypatch):
    left = begin(locate(), all_versions(locate()), SCHEMAS, parent=None)
    link = os.link

    def linked(*names):
        if left.path.exists():
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        link(*names)

    monkeypatch.setattr(os, "link", linked)
    assert clear_leftovers(locate()) == [left.path]


def test_what_a_killed_try_left_is_cleared(monkeypatch):
    lake = locate()
    left = [
        folder / ".probe.999999999.writing" for folder in (lake.work, lake.bronze, lake.snapshots, lake.root)
    ]
    for path in left[:2]:
        path.mkdir(parents=True)
    lake.snapshots.mkdir()
    left[2].touch()
    left[3].symlink_to(left[1])
    assert sorted(clear_unfinished(lake)) == sorted(left)
    assert not any(os.path.lexists(path) for path in left)


def test_a_run_is_stopped_before_it_asks_anybody(monkeypatch, capsys):
    monkeypatch.setattr(os, "link", refusing(errno.EPERM))
    assert main_run(locate()) == 2
    assert NEEDS in " ".join(capsys.readouterr().out.split())
    assert not list(locate().root.rglob("*.parquet"))
    assert not (locate().root / "listing.json").exists()


def test_the_dag_says_so_in_its_first_task(monkeypatch):
    monkeypatch.setattr(os, "link", refusing(errno.EXDEV))
    with pytest.raises(LakeError, match=NEEDS):
        open_run({}, "manual", None)


def test_a_single_file_that_cannot_be_linked_is_told_the_same(monkeypatch):
    """Linux refuses links to files of other users, and file systems links to a file that has too many."""
    lake = locate()
    land(lake, "b-1", [1])
    monkeypatch.setattr(os, "link", refusing(errno.EMLINK))
    with pytest.raises(LakeError, match=r"part\.parquet"):
        begin(lake, all_versions(lake), SCHEMAS, parent=None)


def test_a_file_of_another_user_is_told_as_that(monkeypatch, tmp_path):
    """Linux lets nobody link what he neither owns nor may write, and what has landed is written by nobody."""
    (tmp_path / "landed").touch()
    monkeypatch.setattr(os, "link", refusing(errno.EPERM))
    monkeypatch.setattr(os, "geteuid", lambda: (tmp_path / "landed").stat().st_uid + 1)
    with pytest.raises(LakeError, match=r"landed belongs to another user .*: run as that user, or .*chown"):
        link_file(tmp_path / "landed", tmp_path / "linked")


def test_a_file_of_another_user_that_cannot_be_made_read_only_is_published_all_the_same(monkeypatch):
    """From before files were; whoever may write it has just linked it."""
    lake = locate()
    land(lake, "b-1", [1])
    snapshot = begin(lake, all_versions(lake), SCHEMAS, parent=None)
    monkeypatch.setattr(Path, "chmod", refusing(errno.EPERM))
    publish(lake, snapshot, {"origin": "sample", "rows": {}})
    assert verify(lake).faults == []
