"""What a build has to build, told from the parent and from what is accepted now."""

from __future__ import annotations

import shutil

import pytest

from lake import locate
from lake.contents import identities
from lake.snapshots import Snapshot
from lake.versions import all_versions, decide, in_force
from orchestration.plan import Plan, make_plan
from tests.lake.rows import land

MODELS = "fingerprint of the models"


def snapshot_of(lake) -> Snapshot:
    """Return a snapshot as if what is accepted now had just been published."""
    facts = {"accepted": identities(in_force(all_versions(lake))), "fingerprint": MODELS}
    return Snapshot("parent", lake.snapshots / "parent", None, facts)


@pytest.fixture
def lake():
    lake = locate()
    land(lake, "jc-2024-04", [1], months=["2024-04"])
    land(lake, "jc-2024-05", [1], months=["2024-05"])
    return lake


def plan(lake, parent, models=MODELS, **options) -> Plan:
    return make_plan(parent, all_versions(lake), models, **options)


def test_nothing_changed_builds_no_month(lake):
    found = plan(lake, snapshot_of(lake))
    assert not found.full
    assert (found.months, found.batches, found.read) == ((), (), ())
    assert not found.is_built("trip_month", "2024-04")


def test_a_new_batch_builds_its_months_and_reads_all_that_touch_them(lake):
    parent = snapshot_of(lake)
    land(lake, "jc-2024-06", [1], months=["2024-05", "2024-06"])
    found = plan(lake, parent)
    assert found.months == ("2024-05", "2024-06")
    assert found.batches == ("jc-2024-06",)
    assert found.read == ("jc-2024-05", "jc-2024-06")
    assert found.is_built("trip_month", "2024-05")
    assert not found.is_built("trip_month", "2024-04")
    assert found.is_built("batch", "jc-2024-06")
    assert not found.is_built("batch", "jc-2024-05")


def test_a_republished_batch_builds_the_months_of_both_versions(lake):
    parent = snapshot_of(lake)
    land(lake, "jc-2024-05", [2], months=["2024-06"])
    assert plan(lake, parent).months == ("2024-05", "2024-06")


def test_a_held_batch_builds_its_months_without_reading_it(lake):
    parent = snapshot_of(lake)
    decide(all_versions(lake)[0], "held", by="anna", reason="looks odd")
    found = plan(lake, parent)
    assert (found.months, found.batches, found.read) == (("2024-04",), ("jc-2024-04",), ())


def test_going_back_to_an_older_version_builds_the_months_of_both(lake):
    second = land(lake, "jc-2024-05", [2], months=["2024-06"])
    parent = snapshot_of(lake)
    decide(second, "held", by="anna", reason="looks odd")
    found = plan(lake, parent)
    assert found.months == ("2024-05", "2024-06")
    assert found.read == ("jc-2024-05",)


def test_a_refused_version_changes_nothing(lake):
    parent = snapshot_of(lake)
    land(lake, "jc-2024-05", [2], "refused", months=["2024-06"])
    assert plan(lake, parent).months == ()


def test_what_is_said_of_a_version_builds_no_month(lake):
    parent = snapshot_of(lake)
    decide(all_versions(lake)[0], "accepted", by="anna", reason="compared by hand")
    assert plan(lake, parent).months == ()


@pytest.mark.parametrize("kind", ["no parent", "other models", "asked for", "a version gone"])
def test_everything_is_built_where_nobody_knows_what_changed(lake, kind):
    parent = None if kind == "no parent" else snapshot_of(lake)
    known = all_versions(lake)
    if kind == "a version gone":
        known = known[1:]
    models = "others" if kind == "other models" else MODELS
    found = make_plan(parent, known, models, full=kind == "asked for")
    assert found.full
    assert found.is_built("trip_month", "2024-04")
    assert found.variables() == {}


@pytest.mark.parametrize("state", ["accepted", "refused"])
def test_everything_is_built_where_a_number_has_come_to_mean_another_content(lake, state):
    second = land(lake, "jc-2024-05", [2], months=["2024-06"])
    parent = snapshot_of(lake)
    shutil.rmtree(second.path)
    land(lake, "jc-2024-05", [3], state, months=["2024-07"])
    found = plan(lake, parent)
    assert found.full
    assert "jc-2024-05 version 2" in found.why


def test_everything_is_built_on_a_parent_that_does_not_say_what_its_versions_hold(lake):
    parent = snapshot_of(lake)
    parent.facts["accepted"] = [one[:6] for one in parent.facts["accepted"]]
    assert plan(lake, parent).full


def test_a_plan_survives_being_written_down(lake):
    parent = snapshot_of(lake)
    land(lake, "jc-2024-06", [1], months=["2024-05", "2024-06"])
    found = plan(lake, parent)
    assert Plan.of(found.facts()) == found


def test_a_day_is_built_with_its_month(lake):
    parent = snapshot_of(lake)
    land(lake, "jc-2024-06", [1], months=["2024-06"])
    found = plan(lake, parent)
    assert found.is_built("status_day", "2024-06-03")
    assert not found.is_built("status_day", "2024-05-31")


def test_a_partition_column_nobody_knows_is_an_error(lake):
    with pytest.raises(ValueError, match="'station'"):
        plan(lake, snapshot_of(lake)).is_built("station", "JC005")


def test_many_months_are_told_in_short():
    years = tuple(f"{year}-05" for year in range(2013, 2025))
    assert "12 months from 2013-05 to 2024-05" in Plan(False, "2 versions have changed", years).told()
