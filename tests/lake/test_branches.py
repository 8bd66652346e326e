from __future__ import annotations

import shutil
import time

import pytest

import lake as lake_package
from lake import locate, recordings
from lake.branches import branch, branches, drop, open_branch, read_begun
from lake.cleaning import clean, clean_scratch
from lake.errors import (
    BusyError,
    GoneError,
    LakeError,
    NothingPublishedError,
)
from lake.files import read_json
from lake.layout import Lake
from lake.locks import running
from lake.retention import clear_unfinished, collect, unfinished
from lake.snapshots import current, current_id, list_snapshots, publish, take_hold
from lake.verify import verify
from lake.versions import all_versions, batch_versions, decide
from tests.lake.branched import begin, on_disk, run, shown, sound
from tests.lake.dying import dies_at
from tests.lake.rows import land
from tests.lake.test_snapshots import FACTS, build, total


def test_a_branch_is_a_lake_of_the_same_files_that_the_first_one_never_sees(main):
    before = on_disk(main.root)
    on = begin()
    assert on.root == main.branches / "trial"
    assert (shown(on), current_id(on)) == (1, current_id(main))
    assert [version.verdict for version in all_versions(on)] == [v.verdict for v in all_versions(main)]
    for of, there in zip(all_versions(main), all_versions(on), strict=True):
        assert all(one.samefile(other) for one, other in zip(of.files, there.files, strict=True))
    run(on)
    decide(batch_versions(on, "shop", "things", "b-2")[0], "accepted", by="anna", reason="it is right")
    assert (shown(on), shown(main)) == (6, 1)
    assert {
        name: said for name, said in on_disk(main.root).items() if not name.startswith("branches")
    } == before
    assert sound(main, on)


def test_a_branch_knows_what_it_was_begun_from(main):
    begun = read_begun(begin())
    assert (begun.snapshot, begun.by) == (current_id(main), "anna")
    assert [one[2:4] for one in begun.accepted] == [["b-1", 1]]


def test_readers_of_the_one_are_no_readers_of_the_other(main):
    on = begin()
    _, file = take_hold(main)
    with file:
        drop(main, "trial")
    assert not on.root.exists()


def test_what_a_branch_needs_is_told(main, tmp_path):
    with pytest.raises(NothingPublishedError):
        branch(Lake(tmp_path / "empty"), "trial", by="anna")
    assert not (tmp_path / "empty").exists()
    on = begin()
    with pytest.raises(LakeError, match="no branches of branches"):
        branch(on, "other", by="anna")
    with pytest.raises(LakeError, match="a branch is called so"):
        begin()
    assert [one.root.name for one in branches(main)] == ["trial"]


def test_the_environment_names_a_branch(main, monkeypatch):
    on = begin()
    run(on)
    monkeypatch.setenv("BRANCH", "trial")
    assert locate() == on
    assert lake_package.status().root == str(on.root)
    with lake_package.connect() as connection:
        assert total(connection) == 6
    assert locate(main.root) == main
    monkeypatch.setenv("LAKE_ROOT", str(on.root))
    assert locate() == on  # a process that was given the branch itself, and the environment of who started it
    monkeypatch.setenv("BRANCH", "other")
    with pytest.raises(LakeError, match="is a branch, and has none of its own"):
        locate()


@pytest.mark.parametrize(
    "name", ["other", "..", "../branches/trial", ".trial.1.writing", "/", "a\nb", "trial/"]
)
def test_what_is_no_branch_is_told(main, monkeypatch, name):
    begin()
    monkeypatch.setenv("BRANCH", name)
    with pytest.raises(LakeError, match=r"BRANCH=.* is set: no branch|not one plain name"):
        locate()


def test_answers_of_feeds_are_kept_in_one_place_for_all_branches(main):
    on, other = begin(), begin("other")
    made = recordings.keep(on, "signals", "lights", "20240601T000000Z", b"[1]")
    assert recordings.keep(other, "signals", "lights", "20240601T000000Z", b"[1]") is None
    drop(main, "trial")
    assert [recordings.read(one) for one in recordings.kept(main, "signals", "lights")] == [b"[1]"]
    assert made is not None
    # One lock, too: who keeps an answer for a branch keeps away who would for the lake.
    from lake.locks import recording

    with recording(other):
        assert (main.work / "recordings.lock").exists()
        assert not (other.work / "recordings.lock").exists()


