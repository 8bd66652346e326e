from __future__ import annotations

import pytest

from lake import locate
from lake.snapshots import publish
from tests.lake.rows import land
from tests.lake.test_snapshots import FACTS, build


@pytest.fixture
def main():
    """A lake with a published snapshot of 1, and a refused version beside it."""
    lake = locate()
    land(lake, "b-1", [1])
    land(lake, "b-2", [100], "refused")
    publish(lake, build(lake), FACTS)
    return lake
