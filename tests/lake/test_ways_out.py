"""What is said of damage leads out of it: whoever meets it, and whatever else lies there."""

from __future__ import annotations

import errno
import os
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

import lake as lake_package
from lake import locate
from lake.__main__ import main as lake_main
from lake.decisions import DECISIONS
from lake.errors import DamagedError
from lake.files import write_json
from lake.inventory import INVENTORY
from lake.layout import Lake
from lake.retention import make_ready
from lake.rollback import release, rollback
from lake.snapshots import current, list_snapshots, publish
from lake.status import status
from lake.verify import verify
from lake.versions import all_versions, decide
from orchestration.__main__ import main
from tests.lake.test_snapshots import FACTS, build, total
from tests.lake.test_verify import fill, flip, only, rewrite


@pytest.fixture
def lake():
    return fill(locate())


@pytest.mark.parametrize("content", ["[]", "7", '{"1": "held"}', '{"1": {"state": "held"}}', "nul"])
def test_decisions_of_another_shape_are_named_whoever_meets_them(lake, content):
    version = all_versions(lake)[0]
    kept = version.path.parent / DECISIONS
    kept.write_text(content)
    assert kept in [fault.path for fault in verify(lake).faults]
    with pytest.raises(DamagedError, match=rf"{DECISIONS} .*; remove it"):
        decide(version, "held", by="ana", reason="odd")
    (version.path / "verdict.json").unlink()
    with pytest.raises(DamagedError, match=rf"{DECISIONS} .*; remove it"):
        status()
    assert kept in [fault.path for fault in verify(lake).faults]


@pytest.mark.parametrize(
    "damage", [flip, lambda path: rewrite(path, b"[]"), lambda path: rewrite(path, b"{")]
)
def test_a_damaged_list_of_what_is_published_keeps_nothing_from_being_published(lake, damage):
    """`make verify` says that the next run mends it."""
    damage(current(lake).path / INVENTORY)
    publish(lake, build(lake), FACTS)
    assert total(lake_package.connect()) == 13
    assert [fault.path.parent.name for fault in verify(lake).faults] == [list_snapshots(lake)[1].id]


def test_what_another_program_puts_into_a_build_is_not_published(lake):
    """A file manager that shows the folder meanwhile: no reader could read on."""
    snapshot = build(lake)
    for folder in (
        snapshot.path,
        snapshot.path / "gold",
        snapshot.path / "bronze",
        snapshot.path / "gold/mart",
    ):
        (folder / ".DS_Store").write_bytes(b"\0Bud1")
    publish(lake, snapshot, FACTS)
    assert total(lake_package.connect()) == 13
    assert {fault.path.name for fault in verify(lake).faults} == {".DS_Store"}


def test_the_size_of_what_landed_before_hashes_were_kept_is_compared(lake):
    version = all_versions(lake)[0]
    files = [{name: file[name] for name in ("name", "rows", "bytes")} for file in version.record["files"]]
    write_json(version.path / "record.json", version.record | {"files": files})
    assert verify(lake).faults == []
    rewrite(version.files[0], version.files[0].read_bytes()[:-1])
    assert version.files[0] in [fault.path for fault in verify(lake).faults]


@pytest.mark.parametrize("which", ["part.parquet", "record.json", "snapshot.json", INVENTORY])
def test_what_the_disk_does_not_give_back_is_a_fault_like_others(lake, monkeypatch, which):
    path = next(path for path in sorted(lake.root.rglob(which)) if path.name == which)
    whole = Path.open

    def opened(self, *how, **named):
        if self == path:
            raise OSError(errno.EIO, "Input/output error", str(path))
        return whole(self, *how, **named)

    monkeypatch.setattr(Path, "open", opened)
    assert path in [fault.path for fault in verify(lake).faults]


