"""What tables mean is part of a snapshot: damage to it is found, told and mended as any other."""

from __future__ import annotations

import pytest

import lake as lake_package
from lake import locate
from lake.errors import DamagedError
from lake.meaning import MEANING, TableMeaning, write_meanings
from lake.snapshots import current, publish
from lake.verify import verify
from tests.lake.rows import land
from tests.lake.test_snapshots import FACTS, build
from tests.lake.test_verify import flip


@pytest.fixture
def lake():
    lake = locate()
    land(lake, "b-1", [1])
    snapshot = build(lake)
    made = write_meanings(snapshot.path, {"gold.mart": TableMeaning("A mart. One row per name.")})
    publish(lake, snapshot, FACTS | {"meaning_sha256": made})
    return lake


def test_the_file_belongs_to_what_was_published(lake):
    assert verify(lake).faults == []
    lake_package.connect().close()


@pytest.mark.parametrize("damage", [flip, lambda path: path.unlink(), lambda path: path.write_text("{}")])
def test_damage_to_what_tables_mean_is_found_and_read_by_nobody(lake, damage):
    path = current(lake).path / MEANING
    damage(path)
    (fault,) = verify(lake).faults
    assert (fault.path, fault.what) == (path, "is not what was published")
    assert "make run FULL=1" in fault.mend
    with pytest.raises(DamagedError, match=r"meaning\.json is not what was published; `make run` builds"):
        lake_package.connect()
