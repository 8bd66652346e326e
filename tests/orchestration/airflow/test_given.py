"""A task goes by what others returned: there it is, of this lake, and of a snapshot that is not published yet."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from lake.errors import LakeError
from lake.snapshots import current_id
from orchestration.airflow import asking, tasks
from tests.orchestration.airflow.asked import RUN, TRIPS, judged_and_ready


def _unheard(_: object) -> None:
    """Hear what a task notes."""


#: Tasks, each with what it goes by: what `open` or `begin` returned.
BY_RUN: dict[str, Callable[[Any], object]] = {
    "ask": lambda run: tasks.ask(run, "citibike", _unheard),
    "land": lambda run: tasks.land(run, TRIPS, _unheard),
    "judge": lambda run: tasks.judge(run, TRIPS, _unheard),
    "landed": lambda run: tasks.close_landing(run, [], [], []),
    "begin": tasks.begin,
}
BY_BEGUN: dict[str, Callable[[Any], object]] = {
    "part": lambda begun: tasks.part(begun, "silver", 0),
    "build": lambda begun: tasks.build(begun, "silver"),
    "gate": lambda begun: tasks.gate(begun, "gold"),
    "publish": lambda begun: tasks.publish(begun, []),
    "collect": tasks.collect,
}


@pytest.mark.parametrize("name", [*BY_RUN, "batches", *BY_BEGUN])
def test_no_task_goes_on_with_a_run_on_another_lake(accepted, tmp_path, monkeypatch, name):
    """As the scheduler of a server would, that was started for another."""
    run = asking.open_run({"cities": ["jc"]}, "manual", None)
    begun = tasks.begin(run)
    monkeypatch.setenv("LAKE_ROOT", str(tmp_path / "other"))
    task = {**BY_RUN, "batches": lambda run: tasks.batches(run, []), **BY_BEGUN}[name]
    with pytest.raises(LakeError, match=f"was begun on the lake {accepted.root.resolve()}.*same LAKE_ROOT"):
        task(begun if name in BY_BEGUN else run)
    assert not (tmp_path / "other").exists()


@pytest.mark.parametrize("name", [*BY_RUN, *BY_BEGUN])
def test_a_task_marked_as_done_by_hand_has_returned_nothing(folder, name):
    before = "begin" if name in BY_BEGUN else "open"
    with pytest.raises(LakeError, match=rf"`{before}`.*marked as done by hand\?\): clear `{before}`"):
        {**BY_RUN, **BY_BEGUN}[name](None)


def test_what_was_not_judged_is_not_published(accepted):
    begun = tasks.begin(RUN)
    judged_and_ready(accepted, begun)
    done = [
        {"seconds": {step: 1.0}, "cpu_seconds": {}}
        for step in ("land", "begin snapshot", "build silver", "gate silver", "build gold")
    ]
    with pytest.raises(LakeError, match=r"of gate gold in this run.*by hand\?\): clear `begin` with"):
        tasks.publish(begun, [*done, None])
    with pytest.raises(LakeError, match=r"of land, gate gold in this run.*clear `landed` with"):
        tasks.publish(begun, [None, *done[1:], None])
    assert current_id(accepted) is None


@pytest.mark.parametrize("name", ["part", "build", "gate"])
def test_a_published_snapshot_is_neither_built_nor_judged_again(accepted, name):
    """Whoever clears such a task alone: it is refused at once, and not tried three times more."""
    begun = tasks.begin(RUN)
    judged_and_ready(accepted, begun)
    tasks.publish(begun, [])
    with pytest.raises(LakeError, match=r"is published and is never changed; begin a new one: clear `begin`"):
        BY_BEGUN[name](begun)