def test_what_mends_can_be_typed_as_it_is_said(tmp_path):
    lake = fill(Lake(tmp_path / "my lake & more"))
    lost = all_versions(lake)[0].files[0]
    lost.unlink()
    subprocess.run(shlex.split(only(lake).mend.strip("`")), check=True)
    assert verify(lake).faults == []


@pytest.mark.parametrize("name", ["current", "gold"])
def test_a_copy_that_followed_links_is_named_with_what_to_do(lake, capsys, name):
    """As `cp -rL` and programs that sync folders make it."""
    path = lake.root / name
    there = path.resolve()
    path.unlink()
    shutil.copytree(there, path)
    found = [fault for fault in verify(lake).faults if fault.path == path]
    assert [fault.what for fault in found] == ["is no link"]
    assert "remove it" in found[0].mend
    assert main(["run"]) == 2
    assert f"{name} is no link; remove it" in capsys.readouterr().out.replace("\n", "")
    shutil.rmtree(path)
    publish(lake, build(lake), FACTS)
    assert total(lake_package.connect()) == 13


@pytest.mark.parametrize("name", ["accepted", "silver", "gold"])
@pytest.mark.parametrize("how", ["run", "rollback", "release", "publish"])
def test_a_link_that_is_missing_is_told_and_made_again(lake, name, how):
    """Whoever removed it hears "make run makes it again", and a run that has nothing new did not."""
    if how == "release":
        rollback(lake, by="ana", reason="why not")
    path = lake.root / name
    there = path.resolve()
    path.unlink()
    fault = only(lake)
    assert (fault.path, fault.what, fault.mend) == (path, "is missing", "`make run` makes it again")
    match how:
        case "run":
            make_ready(lake)
        case "rollback":
            there = rollback(lake, by="ana", reason="why not").path / there.name
        case "release":
            release(lake)
        case "publish":
            there = publish(lake, build(lake), FACTS).path / there.name
    assert path.resolve() == there
    assert verify(lake).faults == []


def test_where_nothing_is_published_no_link_is_made_or_missed():
    lake = locate()
    make_ready(lake)
    assert [path.name for path in lake.root.iterdir() if path.is_symlink()] == []
    assert verify(lake).faults == []


@pytest.mark.parametrize("content", ["{", "{}", "[]"])
def test_damaged_facts_are_mended_by_building_them_or_by_taking_their_snapshot_away(lake, content):
    """A run builds nothing for a snapshot that is not published, and told so again and again."""
    new, old = list_snapshots(lake)
    rewrite(old.path / "snapshot.json", content.encode())
    assert only(lake).mend == f"it is not published: remove {old.path}"
    shutil.rmtree(old.path)
    rewrite(new.path / "snapshot.json", content.encode())
    assert "`make run FULL=1` builds a snapshot anew" in only(lake).mend


@pytest.mark.parametrize("content", ["", "{}", "[]"])
def test_of_a_damaged_pin_one_remedy_is_told(lake, content):
    lake.pin.write_text(content)
    fault = only(lake)
    assert fault.what == "is damaged"
    assert fault.mend == "remove it, and `make rollback` again if the lake is to stay where it is"


def test_a_query_that_fails_is_an_error_and_no_refusal(lake, capfd):
    assert lake_main(["sql", "--query", "select 1"]) == 0
    assert lake_main(["sql", "--query", "select nope"]) == 2
    assert "nope" in capfd.readouterr().err


@pytest.mark.parametrize("put", [Path.mkdir, os.mkfifo, lambda path: path.symlink_to(path.parent)])
def test_what_is_no_file_is_named_and_not_waited_for(lake, put):
    path = all_versions(lake)[0].files[0]
    path.unlink()
    put(path)
    fault = only(lake)
    assert (fault.path, fault.what) == (path, "is no file")
    assert fault.mend.startswith("remove it; `ln -f ")


def test_a_published_link_to_no_snapshot_is_found(lake):
    lake.current.unlink()
    lake.current.symlink_to("snapshots/..")
    assert lake.current in [fault.path for fault in verify(lake).faults]
