"""What a run costs follows what changed: a month is added, and the files of the others are the same ones.

A run is also killed once, between completing its snapshot and publishing it; `make kills` kills one at every point.
"""

from __future__ import annotations

import re
from collections import Counter

import pytest

import lake as lake_package
from orchestration.plan import Plan
from tests.orchestration.history import history
from tests.orchestration.kills import KILLED

pytestmark = pytest.mark.slow
#: Situations of the history.
ADDED, HELD = "one new month, and answers of feeds", "a version is held"
SUITE, FULL = "another suite of a mart", "another model"


@pytest.fixture(scope="module")
def story(tmp_path_factory):
    """A month; a second one; a third, killed and run again, without the first; a suite; everything anew, by two workers."""
    return history(tmp_path_factory)


def test_only_the_added_month_is_built(story):
    _, notes = story
    plan = notes[ADDED].outcome.snapshot.facts["plan"]
    assert plan["build_months"] == ["2024-05"]
    assert [batch for batch in plan["read_batches"] if batch.startswith("jc")] == ["jc-2024-05"]
    assert "2024-05 built anew, the others stay the parent's files" in notes[ADDED].shown


def test_the_files_of_the_other_months_are_the_parents(story):
    """Of every source's facts, by month, day or batch: what the plan does not build stays, what it builds is new."""
    added = story[1][ADDED]
    before, after, plan = added.before, added.after, Plan.of(added.outcome.snapshot.facts["plan"])
    assert len(before) > 10
    for name, files in before.items():
        if not plan.is_built(*name.partition("/")[2].split("-", 1)):
            assert after[name] == files, name
    new = after.keys() - before.keys()
    assert [name for name in new if not plan.is_built(*name.partition("/")[2].split("-", 1))] == []
    assert {name.partition("-")[2] for name in new if "/trip_month-" in name} == {"2024-05"}


def test_answers_of_feeds_are_built_with_their_months(story):
    """The last evening of April came with the first day of May, in UTC: before May was asked for."""
    lake, notes = story
    before, after = notes[ADDED].before, notes[ADDED].after
    for table in ("fct_station_status", "mart_station_availability"):
        found = [{name for name in of if name.startswith(f"{table}/")} for of in (before, after)]
        assert found == [{f"{table}/status_month-2024-{month}" for month in ("03", "04", "05")}] * 2
        assert before[f"{table}/status_month-2024-05"] != after[f"{table}/status_month-2024-05"]
    with lake_package.connect(notes[ADDED].outcome.snapshot.id, root=lake.root) as connection:
        query = "select sum(polls), sum(minutes_observed) from gold.mart_station_availability where status_month = "
        # 23:45 holds until the month ends; the next one begins at 00:15, and its day ends with an answer's hour.
        assert connection.sql(query + "'2024-04'").fetchone() == (2 * 5, 2 * (50 + 60 + 30 + 60 + 15))
        assert connection.sql(query + "'2024-05'").fetchone() == (2 * 4, 2 * (60 + 15 + 60 + 60))


def test_a_killed_run_leaves_nothing_half_done(story):
    """What is published stays as it was; the next run does what was to be done, and clears what is left."""
    _, notes = story
    killed = notes["killed"]
    assert killed["status"] == KILLED
    assert killed["differ"] == {}
    assert killed["left"] > 0
    assert notes["left behind"] == []


def test_another_suite_judges_its_whole_table_and_builds_no_month(story):
    judged = story[1][SUITE]
    assert "no month built anew" in judged.shown
    assert judged.after == judged.before
    notes_of = {gate_["table"]: gate_["note"] for gate_ in judged.outcome.snapshot.facts["gates"]}
    assert notes_of["mart_routes"] is None
    assert "judged with the parent" in notes_of["mart_demand_daily"]


def test_a_full_build_gives_the_same_rows_in_new_files(story):
    _, notes = story
    full = notes[FULL]
    assert full.outcome.snapshot.facts["plan"]["full"]
    files = Counter(
        file for of in (notes[HELD].after, full.after) for inodes in of.values() for file in inodes
    )
    assert max(files.values()) == 1
    # Compared are a month that the run before has built and one that it has left as the parent's.
    held = notes[HELD]
    trips = {name: files for name, files in held.after.items() if name.startswith("fct_trips/")}
    assert {name[-7:]: files == held.before.get(name) for name, files in trips.items()} == {
        "2024-02": False,
        "2024-05": True,
    }
    assert notes["differences"] == {}


def test_a_worker_that_was_killed_is_tried_again_alone_and_told_by_its_months(story):
    shown = story[1][FULL].shown
    assert re.findall(r"warning (.*) of months? .*: its process was killed \(SIGKILL\)", shown) == ["silver"]
    assert "tried again alone, it was built" in shown


def test_workers_build_and_test_what_one_builds_and_tests(story):
    """Each model and test once: those of months by parts, of which all are alike, the others with all of them."""
    _, notes = story
    one, two = (re.findall(r"built (.*) tests passed(.*)", notes[run].shown) for run in (SUITE, FULL))
    assert [what for what, _ in two] == [what for what, _ in one]
    assert [(apart, together) for (_, together), (_, apart) in zip(one, two, strict=True)] == [
        (", months in 2 parts", "")
    ] * 2
