from __future__ import annotations

import pytest

import lake as lake_package
from lake import locate
from lake.errors import GoneError
from lake.holds import hold, unread
from lake.retention import collect
from lake.snapshots import hold_snapshot, publish, take_hold
from tests.lake.rows import land
from tests.lake.test_snapshots import FACTS, build, total


@pytest.fixture
def two():
    """Two snapshots with one between them, the older first: the newer is not built on it, and does not keep it."""
    lake = locate()
    made = []
    for amount in (1, 3, 2):
        land(lake, "b-1", [amount])
        made.append(publish(lake, build(lake), FACTS))
    return made[0], made[2]


def test_a_held_snapshot_is_not_free_and_many_may_hold_it(two):
    older, _ = two
    with hold(older.path), hold(older.path), unread(older.path) as free:
        assert not free
    with unread(older.path) as free:
        assert free


def test_nobody_can_come_while_a_snapshot_is_being_collected(two):
    older, _ = two
    with unread(older.path) as free:
        assert free
        with pytest.raises(FileNotFoundError):
            hold(older.path)
    hold(older.path).close()


def test_a_folder_without_facts_has_no_readers(tmp_path):
    with unread(tmp_path) as free:
        assert free


def test_a_connection_holds_its_snapshot_until_it_is_gone(two):
    older, newer = two
    connection = lake_package.connect(older.id)
    done = collect(locate(), 1)
    assert (done.removed, done.in_use) == ([], [older.id])
    assert total(connection) == 1
    # No search for garbage: of what a whole process has, that takes seconds.
    del connection
    assert collect(locate(), 1).removed == [older.id]
    assert total(lake_package.connect()) == 2
    assert newer.path.exists()


def test_a_connection_that_is_closed_holds_nothing(two):
    older, _ = two
    with lake_package.connect(older.id) as connection:
        assert total(connection) == 1
    del connection
    assert collect(locate(), 1).removed == [older.id]


def test_a_collected_snapshot_cannot_be_held(two):
    older, newer = two
    collect(locate(), 1)
    with pytest.raises(GoneError, match=f"no snapshot {older.id}.*{newer.id}"):
        take_hold(locate(), older.id)


def test_who_asks_for_the_published_one_gets_the_one_published_meanwhile(two, monkeypatch):
    """Between reading the link and taking the lock, another one is published and the old one collected."""
    older, newer = two
    answers = iter([older.id, newer.id, newer.id, newer.id])
    collect(locate(), 1)
    monkeypatch.setattr("lake.snapshots.current_id", lambda lake: next(answers, newer.id))
    with hold_snapshot(locate()) as held:
        assert held.id == newer.id


def test_a_hold_ends_when_its_block_does(two):
    older, _ = two
    with hold_snapshot(locate(), older.id), unread(older.path) as free:
        assert not free
    with unread(older.path) as free:
        assert free
