"""What lies on disk is what was published, or somebody says so: damage of every kind, done and found."""

from __future__ import annotations

import contextlib
import shutil
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import lake as lake_package
from lake import locate
from lake.__main__ import main
from lake.contents import check_version
from lake.errors import DamagedError, LakeError
from lake.files import read_json, write_json
from lake.inventory import INVENTORY, read_inventory
from lake.layout import Lake
from lake.rollback import rollback
from lake.snapshots import current, current_id, list_snapshots, publish
from lake.status import status
from lake.verify import verify
from lake.versions import DECISIONS, all_versions, decide
from tests.lake.rows import land
from tests.lake.test_snapshots import FACTS, build, total


def fill(lake: Lake) -> Lake:
    """Make a lake of two snapshots, three versions and a person's decision."""
    land(lake, "b-1", [1])
    publish(lake, build(lake), FACTS)
    land(lake, "b-2", [5, 7])
    held = land(lake, "b-3", [100])
    decide(held, "held", by="ana", reason="twice the usual")
    publish(lake, build(lake), FACTS)
    return lake


@pytest.fixture
def lake():
    return fill(locate())


def rewrite(path: Path, content: bytes) -> None:
    """Change a file in place, under all its names."""
    path.chmod(0o644)
    path.write_bytes(content)


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    rewrite(path, bytes(content))


def only(lake):
    (fault,) = verify(lake).faults
    return fault


def mart(lake, number=0):
    return list_snapshots(lake)[number].path / "gold" / "mart" / "data.parquet"


def test_what_was_published_is_as_it_was_written(lake, capsys):
    done = verify(lake)
    assert done.faults == []
    # Three versions, and in each snapshot the versions table, the empty batch and the mart.
    assert (done.files, done.unhashed) == (3 + 2 * 3, 0)
    assert done.read == sum(
        {p.stat().st_ino: p.stat().st_size for p in lake.root.rglob("*.parquet")}.values()
    )
    assert main(["verify"]) == 0
    assert "all as it was written" in capsys.readouterr().out


@pytest.mark.parametrize("json", [(), ("--json",)])
def test_where_no_file_is_nothing_is_called_well(tmp_path, monkeypatch, capsys, json):
    """Another folder than was meant, as by a mistyped LAKE_ROOT: whoever asks every night would hear that all is well."""
    monkeypatch.setenv("LAKE_ROOT", str(tmp_path / "lkae"))
    assert main(["verify", *json]) == 2
    said = "".join(capsys.readouterr())
    assert "nothing was verified" in said and "lkae" in said
    assert not (tmp_path / "lkae").exists()


def test_what_is_published_cannot_be_written_to(lake):
    files = [*lake.bronze.rglob("*.parquet"), *lake.snapshots.rglob("*.parquet")]
    assert {path.stat().st_mode & 0o222 for path in files} == {0}


def test_other_bytes_of_a_version_are_found_once_with_what_serves_them(lake, capsys):
    first = all_versions(lake)[0].files[0]
    flip(first)
    fault = only(lake)
    assert fault.path == first
    assert fault.what == "is damaged: it has other bytes"
    assert fault.snapshots == tuple(sorted(one.id for one in list_snapshots(lake)))
    assert "`make run` lands b-1 again" in fault.mend
    assert main(["verify"]) == 2
    said = capsys.readouterr().out
    assert "1 faults" in said
    assert str(first) in said
    with pytest.raises(DamagedError, match="its hash is another"):
        check_version(all_versions(lake)[0], whole=True)


def test_a_version_is_mended_from_a_snapshots_link_and_the_other_way_round(lake):
    version = all_versions(lake)[0].files[0]
    linked = current(lake).path / "bronze" / version.relative_to(lake.bronze)
    for lost, sound in ((version, linked), (linked, version)):
        lost.unlink()
        fault = only(lake)
        assert (fault.path, fault.what) == (lost, "is missing")
        assert fault.mend.startswith("`ln -f ")
        assert fault.mend.endswith(f" {lost}`")
        lost.hardlink_to(sound)
        assert verify(lake).faults == []


