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
    DecidedError,
    GoneError,
    LakeError,
    NothingPublishedError,
    OvertakenError,
    PinnedError,
)
from lake.files import read_json
from lake.layout import Lake
from lake.locks import running
from lake.merging import merge, moved
from lake.retention import clear_unfinished, collect, unfinished
from lake.rollback import release, rollback
from lake.snapshots import current, current_id, list_snapshots, publish, take_hold
from lake.verify import verify
from lake.versions import all_versions, batch_versions, decide
from tests.lake.dying import dies_at
from tests.lake.rows import land
from tests.lake.test_snapshots import FACTS, build, total


@pytest.fixture
def main():
    """A lake with a published snapshot of 1, and a refused version beside it."""
    lake = locate()
    land(lake, "b-1", [1])
    land(lake, "b-2", [100], "refused")
    publish(lake, build(lake), FACTS)
    return lake


def begin(name="trial"):
    return branch(locate(), name, by="anna")


def run(lake, batch="b-3", amount=5):
    """Land a batch and publish what there is."""
    land(lake, batch, [amount])
    return publish(lake, build(lake), FACTS)


def shown(lake):
    with lake_package.connect(root=lake.root) as connection:
        return total(connection)


def on_disk(folder):
    """Return what tells whether anything of a lake was changed, its locks and scratch aside."""
    return {
        str(path.relative_to(folder)): (path.lstat().st_ino, path.lstat().st_mtime_ns)
        for path in folder.rglob("*")
        if not path.is_dir() and "work" not in path.relative_to(folder).parts[:3]
    }


def sound(*lakes):
    return [fault for lake in lakes for fault in verify(lake).faults] == []


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
    with pytest.raises(LakeError, match=r"no branch|not one plain name"):
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


# Merging


def test_a_merge_publishes_the_same_files_and_brings_what_was_landed_and_decided(main):
    on = begin()
    decide(batch_versions(on, "shop", "things", "b-2")[0], "accepted", by="anna", reason="it is right")
    run(on, amount=7)
    made = run(on)
    files = {path.stat().st_ino for path in made.path.rglob("*.parquet")}
    done = merge(main, "trial", by="bob")
    assert (done.stays, done.snapshot.id, done.snapshot.parent) == (None, made.id, read_parent(done))
    assert {path.stat().st_ino for path in done.snapshot.path.rglob("*.parquet")} == files
    assert done.snapshot.facts["files_sha256"] == made.facts["files_sha256"]
    assert done.snapshot.facts["merged"] == {
        "branch": "trial", "snapshot": made.id, "begun_at": done.snapshot.facts["merged"]["begun_at"], "by": "bob",
    }  # fmt: skip
    assert shown(main) == 106
    assert [(str(v), v.state) for v in all_versions(main)] == [
        ("b-1 version 1", "accepted"),
        ("b-2 version 1", "accepted"),
        ("b-3 version 1", "accepted"),
        ("b-3 version 2", "accepted"),
    ]
    assert not on.root.exists()
    assert sound(main)
    rollback(main, by="anna", reason="not so")
    assert shown(main) == 1


def read_parent(done):
    return sorted(snapshot.id for snapshot in list_snapshots(locate()))[0]


def test_what_follows_a_merge_is_built_on_it(main):
    run(begin())
    merge(main, "trial", by="bob")
    assert run(main, "b-4", 10).parent == list_snapshots(main)[1].id
    assert shown(main) == 16


def published_since(lake):
    run(lake, "b-9", 2)


def accepted_since(lake):
    land(lake, "b-9", [2])


def held_since(lake):
    decide(batch_versions(lake, "shop", "things", "b-1")[0], "held", by="bob", reason="wait")


def landed_the_same(lake):
    land(lake, "b-3", [6], "refused")


def decided_the_same(lake):
    decide(batch_versions(lake, "shop", "things", "b-2")[0], "held", by="bob", reason="wait")


@pytest.mark.parametrize(
    ("happened", "told"),
    [
        (published_since, "has been published"),
        (accepted_since, "things b-9 version 1 was accepted by test"),
        (held_since, "things b-1 version 1 is no longer accepted"),
        (landed_the_same, "things b-3 version 1 has landed there, too"),
        (decided_the_same, "decided there, too"),
    ],
)
def test_a_lake_that_has_moved_is_not_merged_into(main, happened, told):
    on = begin()
    decide(batch_versions(on, "shop", "things", "b-2")[0], "accepted", by="anna", reason="it is right")
    run(on)
    happened(main)
    before = on_disk(main.root)
    with pytest.raises(OvertakenError, match=told):
        merge(main, "trial", by="bob")
    assert on_disk(main.root) == before
    assert sound(main, on)


def test_what_was_refused_meanwhile_is_in_nobodys_way(main):
    on = begin()
    run(on)
    land(main, "b-9", [2], "refused")
    assert moved(main, read_begun(on)) == []
    merge(main, "trial", by="bob")
    assert shown(main) == 6


