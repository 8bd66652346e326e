"""What lies in the place of a file and is none: it is named, and nobody waits for it or reads it for ever."""

from __future__ import annotations

import os
import shutil
import socket
from collections.abc import Callable
from contextlib import chdir
from pathlib import Path

import pytest

import lake as lake_package
from lake import locate
from lake.decisions import DECISIONS
from lake.errors import DamagedError
from lake.inventory import INVENTORY
from lake.listing import write_listing
from lake.snapshots import current, publish
from lake.status import status
from lake.verify import verify
from lake.versions import all_versions, decide
from orchestration.__main__ import main
from tests.lake.test_snapshots import FACTS, build, total
from tests.lake.test_verify import fill

pytestmark = pytest.mark.timeout(10)


def put_socket(path):
    with socket.socket(socket.AF_UNIX) as one, chdir(path.parent):  # its address may be a hundred bytes long
        one.bind(path.name)


PUT: dict[str, Callable[[Path], object]] = {
    "pipe": os.mkfifo,
    "folder": os.mkdir,
    "socket": put_socket,
    "device": lambda path: path.symlink_to("/dev/zero"),
}


@pytest.fixture
def lake():
    return fill(locate())


def lay(path, kind):
    path.unlink(missing_ok=True)
    PUT[kind](path)


@pytest.mark.parametrize("kind", PUT)
@pytest.mark.parametrize("name", ["record.json", "verdict.json", DECISIONS, "listing.json", "pin.json"])
def test_it_is_named_to_whoever_looks(lake, name, kind, capsys):
    version = all_versions(lake)[2]
    home = {DECISIONS: version.path.parent, "listing.json": lake.root, "pin.json": lake.root}
    path = home.get(name, version.path) / name
    lay(path, kind)
    if name == DECISIONS:
        (version.path / "verdict.json").unlink()
    with pytest.raises(
        DamagedError, match=rf"{name} is a {kind} and no file; take it away|{name} is damaged; remove"
    ):
        status()
    assert [fault for fault in verify(lake).faults if fault.path == path]
    if name not in ("listing.json", "verdict.json"):
        with pytest.raises(DamagedError, match=name):
            decide(all_versions(lake)[2], "accepted", by="ana", reason="x")
            publish(lake, build(lake), FACTS)
    assert main(["status"]) == 2
    assert name in capsys.readouterr().out.replace("\n", "")


@pytest.mark.parametrize("kind", PUT)
@pytest.mark.parametrize("name", ["snapshot.json", INVENTORY])
def test_a_snapshot_is_not_read_and_the_next_is_sound(lake, name, kind):
    path = current(lake).path / name
    lay(path, kind)
    with pytest.raises(DamagedError, match=rf"{path.parent.name}/{name} is a {kind} and no file"):
        lake_package.connect()
    assert [fault for fault in verify(lake).faults if fault.path == path]
    publish(lake, build(lake), FACTS)
    assert total(lake_package.connect()) == 13


def test_what_is_no_file_in_a_build_is_not_waited_for(lake):
    snapshot = build(lake)
    os.mkfifo(snapshot.path / "gold" / "mart" / "pipe.parquet")
    publish(lake, snapshot, FACTS)
    assert total(lake_package.connect()) == 13


def test_a_folder_in_the_place_of_what_is_written_is_named(lake):
    lay(lake.listing, "folder")
    with pytest.raises(DamagedError, match=r"listing\.json is a folder and no file; take it away"):
        write_listing(lake, [])
    shutil.rmtree(lake.listing)
    write_listing(lake, [])
    assert [*lake.root.glob(".listing*")] == []
