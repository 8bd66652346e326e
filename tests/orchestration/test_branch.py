"""A whole run on a branch is one as on the lake, and of what it published nothing is built again after the merge."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

import lake as lake_package
from lake import Lake
from lake.branches import open_branch
from lake.merging import merge
from lake.snapshots import current, hold_snapshot
from lake.tags import tag
from orchestration.terminal import status_tables
from tests.orchestration.lakes import differences, go, upstream
from tests.orchestration.test_refusals import overruled_runs

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    """A lake, and a branch of it on which a batch was held, others landed and the pipeline ran; what the terminal showed."""
    root, notes = overruled_runs(tmp_path_factory)
    lake = Lake(root)
    published = current(lake)
    assert published is not None
    tag(lake, "before", published.id, by="anna")
    return lake, open_branch(lake, "trial"), notes["republished"][1]


def months(lake, snapshot=None):
    with lake_package.connect(snapshot, root=lake.root) as connection:
        query = "select distinct trip_month from gold.mart_demand_daily where city = 'jc' order by all"
        return [month for (month,) in connection.sql(query).fetchall()]


def told_of(lake):
    """Return what `make status` shows of a lake."""
    shown = io.StringIO()
    console = Console(file=shown, width=400)
    for part in status_tables(lake_package.status(lake.root)):
        console.print(part)
    return shown.getvalue()


def test_a_run_on_a_branch_builds_what_changed_and_the_lake_does_not_see_it(ran):
    lake, on, shown = ran
    assert f"published snapshot {current(on).id} on branch trial" in shown
    assert "2024-04, 2024-05, 2024-06 built anew, the others stay the parent's files" in shown
    assert current(on).parent == current(lake).id
    assert months(lake) == ["2024-03", "2024-05", "2024-06"]
    assert months(lake, "trial") == months(on) == ["2024-03", "2024-04", "2024-05"]


def test_the_status_tells_of_tag_and_branch(ran):
    lake, on, _ = ran
    told = told_of(lake) + told_of(on)
    assert "published, before" in told
    begun = lake_package.status(lake.root).branches[0].begun_at[:19]
    assert told.count(f"branch trial: begun by anna at {begun}") == 2
    assert f"has published {current(on).id}" in told


def test_after_the_merge_a_run_finds_nothing_to_build(ran):
    lake, on, _ = ran
    made = current(on)
    with hold_snapshot(on) as expected:
        merge(lake, "trial", by="anna")
        with hold_snapshot(lake) as seen:
            assert differences(seen, expected) == {}
    with upstream(lake.root.parent / "upstream", "2024-03..2024-06"):
        outcome, shown = go(lake)
    assert (outcome.snapshot, current(lake).id) == (None, made.id)
    assert "nothing new" in shown
    assert "the operator asked" in told_of(lake)
    assert months(lake, "before") == ["2024-03", "2024-05", "2024-06"]