def test_an_id_of_a_branch_is_not_used_where_a_later_one_is_there(main):
    on = begin()
    made = run(on)
    newer = publish(main, build(main), FACTS)
    rollback(main, by="anna", reason="not so")
    release(main)
    done = merge(main, "trial", by="bob")
    assert done.snapshot.id > newer.id > made.id
    assert list_snapshots(main)[0].id == done.snapshot.id


def test_what_may_not_be_merged_says_why(main):
    on = begin()
    with pytest.raises(GoneError, match="no branch 'other'"):
        merge(main, "other", by="bob")
    with pytest.raises(LakeError, match="nothing was published on branch trial"):
        merge(main, "trial", by="bob")
    land(on, "b-3", [5])
    made = publish(on, build(on), FACTS)
    with pytest.raises(LakeError, match="is the branch itself"):
        merge(on, "trial", by="bob")
    with running(on, ""), pytest.raises(BusyError, match="on branch trial"):
        merge(main, "trial", by="bob")
    with running(main, ""), pytest.raises(BusyError, match="wait for it"):
        merge(main, "trial", by="bob")
    rollback(main, current_id(main), by="anna", reason="wait")
    with pytest.raises(PinnedError):
        merge(main, "trial", by="bob")
    release(main)
    rollback(on, by="anna", reason="wait")
    with pytest.raises(LakeError):
        merge(main, "trial", by="bob")
    release(on)
    rollback(on, made.id, by="anna", reason="again")
    release(on)
    land(on, "b-4", [5])
    with pytest.raises(DecidedError, match="make run BRANCH=trial"):
        merge(main, "trial", by="bob")
    assert shown(main) == 1
    assert sound(main, on)


def test_a_branch_that_is_read_stays_after_its_merge(main):
    on = begin()
    made = run(on)
    _, file = take_hold(on)
    with file:
        done = merge(main, "trial", by="bob")
    assert "is being read" in (done.stays or "")
    assert current_id(main) == made.id
    assert merge(main, "trial", by="bob").stays is None  # nothing is left of it but to drop it
    assert (current_id(main), on.root.exists()) == (made.id, False)


def test_reports_are_found_where_they_lie_after_the_merge(main):
    on = begin()
    version = land(on, "b-3", [5], None)
    report = on.quarantine / "shop" / "things" / "b-3-version-1" / "report.md"
    report.parent.mkdir(parents=True)
    report.write_text("so many rows")
    decide(version, "refused", by="suite bronze.things", reason="no", details={"report": str(report)})
    run(on, "b-4")
    merge(main, "trial", by="bob")
    (refused,) = batch_versions(main, "shop", "things", "b-3")
    assert refused.verdict is not None
    assert refused.verdict["report"] == str(
        main.quarantine / "shop" / "things" / "b-3-version-1" / "report.md"
    )
    assert (main.quarantine / "shop" / "things" / "b-3-version-1" / "report.md").read_text() == "so many rows"
    assert sound(main)


def test_a_damaged_file_of_a_branch_is_not_taken_for_a_sound_one(main):
    on = begin()
    made = run(on)
    file = made.path / "gold" / "mart" / "data.parquet"
    content = bytearray(file.read_bytes())
    content[50] ^= 1
    file.chmod(0o644)
    file.write_bytes(content)
    merge(main, "trial", by="bob")
    assert any("damaged" in fault.what for fault in verify(main).faults)


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


POINTS = [
    "merge.linked",
    "merge.landed",
    "merge.brought",
    "publish.completed",
    "publish.swapped",
    "drop.renamed",
]


@pytest.mark.parametrize("point", POINTS)
def test_a_merge_that_died_is_asked_for_again(main, monkeypatch, point):
    on = begin()
    decide(batch_versions(on, "shop", "things", "b-2")[0], "accepted", by="anna", reason="it is right")
    land(on, "b-3", [7])
    made = run(on, "b-4")
    with dies_at(point):
        merge(main, "trial", by="bob")
    assert shown(main) in (1, 113)
    monkeypatch.setattr("lake.files._is_alive", lambda pid: False)
    if point == "drop.renamed":
        assert branches(main) == []
    else:
        assert merge(main, "trial", by="bob").snapshot.facts["merged"]["snapshot"] == made.id
    clear_unfinished(main)
    assert (shown(main), list(main.branches.iterdir())) == (113, [])
    assert len(all_versions(main)) == 4
    assert sound(main)


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


def test_a_branch_is_begun_in_less_than_a_second_for_a_hundred_partitions(main):
    for number in range(100):
        land(main, f"c-{number}", [number])
    publish(main, build(main), FACTS)
    begun = time.perf_counter()
    on = begin()
    assert time.perf_counter() - begun < 1
    assert sum(path.stat().st_nlink == 1 for path in on.root.rglob("*.parquet")) == 0
    assert on.recordings.is_symlink()
    assert read_json(on.branch, {"snapshot": str})["snapshot"] == current(main).id
