"""A run stops before it publishes what changes a published month by more than is allowed."""

from __future__ import annotations

import duckdb
import pytest

from lake import LakeError, locate
from lake.diff import Diff, MeasureChange, TableDiff
from lake.meaning import Measure, TableMeaning, write_meanings
from lake.snapshots import Snapshot, current_id, publish
from orchestration import steps
from orchestration.limits import Limit, LimitError, configured_limits, exceeded, look
from tests.orchestration.test_refusals import overruled_runs

pytestmark = pytest.mark.slow

TRIPS = {"trips": Measure("sum(trips)", ("trips",), "trips", "Rides that began.")}


def changed(*measures):
    table = TableDiff("gold.mart_demand_daily", "changed", 1, 1, 0, 0, 1, (), [], False, [], [], [*measures])
    return Diff("a", "b", [], [table], 0, 0, 1)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("none", []),
        ("mart_covered_days.trips 1%", [Limit("gold.mart_covered_days", "trips", 1)]),
        (
            "gold.mart_covered_days.trips 0.5 %, mart_station_stats.net_flow 10%",
            [Limit("gold.mart_covered_days", "trips", 0.5), Limit("gold.mart_station_stats", "net_flow", 10)],
        ),
    ],
)
def test_limits_are_read_from_one_setting(monkeypatch, text, expected):
    monkeypatch.setenv("PUBLISH__LIMITS", text)
    assert configured_limits() == expected


@pytest.mark.parametrize(
    "text", ["trips 1%", "mart_a.trips", "mart_a.trips 1", "mart_a.trips -1%", "mart_a.trips 1%;"]
)
def test_what_is_no_limit_is_refused_with_an_example(monkeypatch, text):
    monkeypatch.setenv("PUBLISH__LIMITS", text)
    with pytest.raises(ValueError, match=r"is no limit; write it as 'mart_covered_days.trips 1%'"):
        configured_limits()


def test_what_is_no_measure_is_refused_before_anything_is_asked_or_built(monkeypatch):
    monkeypatch.setenv("PUBLISH__LIMITS", "mart_covered_days.rides 1%")
    with pytest.raises(ValueError, match=r"has no measure 'rides' \(it has: trips, "):
        configured_limits()


def test_none_is_configured_by_default():
    assert configured_limits() == []


@pytest.mark.parametrize(
    ("month", "before", "after", "breaks"),
    [
        ("2021-01", 100, 101, False),
        ("2021-01", 100, 99, False),
        ("2021-01", 100, 101.5, True),
        ("2021-01", 100, 98, True),
        ("2021-01", 100, None, True),
        ("2021-01", 0, 1, True),
        ("2021-01", 1, float("nan"), True),
        ("2021-01", float("nan"), 5, True),
        ("2021-01", None, 5, False),  # the month is new
        (None, 100, 900, False),  # a month more, and the whole table has more
    ],
)
def test_a_limit_is_of_months_that_were_there(month, before, after, breaks):
    found = changed(MeasureChange("trips", "trips", month, before, after))
    assert bool([*exceeded(found, [Limit("gold.mart_demand_daily", "trips", 1)])]) is breaks
    assert not [*exceeded(found, [Limit("gold.mart_demand_daily", "days", 1)])]


def test_what_is_exceeded_is_told_with_both_values():
    found = changed(MeasureChange("trips", "trips", "2021-01", 1000, 1120))
    assert [*exceeded(found, [Limit("gold.mart_demand_daily", "trips", 1)])] == [
        "gold.mart_demand_daily.trips of month 2021-01 changed by +12.0 %, more than the 1 % allowed: "
        "1,000 trips before, 1,120 after"
    ]


@pytest.fixture(scope="module")
def story(tmp_path_factory):
    return overruled_runs(tmp_path_factory)


def test_the_first_snapshot_has_nothing_to_be_compared_with(story):
    outcome, shown, _ = story[1]["refused"]
    assert outcome.snapshot is not None
    assert "there is none to compare it with" in shown


def test_a_limit_stops_the_run_and_nothing_of_it_is_left(story):
    _, notes = story
    assert notes["stopped"] == (notes["before"], [notes["before"]])


def test_a_limit_of_no_measure_stops_the_run(story):
    _, notes = story
    assert notes["typo"] == (2, notes["before"])


def test_it_is_published_all_the_same_where_limits_are_lifted_and_what_changes_is_shown(story):
    _, notes = story
    outcome, shown, _ = notes["let through"]
    assert outcome.snapshot is not None
    assert notes["covered"] == {"2024-03": 5, "2024-05": 225, "2024-06": 7}
    assert "gold.mart_covered_days.trips" in shown
    # The month's own, for which the run was stopped; two that are new stand below it.
    assert "+12.5 %" in shown
    assert shown.index("+12.5 %") < shown.index("published")


def hand_made(lake, name, parent, trips_):
    """A snapshot with one mart of one month, not published."""
    folder = lake.snapshots / name
    (folder / "gold/mart_covered_days").mkdir(parents=True)
    file = folder / "gold/mart_covered_days/trip_month-2024-04.0.parquet"
    duckdb.sql(f"select {trips_} as trips").write_parquet(str(file))
    write_meanings(folder, {"gold.mart_covered_days": TableMeaning(measures=TRIPS)})
    return Snapshot(name, folder, parent, {"accepted": [], "parent": parent})


def test_whoever_publishes_is_held_to_the_limits(monkeypatch):
    """The DAG publishes by the same step: limits are no matter of a driver."""
    lake = locate()
    first = publish(
        lake, hand_made(lake, "20260101-000000-000000", None, 100), {"origin": "sample", "rows": {}}
    )
    second = hand_made(lake, "20260102-000000-000000", first.id, 112)
    monkeypatch.setenv("PUBLISH__LIMITS", "mart_covered_days.trips 10%")
    with pytest.raises(
        LimitError, match=r"month 2024-04 changed by \+12.0 %, more than the 10 % allowed"
    ) as told:
        steps.publish_snapshot(lake, second, [], {}, {})
    assert "make run PUBLISH__LIMITS=none" in str(told.value)
    assert current_id(lake) == first.id


def test_where_what_is_published_is_damaged_nobody_can_tell(monkeypatch):
    lake = locate()
    first = publish(
        lake, hand_made(lake, "20260101-000000-000000", None, 100), {"origin": "sample", "rows": {}}
    )
    next(first.path.glob("gold/*/*.parquet")).unlink()
    second = hand_made(lake, "20260102-000000-000000", first.id, 100)
    look(lake, second, None)  # without limits nothing is compared
    monkeypatch.setenv("PUBLISH__LIMITS", "mart_covered_days.trips 10%")
    with pytest.raises(LimitError, match="is damaged"):
        look(lake, second, None)


def test_a_mart_in_one_piece_has_no_months_to_limit(monkeypatch):
    lake = locate()
    made = hand_made(lake, "20260101-000000-000000", None, 100)
    file = next(made.path.glob("gold/*/*.parquet"))
    file.rename(file.with_name("data.parquet"))
    monkeypatch.setenv("PUBLISH__LIMITS", "mart_covered_days.trips 10%")
    with pytest.raises(LakeError, match="is not by month"):
        look(lake, made, None)
