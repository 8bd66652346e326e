from __future__ import annotations

import pytest

from lake import locate
from lake.branches import branch
from lake.errors import GoneError, LakeError, NothingPublishedError
from lake.meaning import Measure, TableMeaning, read_meanings, write_meanings
from lake.names import find, find_here, lake_of
from lake.rollback import rollback
from lake.snapshots import publish
from lake.tags import tag
from tests.lake.rows import land
from tests.lake.test_snapshots import FACTS, build


@pytest.fixture
def two(monkeypatch):
    """Ids of two snapshots, complete at noon of the first and of the second of May."""
    lake = locate()
    ids: list[str] = []
    for day in ("2026-05-01", "2026-05-02"):
        monkeypatch.setattr("lake.snapshots.utc_now", lambda day=day: f"{day}T12:00:00+00:00")
        land(lake, "b-1", [len(ids)])
        ids.append(publish(lake, build(lake), FACTS).id)
    return ids


def test_a_snapshot_is_found_by_what_it_is(two):
    assert find(locate(), "published").id == find(locate(), two[1]).id == two[1]
    assert find(locate(), "parent").id == two[0]
    rollback(locate(), by="anna", reason="wrong")
    assert find(locate(), "pinned").id == find(locate(), "published").id == two[0]


@pytest.mark.parametrize(
    ("time", "expected"),
    [
        ("2026-05-01", 0),
        ("2026-05-02T11:59", 0),
        ("2026-05-02 12:00:00", 1),
        ("2026-05-02T11:59:00+00:00", 0),
        ("2026-05-02T13:30+02:00", 0),
        ("2026-05-02T12:00Z", 1),
        ("2027-01-01", 1),
    ],
)
def test_a_snapshot_is_found_by_a_time(two, time, expected):
    assert find(locate(), time).id == two[expected]


@pytest.mark.parametrize("time", ["2026-04-30", "2026-05-01T11:59:59"])
def test_before_the_first_there_is_none(two, time):
    with pytest.raises(GoneError, match="was complete by"):
        find(locate(), time)


@pytest.mark.parametrize("name", ["", "newest", "../x", "2026-13-01", "pinned"])
def test_another_name_says_what_there_is(two, name):
    with pytest.raises(LakeError):
        find(locate(), name)


def test_a_snapshot_is_found_by_its_tag(two):
    tag(locate(), "first", two[0], by="anna")
    assert find_here(locate(), "first").id == two[0]


def test_a_branch_is_found_by_its_name_and_lies_elsewhere(two):
    on = branch(locate(), "trial", by="anna")
    assert (find(locate(), "trial").id, lake_of(find(locate(), "trial"))) == (two[1], on)
    land(on, "b-2", [7])
    made = publish(on, build(on), FACTS)
    assert find(locate(), "trial").path == made.path
    assert find(locate(), "published").id == two[1]
    with pytest.raises(LakeError, match="on branch trial: `make merge NAME=trial`"):
        find_here(locate(), "trial")


def test_in_an_empty_lake_nothing_is_found():
    with pytest.raises(NothingPublishedError):
        find(locate(), "published")
    land(locate(), "b-1", [1])
    publish(locate(), build(locate()), FACTS)
    with pytest.raises(GoneError, match="the lake's first"):
        find(locate(), "parent")


def test_what_tables_mean_is_read_as_it_was_written(tmp_path):
    trips = Measure("sum(trips)", ("trips",), "trips", "Trips started.", ("trip_date", "city"))
    told = {
        "gold.days": TableMeaning("Days.", "One row a day.", ("day",), {"trips": "Trips."}, {"trips": trips})
    }
    assert read_meanings(tmp_path) == {}
    write_meanings(tmp_path, told)
    assert read_meanings(tmp_path) == told
