"""What tests of branches do with a lake, and what they look at."""

from __future__ import annotations

import lake as lake_package
from lake import locate
from lake.branches import branch
from lake.snapshots import publish
from lake.verify import verify
from tests.lake.rows import land
from tests.lake.test_snapshots import FACTS, build, total


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
