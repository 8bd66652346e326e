from __future__ import annotations

import os
import shutil
import subprocess
import sys

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import lake as lake_package
from lake import locate
from lake.errors import GoneError, LakeError
from lake.files import exclusive_lock
from lake.retention import KEEP, clear_unfinished, collect, kept_snapshots, unfinished
from lake.rollback import rollback
from lake.snapshots import begin, discard, list_snapshots, prepare_layer, publish
from lake.versions import all_versions
from tests.lake.dying import Died, dies_at
from tests.lake.rows import SCHEMAS, land
from tests.lake.test_snapshots import FACTS, build, total


def publish_many(number):
    lake = locate()
    ids = []
    for amount in range(number):
        land(lake, "b-1", [amount])
        ids.append(publish(lake, build(lake), FACTS).id)
    return ids


def there():
    return sorted(snapshot.id for snapshot in list_snapshots(locate()))


def dead_pid():
    """Return the number of a process that has ended."""
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
    return process.pid


def test_the_newest_are_kept_and_bronze_loses_nothing():
    ids = publish_many(4)
    assert collect(locate(), 2).removed == ids[:2]
    assert there() == ids[2:]
    assert len(all_versions(locate())) == 4
    assert total(lake_package.connect(ids[2])) == 2


def test_the_published_and_the_pinned_one_stay_however_old():
    ids = publish_many(4)
    rollback(locate(), ids[0], by="anna", reason="wrong")
    assert collect(locate(), 1).removed == ids[1:3]
    assert there() == [ids[0], ids[3]]


def test_what_is_published_keeps_what_it_was_built_on():
    ids = publish_many(4)
    rollback(locate(), ids[2], by="anna", reason="wrong")
    assert collect(locate(), 1).removed == ids[:1]
    assert rollback(locate(), by="anna", reason="wrong, too").id == ids[1]


def test_the_setting_says_how_many(monkeypatch):
    ids = publish_many(3)
    monkeypatch.setenv("LAKE_KEEP_SNAPSHOTS", "2")
    assert collect(locate()).removed == ids[:1]
    monkeypatch.delenv("LAKE_KEEP_SNAPSHOTS")
    assert kept_snapshots() == KEEP


@pytest.mark.parametrize("value", ["0", "-1", "two", "1.5"])
def test_a_setting_that_is_no_number_from_one_is_refused(monkeypatch, value):
    monkeypatch.setenv("LAKE_KEEP_SNAPSHOTS", value)
    with pytest.raises(LakeError, match=f"LAKE_KEEP_SNAPSHOTS is '{value}'"):
        kept_snapshots()


def test_what_a_killed_build_left_is_found_and_cleared():
    publish_many(1)
    lake = locate()
    begun = build(lake)
    (lake.work / "build" / begun.id).mkdir(parents=True)
    (lake.work / "landing" / "citibike" / "jc-2024-01").mkdir(parents=True)
    (lake.bronze / "shop" / "things" / "batch=empty").mkdir()
    expected = {
        begun.path,
        lake.work / "build",
        lake.work / "landing",
        lake.bronze / "shop" / "things" / "batch=empty",
    }
    assert set(unfinished(lake)) == expected
    assert set(collect(lake).leftovers) == expected
    assert list(unfinished(lake)) == []
    assert total(lake_package.connect()) == 0


@pytest.fixture
def dying_tree(monkeypatch):
    """Die while a tree is removed, in the order that is worst: what says it is unfinished has gone first."""
    whole = shutil.rmtree

    def torn(path, *_, **__):
        for name in ("building.json", "gold"):
            if (path / name).is_dir():
                whole(path / name)
            else:
                (path / name).unlink(missing_ok=True)
        raise Died

    with monkeypatch.context() as patch:
        patch.setattr(shutil, "rmtree", torn)
        yield patch.undo


def stopped_before_the_swap(lake):
    """Return a snapshot that is complete, says it is being built and was never published."""
    left = build(lake)
    with dies_at("publish.completed"):
        publish(lake, left, FACTS)
    assert (left.path / "snapshot.json").exists()
    return left


@pytest.mark.parametrize("remover", [lambda lake, left: clear_unfinished(lake), discard])
def test_who_dies_while_clearing_leaves_no_half_snapshot_that_looks_whole(dying_tree, remover):
    (kept,) = publish_many(1)
    lake = locate()
    left = stopped_before_the_swap(lake)
    with pytest.raises(Died):
        remover(lake, left)
    dying_tree()
    assert there() == [kept]
    assert not left.path.exists()
    assert clear_unfinished(lake) == [lake.snapshots / f".collected-{left.id}"]
    assert list(unfinished(lake)) == []


def test_what_could_not_be_cleared_is_not_reported_as_cleared(monkeypatch):
    publish_many(1)
    lake = locate()
    left = build(lake)
    (lake.work / "landing").mkdir(exist_ok=True)
    monkeypatch.setattr(shutil, "rmtree", lambda *_, **__: None)
    assert clear_unfinished(lake) == []
    monkeypatch.undo()
    assert set(collect(lake).leftovers) == {lake.snapshots / f".collected-{left.id}", lake.work / "landing"}