def test_a_branch_is_dropped_while_nobody_is_on_it(main):
    on = begin()
    with running(on, ""), pytest.raises(BusyError, match="a run is going on on branch trial"):
        drop(main, "trial")
    _, file = take_hold(on)
    with file, pytest.raises(BusyError, match="is being read"):
        drop(main, "trial")
    drop(main, "trial")
    assert list(main.branches.iterdir()) == []
    with pytest.raises(GoneError, match="no branch 'trial'"):
        open_branch(main, "trial")
    assert sound(main)


def test_a_run_that_comes_after_the_drop_makes_no_lake_where_the_branch_was(main):
    on = begin()
    drop(main, "trial")
    with pytest.raises(GoneError, match="is no branch any more"), running(on, ""):
        pass
    assert list(main.branches.iterdir()) == []


# What dies on the way


def test_who_dies_while_beginning_leaves_nothing_that_counts(main, monkeypatch):
    with dies_at("branch.linked"):
        begin()
    assert branches(main) == []
    assert clean_after_the_dead(main, monkeypatch) == []
    assert sound(main)
    assert shown(begin()) == 1


def test_who_dies_while_dropping_leaves_nothing_that_counts(main, monkeypatch):
    begin()
    with dies_at("drop.renamed"):
        drop(main, "trial")
    assert branches(main) == []
    assert clean_after_the_dead(main, monkeypatch) == []


def clean_after_the_dead(lake, monkeypatch):
    monkeypatch.setattr("lake.files._is_alive", lambda pid: False)
    assert list(unfinished(lake)) != []
    clear_unfinished(lake)
    return list(lake.branches.iterdir())


# Collecting, cleaning, verifying


def test_collecting_takes_nothing_that_a_branch_has(main):
    on = begin()
    for amount in range(3):
        run(main, "b-4", amount)
    collect(main, 1)
    assert current_id(on) not in {snapshot.id for snapshot in list_snapshots(main)}
    assert shown(on) == 1
    assert sound(main, on)


def test_clean_takes_branches_as_well_while_nobody_is_on_one(main):
    on = begin()
    with running(on, ""), pytest.raises(BusyError, match="branches/trial"):
        clean(main)
    _, file = take_hold(on)
    with file, pytest.raises(BusyError, match="is being read"):
        clean(main)
    with pytest.raises(LakeError, match="make drop NAME=trial"):
        clean(on)
    assert sound(main, on)
    clean(main)
    assert list(main.root.iterdir()) == []


@pytest.mark.parametrize("busy", [False, True])
def test_a_scratch_lake_goes_with_its_branches_or_stays_with_them(main, tmp_path, busy):
    scratch = tmp_path / "target"
    shutil.copytree(main.root, scratch / "try", symlinks=True)
    on = branch(Lake(scratch / "try"), "trial", by="anna")
    if busy:
        with running(on, ""):
            assert clean_scratch(scratch) == [scratch / "try"]
        assert shown(on) == 1
    else:
        assert clean_scratch(scratch) == []
        assert not scratch.exists()


def test_verify_reads_branches_as_well_and_each_file_once(main):
    alone = verify(main)
    on = begin()
    assert verify(main).files == alone.files
    run(on)
    file = next((on.bronze / "shop" / "things" / "batch=b-3").rglob("*.parquet"))
    file.chmod(0o644)
    file.write_bytes(b"x")
    (main.branches / "stray").mkdir()
    faults = {fault.path: fault.what for fault in verify(main).faults}
    assert faults[main.branches / "stray"] == "is no branch"
    assert any("branches/trial" in str(path) and "damaged" in what for path, what in faults.items())


@pytest.mark.slow
def test_a_branch_is_begun_in_less_than_a_second_for_a_hundred_partitions(main):
    for number in range(100):
        land(main, f"c-{number}", [number])
    publish(main, build(main), FACTS)
    begun = time.process_time()
    on = begin()
    assert time.process_time() - begun < 1
    assert sum(path.stat().st_nlink == 1 for path in on.root.rglob("*.parquet")) == 0
    assert on.recordings.is_symlink()
    assert read_json(on.branch, {"snapshot": str})["snapshot"] == current(main).id