def test_a_mart_is_mended_by_building_it_or_by_taking_its_snapshot_away(lake):
    flip(mart(lake))
    assert "make run FULL=1" in only(lake).mend
    flip(mart(lake))
    flip(mart(lake, 1))
    assert only(lake).mend == f"it is not published: remove {list_snapshots(lake)[1].path}"


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda path: path.unlink(), "is missing"),
        (lambda path: rewrite(path, path.read_bytes()[:-7]), r"bytes and was written with"),
        (lambda path: rewrite(path, path.read_bytes() + b"x"), r"bytes and was written with"),
        (lambda path: (path.parents[2] / INVENTORY).unlink(), r"files\.json is not what was published"),
        (lambda path: flip(path.parents[2] / INVENTORY), r"files\.json is not what was published"),
    ],
)
def test_what_is_not_whole_is_served_to_nobody_and_not_gone_back_to(lake, damage, said):
    damage(mart(lake, 1))
    assert total(lake_package.connect()) == 13
    with pytest.raises(DamagedError, match=said):
        rollback(lake, by="ana", reason="why not")
    damage(mart(lake))
    with pytest.raises(DamagedError, match=said):
        lake_package.connect()


def test_what_was_not_published_is_not_read(lake):
    """macOS leaves such files on shares; a copy of a file doubled its rows."""
    folder = mart(lake).parent
    (folder / "._data.parquet").write_bytes(b"\0\5\x16\7")
    shutil.copy(mart(lake), folder / "data copy.parquet")
    batch = current(lake).path / "bronze/shop/things/batch=b-2/version=1"
    shutil.copy(batch / "part.parquet", batch / "twice.parquet")
    connection = lake_package.connect()
    assert total(connection) == 13
    assert connection.sql("select count(*) from gold.mart").fetchone() == (1,)
    assert connection.sql("select sum(amount) from bronze.things").fetchone() == (13,)
    found = {fault.path.name for fault in verify(lake).faults}
    assert found == {"._data.parquet", "data copy.parquet", "twice.parquet"}


def test_what_is_not_ours_is_named_and_left_alone(lake):
    batch = all_versions(lake)[0].path.parent
    shutil.copytree(batch / "version=1", batch / "version=1 copy")
    shutil.copytree(batch, batch.with_name("batch=b-1 (1)"))
    own = {
        lake.bronze / "notes.txt",
        batch / "._version=1",
        lake.snapshots / "notes",
        lake.root / "notes.txt",
    }
    for path in own:
        path.write_text("mine")
    found = {fault.path for fault in verify(lake).faults}
    assert found == own | {batch / "version=1 copy", batch.with_name("batch=b-1 (1)")}
    assert [str(version) for version in all_versions(lake)] == [
        "b-1 version 1",
        "b-2 version 1",
        "b-3 version 1",
    ]
    assert status().batches[0].version == 1
    assert total(lake_package.connect()) == 13


def test_a_batch_whose_record_was_lost_can_land_again(lake):
    version = all_versions(lake)[0]
    (version.path / "record.json").unlink()
    assert "another number" in only(lake).what
    assert land(lake, "b-1", [1]).number == 2


def test_a_hold_outlives_its_verdict(lake):
    held = all_versions(lake)[2]
    (held.path / "verdict.json").unlink()
    lost = all_versions(lake)[2]
    assert (lost.state, lost.verdict["by"], lost.verdict["reason"]) == ("held", "ana", "twice the usual")
    assert only(lake).path == held.path / "verdict.json"
    # What is decided next has it in its history.
    assert decide(lost, "accepted", by="ben", reason="it is right")["history"][-1]["by"] == "ana"


@pytest.mark.parametrize("content", ["[]", "7", '"x"', "{}", '{"state": "fine"}', '{"files": 7}', "nul"])
@pytest.mark.parametrize("name", ["record.json", "verdict.json"])
def test_json_of_another_shape_is_named_with_what_to_do(lake, name, content):
    path = all_versions(lake)[0].path / name
    rewrite(path, content.encode())
    with pytest.raises(DamagedError, match=rf"{name} .*; (restore|remove)"):
        status()
    assert path in [fault.path for fault in verify(lake).faults]


@pytest.mark.parametrize("content", ["[]", '{"accepted": 5}', "{}"])
def test_facts_of_another_shape_are_named(lake, content):
    rewrite(current(lake).path / "snapshot.json", content.encode())
    with pytest.raises(DamagedError, match=r"snapshot\.json .*make run"):
        lake_package.connect()
    assert "snapshot.json" in [fault.path.name for fault in verify(lake).faults]


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    return fill(Lake(tmp_path_factory.mktemp("any") / "lake"))


