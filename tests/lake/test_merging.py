from __future__ import annotations

import pytest

from lake import locate
from lake.branches import branches, read_begun
from lake.errors import (
    BusyError,
    DecidedError,
    GoneError,
    LakeError,
    OvertakenError,
    PinnedError,
)
from lake.locks import running
from lake.merging import merge, moved
from lake.retention import clear_unfinished
from lake.rollback import release, rollback
from lake.snapshots import current_id, list_snapshots, publish, take_hold
from lake.verify import verify
from lake.versions import all_versions, batch_versions, decide
from tests.lake.branched import begin, on_disk, run, shown, sound
from tests.lake.dying import dies_at
from tests.lake.rows import land
from tests.lake.test_snapshots import FACTS, build


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
    with pytest.raises(LakeError, match="branch trial has published nothing"):
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
    clear_unfinished(main)
    assert sound(main)
    if point == "drop.renamed":
        assert branches(main) == []
    else:
        assert merge(main, "trial", by="bob").snapshot.facts["merged"]["snapshot"] == made.id
    clear_unfinished(main)
    assert (shown(main), list(main.branches.iterdir())) == (113, [])
    assert len(all_versions(main)) == 4
    assert sound(main)
