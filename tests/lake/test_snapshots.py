from __future__ import annotations

from datetime import datetime

import duckdb
import pytest

import lake as lake_package
from lake import locate
from lake.errors import (
    DamagedError,
    DecidedError,
    GoneError,
    LakeError,
    NothingPublishedError,
    OvertakenError,
)
from lake.retention import clear_unfinished, collect
from lake.rollback import rollback
from lake.snapshots import (
    begin,
    current,
    current_id,
    discard,
    list_snapshots,
    publish,
)
from lake.versions import all_versions, decide
from tests.lake.dying import dies_at
from tests.lake.rows import SCHEMAS, land

FACTS = {"origin": "sample", "rows": {}}


def build(lake, total=None):
    """Begin a snapshot and put one gold table into it, made from its bronze."""
    snapshot = begin(lake, all_versions(lake), SCHEMAS, parent=current_id(lake))
    folder = snapshot.path / "gold" / "mart"
    folder.mkdir()
    files = f"{snapshot.bronze}/shop/things/*/*/*.parquet"
    duckdb.sql(
        f"copy (select coalesce(sum(amount), 0)::bigint as total from read_parquet('{files}')) "
        f"to '{folder}/data.parquet'"
    )
    return snapshot


def total(connection):
    return connection.sql("select total from gold.mart").fetchone()[0]


def test_publishing_shows_accepted_versions_only():
    lake = locate()
    land(lake, "b-1", [1, 2])
    land(lake, "b-2", [100], "refused")
    publish(lake, build(lake), FACTS)
    connection = lake_package.connect()
    assert connection.sql("select batch, version, amount from bronze.things order by amount").fetchall() == [
        ("b-1", 1, 1),
        ("b-1", 1, 2),
    ]
    states = connection.sql("select batch, state, is_in_snapshot from bronze.versions order by 1").fetchall()
    assert states == [("b-1", "accepted", True), ("b-2", "refused", False)]


def test_a_newer_version_replaces_the_older_and_both_stay_in_bronze():
    lake = locate()
    land(lake, "b-1", [1])
    publish(lake, build(lake), FACTS)
    land(lake, "b-1", [5])
    publish(lake, build(lake), FACTS)
    assert total(lake_package.connect()) == 5
    assert len(all_versions(lake)) == 2
    first = list_snapshots(lake)[-1]
    assert total(lake_package.connect(first.id)) == 1
    states = lake_package.connect().sql("select version, state from bronze.versions order by 1").fetchall()
    assert states == [(1, "superseded"), (2, "accepted")]


def test_bronze_is_linked_and_not_copied():
    lake = locate()
    version = land(lake, "b-1", [1])
    snapshot = build(lake)
    linked = snapshot.bronze / "shop/things/batch=b-1/version=1/part.parquet"
    assert linked.stat().st_ino == version.files[0].stat().st_ino


def test_nothing_is_seen_before_publishing():
    lake = locate()
    land(lake, "b-1", [1])
    build(lake)
    assert current(lake) is None
    assert list_snapshots(lake) == []
    with pytest.raises(NothingPublishedError, match="make run"):
        lake_package.connect()


def test_a_connection_stays_on_its_snapshot():
    lake = locate()
    land(lake, "b-1", [1])
    publish(lake, build(lake), FACTS)
    connection = lake_package.connect()
    land(lake, "b-1", [9])
    publish(lake, build(lake), FACTS)
    assert total(connection) == 1
    assert total(lake_package.connect()) == 9


def test_a_snapshot_built_on_an_older_parent_is_not_published():
    lake = locate()
    land(lake, "b-1", [1])
    early, late = build(lake), build(lake)
    publish(lake, late, FACTS)
    with pytest.raises(OvertakenError, match=late.id):
        publish(lake, early, FACTS)
    assert current_id(lake) == late.id


def test_an_empty_table_still_has_its_columns():
    lake = locate()
    land(lake, "b-1", [1], "refused")
    publish(lake, build(lake), FACTS)
    described = lake_package.connect().sql("describe bronze.things").fetchall()
    assert [(row[0], row[1]) for row in described] == [
        ("name", "VARCHAR"),
        ("amount", "BIGINT"),
        ("batch", "VARCHAR"),
        ("version", "INTEGER"),
    ]


def test_leftovers_of_a_killed_build_are_cleared_and_published_ones_stay():
    lake = locate()
    land(lake, "b-1", [1])
    kept = publish(lake, build(lake), FACTS)
    left = build(lake)
    assert clear_unfinished(lake) == [left.path]
    assert [snapshot.id for snapshot in list_snapshots(lake)] == [kept.id]


