"""One real kill, between completing a snapshot and publishing it; `make kills` makes one at every point."""

from __future__ import annotations

import pytest

from tests.orchestration.kills import stage, trial


@pytest.fixture(scope="module")
def on():
    with stage() as made:
        yield made


@pytest.mark.parametrize("point", ["publish.completed"])
def test_a_killed_run_leaves_nothing_half_done(on, point):
    assert trial(on, point=point) is None