def test_others_may_publish_while_collected_files_are_removed(monkeypatch):
    (first, *_) = publish_many(3)
    lake = locate()
    whole, seen = shutil.rmtree, []

    def watched(path, *words, **options):
        with exclusive_lock(lake.work / "publish.lock", "busy"):
            seen.append(path.name)
        whole(path, *words, **options)

    monkeypatch.setattr(shutil, "rmtree", watched)
    assert collect(lake, 1).removed == [first]
    assert seen == [f".collected-{first}"]


def test_half_a_collection_is_finished():
    (first, _) = publish_many(2)
    lake = locate()
    trash = lake.snapshots / f".collected-{first}"
    (lake.snapshots / first).rename(trash)
    assert collect(lake).leftovers == [trash]
    assert not trash.exists()


def test_temporary_files_go_with_their_process_and_not_before():
    publish_many(1)
    lake = locate()
    places = [
        lake.root / ".current",
        lake.work / ".listing.json",
        all_versions(lake)[0].path / ".verdict.json",
    ]
    mine = [path.with_name(f"{path.name}.{os.getpid()}.writing") for path in places]
    dead = [path.with_name(f"{path.name}.{dead_pid()}.writing") for path in places]
    notes = [path.with_name(f"{path.name}.20240501") for path in places]
    for path in mine + dead + notes:
        path.write_text("{")
    assert set(clear_unfinished(lake)) == set(dead)
    assert all(path.exists() for path in mine + notes)


def test_a_batch_of_which_only_a_dead_process_has_something_goes_with_it():
    folder = locate().bronze / "shop" / "things" / "batch=b-1"
    folder.mkdir(parents=True)
    dead = folder / f".decisions.json.{dead_pid()}.writing"
    dead.write_text("{")
    assert clear_unfinished(locate()) == [dead, folder]
    assert not folder.exists()


def test_a_folder_of_ones_own_beside_snapshots_stays():
    publish_many(1)
    lake = locate()
    own = [lake.snapshots / name for name in ("my copy", "20240501", ".notes.123")]
    for path in own:
        path.mkdir()
    assert clear_unfinished(lake) == []
    assert collect(lake, 1).removed == []
    assert all(path.is_dir() for path in own)


def test_a_published_snapshot_that_still_says_it_is_built_loses_only_that():
    (published,) = publish_many(1)
    lake = locate()
    marker = lake.snapshots / published / "building.json"
    marker.write_text("{}")
    assert clear_unfinished(lake) == [marker]
    assert total(lake_package.connect()) == 0


def test_while_a_run_goes_on_its_unfinished_work_is_left_alone():
    publish_many(3)
    lake = locate()
    begun = build(lake)
    with exclusive_lock(lake.work / "run.lock", "busy"):
        done = collect(lake, 1)
    assert (len(done.removed), done.leftovers) == (1, [])
    assert begun.path.exists()


def write_month(folder, month, amount):
    folder.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table({"amount": [amount]}), folder / f"trip_month-{month}.0.parquet")


@pytest.fixture
def parent():
    """A published snapshot with two months of a table, and a table without partitions."""
    lake = locate()
    land(lake, "b-1", [1])
    snapshot = begin(lake, all_versions(lake), SCHEMAS, parent=None)
    write_month(snapshot.path / "gold" / "mart", "2024-01", 1)
    write_month(snapshot.path / "gold" / "mart", "2024-02", 2)
    (snapshot.path / "gold" / "whole").mkdir()
    pq.write_table(pa.table({"amount": [3]}), snapshot.path / "gold" / "whole" / "data.parquet")
    return publish(lake, snapshot, FACTS)


def test_partitions_not_built_are_the_parents_files(parent):
    lake = locate()
    snapshot = begin(lake, all_versions(lake), SCHEMAS, parent=parent.id)
    carried = prepare_layer(lake, snapshot, "gold", lambda column, value: value == "2024-02")
    assert carried == {"mart": 1, "whole": 0}
    files = sorted(
        str(path.relative_to(snapshot.path)) for path in (snapshot.path / "gold").rglob("*.parquet")
    )
    assert files == ["gold/mart/trip_month-2024-01.0.parquet"]
    assert (snapshot.path / files[0]).stat().st_ino == (parent.path / files[0]).stat().st_ino


def test_a_layer_prepared_again_begins_anew(parent):
    lake = locate()
    snapshot = begin(lake, all_versions(lake), SCHEMAS, parent=parent.id)
    write_month(snapshot.path / "gold" / "mart", "2024-03", 9)
    prepare_layer(lake, snapshot, "gold", None)
    assert list((snapshot.path / "gold").iterdir()) == []
    assert (parent.path / "gold" / "mart" / "trip_month-2024-01.0.parquet").exists()


def test_a_published_layer_is_never_prepared(parent):
    with pytest.raises(LakeError, match="is published and is never changed"):
        prepare_layer(locate(), parent, "gold", None)


def test_a_parent_that_is_gone_is_named(parent):
    lake = locate()
    land(lake, "b-1", [2])
    begun = begin(lake, all_versions(lake), SCHEMAS, parent=parent.id)
    publish(lake, build(lake), FACTS)
    publish(lake, build(lake), FACTS)
    collect(lake, 1)
    assert not parent.path.exists()
    begun.path.mkdir(parents=True, exist_ok=True)
    with pytest.raises(GoneError, match=f"no snapshot {parent.id}"):
        prepare_layer(lake, begun, "gold", lambda column, value: False)
