from __future__ import annotations

import threading

import pytest

import lake as lake_package
from lake import locate
from lake.__main__ import main
from lake.errors import BusyError, DamagedError, GoneError, LakeError, NothingPublishedError, PinnedError
from lake.files import exclusive_lock, read_json
from lake.pin import read_pin
from lake.retention import collect
from lake.rollback import release, rollback
from lake.snapshots import current_id, publish
from lake.verify import verify
from orchestration import run
from orchestration.terminal import Terminal
from tests.lake.dying import dies_at
from tests.lake.rows import land
from tests.lake.test_snapshots import FACTS, build, total
from tests.lake.test_status import run_lake


@pytest.fixture
def three():
    """Ids of three snapshots whose totals are 1, 2 and 3, the oldest first."""
    lake = locate()
    ids = []
    for amount in (1, 2, 3):
        land(lake, "b-1", [amount])
        ids.append(publish(lake, build(lake), FACTS).id)
    return ids


def test_rollback_goes_to_the_parent_and_pins(three):
    assert rollback(locate(), by="anna", reason="looks wrong").id == three[1]
    assert total(lake_package.connect()) == 2
    pin = read_pin(locate())
    assert (pin.snapshot, pin.by, pin.reason) == (three[1], "anna", "looks wrong")


def test_rollback_can_be_repeated_and_goes_further_back(three):
    rollback(locate(), by="anna", reason="looks wrong")
    assert rollback(locate(), by="anna", reason="still wrong").id == three[0]
    with pytest.raises(GoneError, match=f"no snapshot before {three[0]}"):
        rollback(locate(), by="anna", reason="and now?")
    assert current_id(locate()) == three[0]


def test_rollback_to_a_named_snapshot(three):
    assert rollback(locate(), three[0], by="anna", reason="wrong").id == three[0]
    assert total(lake_package.connect()) == 1


@pytest.mark.parametrize("reason", ["", "  "])
def test_a_reason_is_asked_for(three, reason):
    with pytest.raises(LakeError, match="a reason is needed"):
        rollback(locate(), by="anna", reason=reason)
    assert current_id(locate()) == three[2]


def test_an_unknown_snapshot_is_refused_and_nothing_changes(three):
    with pytest.raises(GoneError, match="no snapshot 2000"):
        rollback(locate(), "20000101-000000-000000", by="anna", reason="wrong")
    assert (current_id(locate()), read_pin(locate())) == (three[2], None)


def test_without_a_parent_that_is_still_there_the_newest_older_one_is_taken(three):
    lake = locate()
    rollback(lake, three[0], by="anna", reason="wrong")
    release(lake)
    land(lake, "b-1", [4])
    fourth = publish(lake, build(lake), FACTS)
    assert fourth.parent == three[0]
    (lake.snapshots / three[0]).rename(lake.root / "removed by hand")
    assert rollback(lake, by="anna", reason="wrong").id == three[2]


def test_nothing_is_published_on_a_pinned_lake(three):
    lake = locate()
    rollback(lake, by="anna", reason="looks wrong")
    land(lake, "b-1", [9])
    snapshot = build(lake)
    with pytest.raises(PinnedError, match=r"pinned to snapshot .* by anna .*\(looks wrong\); `make release`"):
        publish(lake, snapshot, FACTS)
    assert current_id(lake) == three[1]
    release(lake)
    publish(lake, snapshot, FACTS)
    assert total(lake_package.connect()) == 9


@pytest.mark.parametrize("content", [b"{", b"{}", b"[]", b"\xff\xfe", b'{"snapshot": "x"}'])
def test_a_damaged_pin_is_named_and_what_to_do(three, content):
    lake = locate()
    lake.pin.write_bytes(content)
    with pytest.raises(DamagedError, match=r"pin\.json is damaged; remove it"):
        read_pin(lake)


def test_a_pin_released_while_it_is_read_is_none(three, monkeypatch):
    lake = locate()
    rollback(lake, by="anna", reason="wrong")

    def released_before(path, keys):
        path.unlink(missing_ok=True)
        return read_json(path)

    monkeypatch.setattr("lake.pin.read_json", released_before)
    assert read_pin(lake) is None


def test_where_a_pinned_lake_has_lost_its_link_a_run_is_not_what_helps(three, capsys):
    rollback(locate(), by="anna", reason="odd \x1b[31mred")
    locate().current.unlink()
    with pytest.raises(
        NothingPublishedError, match=r"the lake is pinned: `make rollback SNAPSHOT=…`, or `make release`"
    ):
        lake_package.connect()
    [fault] = [one for one in verify(locate()).faults if one.path == locate().current]
    assert "`make release` and then `make run`" in fault.mend
    run.close(locate(), run.Outcome(pin=read_pin(locate())), Terminal())
    assert "nothing is published: the lake is pinned" in " ".join(capsys.readouterr().out.split())
    # A reason is somebody's words: a terminal obeys none of them.
    assert main(["release"]) == 0
    assert r"(odd \x1b[31mred)" in capsys.readouterr().out


def test_names_that_are_none_and_lakes_without_a_past_are_told(capsys):
    assert [main(words) for words in (["drop", ""], ["rollback", "--reason", "x"])] == [2, 2]
    said = capsys.readouterr().err
    assert "which one? `make drop NAME=…`" in said
    assert "there is no snapshot: nothing to go back to" in said


def test_releasing_a_free_lake_says_so(three):
    with pytest.raises(LakeError, match="not pinned"):
        release(locate())


def test_a_rollback_cut_off_after_the_pin_is_finished_by_the_next(three):
    lake = locate()
    with dies_at("rollback.pinned"):
        rollback(lake, by="anna", reason="wrong")
    assert (read_pin(lake).snapshot, current_id(lake)) == (three[1], three[2])
    assert rollback(lake, by="anna", reason="again").id == three[1], "not one further"
    assert current_id(lake) == three[1]


def test_a_rollback_cut_off_after_the_pin_protects_both_snapshots(three):
    lake = locate()
    publish(lake, build(lake), FACTS)
    with dies_at("rollback.pinned"):
        rollback(lake, three[0], by="anna", reason="wrong")
    assert collect(lake, 1).removed == [three[1]]


def test_who_has_to_wait_too_long_for_the_lock_is_told(three, monkeypatch):
    lake = locate()
    monkeypatch.setattr("lake.locks.WAIT", 0.1)
    busy, done = threading.Event(), threading.Event()

    def hold_it():
        with exclusive_lock(lake.work / "publish.lock", "busy"):
            busy.set()
            done.wait(30)

    thread = threading.Thread(target=hold_it)
    thread.start()
    busy.wait(30)
    try:
        with pytest.raises(BusyError, match="another process is publishing"):
            rollback(lake, by="anna", reason="wrong")
    finally:
        done.set()
        thread.join(30)
    assert current_id(lake) == three[2]


@pytest.mark.slow
def test_the_commands_say_what_they_did(three):
    back = run_lake("rollback", "--reason", "looks wrong")
    assert back.returncode == 0
    assert three[1] in back.stdout
    status = run_lake("path")
    assert status.stdout.strip().endswith(three[1])
    on = run_lake("release")
    assert on.returncode == 0
    again = run_lake("release")
    assert (again.returncode, "not pinned" in again.stderr) == (2, True)