@contextlib.contextmanager
def damaged(lake: Lake, path: Path, how: str, at: int):
    """Damage a file for the time of the block, under all its names."""
    kept, added = lake.root.with_name("kept"), path.with_name("more.parquet")
    content = path.read_bytes()
    kept.hardlink_to(path)
    match how:
        case "flip":
            rewrite(path, content[:at] + bytes([content[at] ^ 1 << at % 8]) + content[at + 1 :])
        case "cut":
            rewrite(path, content[:at])
        case "grow":
            rewrite(path, content + b"\0")
        case "remove":
            path.unlink()
        case "add":
            added.write_bytes(content)
    yield
    rewrite(kept, content)
    kept.replace(path)
    kept.unlink(missing_ok=True)  # a rename to another name of the same file does nothing
    added.unlink(missing_ok=True)


@pytest.mark.slow
@settings(max_examples=100, deadline=None)
@given(
    st.integers(0, 10_000), st.integers(0, 10_000), st.sampled_from(["flip", "cut", "grow", "remove", "add"])
)
def test_any_damage_is_found(filled, which, at, how):
    """Whatever happens to one file of bronze or of a snapshot."""
    files = sorted(
        path for top in (filled.bronze, filled.snapshots) for path in top.rglob("*") if path.is_file()
    )
    path = files[which % len(files)]
    with damaged(filled, path, how, at % path.stat().st_size):
        assert verify(filled).faults
    assert verify(filled).faults == []


def test_a_snapshot_from_before_is_read_by_what_lies_in_its_folder(lake):
    snapshot = current(lake)
    (snapshot.path / INVENTORY).unlink()
    facts = {name: value for name, value in snapshot.facts.items() if name != "files_sha256"}
    write_json(snapshot.path / "snapshot.json", facts)
    assert total(lake_package.connect()) == 13
    done = verify(lake)
    assert (done.faults, done.unhashed > 0) == ([], True)


def test_a_damaged_parent_is_not_built_on(lake):
    from orchestration.plan import readable

    assert readable(lake, current_id(lake)) is not None
    mart(lake).unlink()
    assert readable(lake, current_id(lake)) is None


def test_a_version_that_is_not_whole_stops_the_build_by_name(lake):
    land(lake, "b-4", [1])
    path = all_versions(lake)[1].files[0]
    rewrite(path, b"PAR1")
    with pytest.raises(LakeError, match=r"part\.parquet has 4 bytes and landed with .*make verify"):
        build(lake)


def test_a_file_keeps_the_hash_it_was_published_with(lake):
    """Were it hashed anew with every snapshot, damage would become what was published."""
    first = all_versions(lake)[0].files[0]
    flip(first)
    land(lake, "b-4", [1])
    publish(lake, build(lake), FACTS)
    assert first in [fault.path for fault in verify(lake).faults]
    name = f"bronze/{first.relative_to(lake.bronze)}"
    one, two = (read_inventory(snapshot.path)[name] for snapshot in list_snapshots(lake)[:2])
    assert one == two


def test_the_published_snapshot_is_never_cleared(lake):
    (current(lake).path / "snapshot.json").unlink()
    from lake.retention import clear_unfinished

    clear_unfinished(lake)
    assert mart(Lake(lake.root)).exists() or (lake.snapshots / current_id(lake) / "gold").exists()
    assert "snapshot.json" in [fault.path.name for fault in verify(lake).faults]


def test_what_was_decided_on_a_landing_is_not_said_of_the_next(lake):
    """A person removes a folder, and the next landing, of other content, gets its number."""
    held = all_versions(lake)[2]
    shutil.rmtree(held.path)
    assert land(lake, "b-3", [101], None).state == "unjudged"


def test_a_persons_decision_is_kept_twice(lake):
    kept = all_versions(lake)[2].path.parent / DECISIONS
    assert read_json(kept)["1"] == all_versions(lake)[2].verdict
    kept.unlink()
    assert only(lake).path == kept


@pytest.mark.parametrize(
    "content",
    ["[]", "7", "{}", '{"offers": 5, "asked_at": "x"}', '{"asked_at": "x", "offers": [5]}', "[" * 100_000],
)
@pytest.mark.parametrize("name", ["listing.json", "pin.json"])
def test_json_beside_bronze_is_named_as_well(lake, name, content):
    (lake.root / name).write_text(content)
    with pytest.raises(DamagedError, match=rf"{name} .*remove it"):
        status()
    assert lake.root / name in [fault.path for fault in verify(lake).faults]
    assert main(["rollback", "--reason", "x"]) == (2 if name == "pin.json" else 0)