def test_a_snapshot_completed_but_never_published_is_none():
    lake = locate()
    land(lake, "b-1", [1])
    kept = publish(lake, build(lake), FACTS)
    left = build(lake)
    with dies_at("publish.completed"):
        publish(lake, left, FACTS)
    assert [snapshot.id for snapshot in list_snapshots(lake)] == [kept.id]
    with pytest.raises(GoneError, match=rf"there are: {kept.id}\)"):
        lake_package.connect(left.id)


def test_the_fixed_links_lead_to_the_published_snapshot():
    lake = locate()
    land(lake, "b-1", [1])
    snapshot = publish(lake, build(lake), FACTS)
    assert (lake.root / "gold").resolve() == snapshot.path.resolve() / "gold"
    assert (lake.root / "accepted").resolve() == snapshot.path.resolve() / "bronze"


def test_an_unknown_snapshot_is_named_with_those_there_are():
    lake = locate()
    land(lake, "b-1", [1])
    snapshot = publish(lake, build(lake), FACTS)
    with pytest.raises(GoneError, match=snapshot.id):
        lake_package.connect("20000101-000000-000000")


@pytest.mark.parametrize("name", ["ann's lake", "[1]", "{x}", "a*", "a\\b", "a=b", "50%20", "a\tb", "a\x1b"])
def test_a_root_that_globs_or_sql_would_misread_is_refused(tmp_path, name):
    with pytest.raises(LakeError, match="use another folder"):
        locate(tmp_path / name)
    (tmp_path / name).mkdir()
    (tmp_path / "link").symlink_to(name)
    with pytest.raises(LakeError, match="use another folder"):
        locate(tmp_path / "link")


@pytest.mark.parametrize("name", ["my lake", "a#b", "a;b&c", "(1), ~+@é", "link"])
def test_a_root_of_any_other_name_is_fine(tmp_path, name):
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "elsewhere").mkdir()
    lake = locate(tmp_path / name)
    land(lake, "b-1", [7])
    publish(lake, begin(lake, all_versions(lake), SCHEMAS, parent=current_id(lake)), FACTS)
    assert lake_package.connect(root=lake.root).sql("select amount from bronze.things").fetchall() == [(7,)]


def test_the_published_snapshot_is_never_discarded():
    lake = locate()
    land(lake, "b-1", [1])
    published = publish(lake, build(lake), FACTS)
    discard(lake, published)
    assert total(lake_package.connect()) == 1


def test_what_was_decided_during_the_build_is_not_published_without():
    lake = locate()
    land(lake, "a-1", [1])
    version = land(lake, "b-1", [2])
    snapshot = build(lake)
    decide(version, "held", by="ann", reason="looks odd")
    with pytest.raises(DecidedError, match="run again"):
        publish(lake, snapshot, FACTS)
    assert current_id(lake) is None
    assert list(lake.root.glob("gold")) == [], "nothing is changed"
    publish(lake, build(lake), FACTS)
    assert total(lake_package.connect()) == 1


def test_what_is_landed_during_the_build_waits_for_the_next():
    lake = locate()
    land(lake, "a-1", [1])
    snapshot = build(lake)
    land(lake, "b-1", [2], None)
    publish(lake, snapshot, FACTS)
    assert current_id(lake) == snapshot.id


def test_what_cannot_be_linked_fails_before_anything_is_published():
    lake = locate()
    land(lake, "b-1", [1])
    snapshot = build(lake)
    (lake.root / "gold").mkdir()
    with pytest.raises(DamagedError, match="gold is no link; remove it"):
        publish(lake, snapshot, FACTS)
    assert current_id(lake) is None


@pytest.mark.parametrize("content", ["{", "{}", "[]"])
def test_a_damaged_snapshot_is_named_and_the_others_stay_readable(content):
    lake = locate()
    land(lake, "b-1", [1])
    first = publish(lake, build(lake), FACTS)
    land(lake, "b-1", [2])
    second = publish(lake, build(lake), FACTS)
    (second.path / "snapshot.json").write_text(content)
    with pytest.raises(DamagedError, match=r"snapshot\.json"):
        current(lake)
    assert [snapshot.id for snapshot in list_snapshots(lake)] == [first.id]


def test_ids_rise_although_the_clock_falls_back(monkeypatch):
    lake = locate()
    land(lake, "b-1", [1])
    first = publish(lake, build(lake), FACTS)

    class Earlier(datetime):
        @classmethod
        def now(cls, tz=None):
            return cls(2001, 1, 1, tzinfo=tz)

    monkeypatch.setattr("lake.ids.datetime", Earlier)
    (lake.snapshots / "no snapshot").mkdir()
    ids = [first.id]
    for amount in range(3):
        land(lake, "b-1", [amount])
        ids.append(publish(lake, build(lake), FACTS).id)
    assert ids == sorted(set(ids))
    assert collect(lake, 2).removed == ids[:2]
    assert rollback(lake, by="anna", reason="wrong").id == ids[2]
