"""What the tasks of the DAG do when they are alone, killed, done twice, or not the only ones at work."""

from __future__ import annotations

from typing import Any

import pytest

from bronze import landing, sources
from bronze.errors import BatchError, UnreachableError
from bronze.sample.faults import Faults, server_error
from bronze.sample.server import serve
from lake import locate
from lake.errors import BusyError, GoneError, OvertakenError
from lake.files import exclusive_lock
from lake.listing import read_listing
from lake.locks import publish_lock
from lake.retention import clear_unfinished, unfinished
from lake.snapshots import current_id
from orchestration import parts
from orchestration.__main__ import main
from orchestration.airflow import asking, tasks
from orchestration.airflow.turn import take_turn, together
from tests.bronze.upstream import modern_csv, put, put_holidays, zipped
from tests.orchestration.airflow.asked import JC, RUN, TRIPS, judged_and_ready
from tests.orchestration.lakes import upstream
from tests.orchestration.test_refusals import month, publish_month


def test_a_run_is_opened_with_what_it_asks_for(folder):
    opened = asking.open_run({"cities": ["jc"], "full": True}, "manual", None)
    assert opened == {**RUN, "full": True, "lake": str(locate().root.resolve())}


def test_an_unknown_city_stops_the_run_before_it_asks(folder):
    with pytest.raises(ValueError, match="unknown"):
        asking.open_run({"cities": ["boston"]}, "manual", None)


def test_one_run_goes_through_the_lake_at_a_time(folder):
    going_on = {"scheduled"}
    assert take_turn("scheduled", going_on.__contains__) is None
    assert take_turn("scheduled", going_on.__contains__) is None, "tried again, it is still its turn"
    assert "scheduled" in str(take_turn("backfill", going_on.__contains__))
    going_on.clear()
    assert take_turn("backfill", going_on.__contains__) is None
    assert take_turn("scheduled", {"backfill"}.__contains__) is not None


def test_a_run_in_a_terminal_ends_with_its_process(folder, tmp_path, monkeypatch):
    """Airflow says for good of one that was interrupted that it is going on: the next would wait for it for hours."""
    terminal, airflow = tmp_path / "terminal.lock", {"interrupted", "next", "scheduled"}.__contains__
    monkeypatch.setenv("LAKEHOUSE_TERMINAL", str(terminal))
    with exclusive_lock(terminal, "busy"):
        assert take_turn("interrupted", airflow) is None
        assert "interrupted is going on" in str(take_turn("next", airflow))
    monkeypatch.delenv("LAKEHOUSE_TERMINAL")
    assert take_turn("scheduled", airflow) is None
    assert not terminal.exists()
    assert "scheduled is going on" in str(take_turn("next", airflow)), "of a server's nobody else knows"


def test_a_run_that_is_to_begin_waits_for_the_command_line(folder):
    lake = locate()
    with exclusive_lock(lake.work / "run.lock", "busy"):
        assert "another run is working" in str(take_turn("scheduled", {"nobody"}.__contains__))
    assert take_turn("scheduled", {"nobody"}.__contains__) is None


def test_landing_notes_what_became_of_a_batch(folder, noted):
    assert tasks.land(RUN, TRIPS, noted.append)["outcome"] == "landed"
    assert tasks.land(RUN, TRIPS, noted.append)["outcome"] == "unchanged"
    assert [one["outcome"] for one in noted] == ["landed", "unchanged"]


def test_a_damaged_archive_is_no_reason_to_try_again(folder, noted):
    put(folder, "JC-202405-citibike-tripdata.csv.zip", b"no archive")
    with pytest.raises(BatchError) as caught:
        tasks.land(RUN, TRIPS, noted.append)
    assert not isinstance(caught.value, UnreachableError)
    assert noted[-1]["outcome"] == "failed"
    assert noted[-1]["error"] in str(caught.value)


def test_an_upstream_that_is_down_is_a_reason_to_try_again(folder, noted, monkeypatch):
    monkeypatch.setenv("RUNTIME__REQUEST_MAX_ATTEMPTS", "1")
    faults = Faults({"/tripdata": [server_error(503)], "/api/v3/PublicHolidays/2024/US": [server_error()]})
    holidays = {"source": "nager", "table": "holidays", "batch": "us-2024", "offered": True}
    with serve(folder, faults=faults) as endpoints, pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOURCES__CITIBIKE__BASE_URL", endpoints.urls["citibike"])
        patch.setenv("SOURCES__NAGER__BASE_URL", endpoints.urls["nager"])
        with pytest.raises(UnreachableError):
            tasks.ask(RUN, "citibike", noted.append)
        with pytest.raises(UnreachableError):
            tasks.land(RUN, holidays, noted.append)
        assert tasks.ask(RUN, "citibike", noted.append)["batches"] == [JC]
        assert tasks.land(RUN, holidays, noted.append)["outcome"] == "landed"
    assert [one["outcome"] for one in noted] == ["failed", "failed", "landed"]


def test_a_missing_answer_is_no_reason_to_try_again(folder, noted):
    missing = {"source": "nager", "table": "holidays", "batch": "us-2023", "offered": True}
    with pytest.raises(BatchError, match="404") as caught:
        tasks.land({**RUN, "months": "2023-05"}, missing, noted.append)
    assert not isinstance(caught.value, UnreachableError)


def test_what_still_waits_for_the_gate_is_judged_whatever_the_scope(folder, noted):
    tasks.land(RUN, TRIPS, noted.append)
    found = tasks.batches(RUN, [])
    assert found == [{**TRIPS, "offered": False}]
    assert tasks.land(RUN, found[0], noted.append)["outcome"] == "not asked"


def test_a_task_that_was_killed_counts_as_failed(folder, noted):
    asked = [{"source": "citibike", "batches": [JC]}]
    found = tasks.batches(RUN, asked)
    closed = tasks.close_landing({}, found, asked, [])
    # The batch, and the upstreams that were never heard of.
    silent = {(name, "*"): "failed" for name in sources.names() if name != "citibike"}
    assert closed["outcomes"] == {"failed": 1 + len(silent)}
    assert any("jc-2024-05" in one and "without a word" in one for one in closed["failed"])
    listed = {(one["source"], one["batch"]): one["outcome"] for one in read_listing(locate())["offers"]}
    assert listed == {("citibike", "jc-2024-05"): "failed", **silent}


def test_batches_share_the_lake_and_the_command_line_waits(accepted, noted, capsys):
    with exclusive_lock(accepted.work / "run.lock", "busy", shared=True):
        assert tasks.land(RUN, TRIPS, noted.append)["outcome"] == "unchanged"
        with pytest.raises(BusyError, match="tries again later"):
            tasks.begin(RUN)
        assert main(["run"]) == 2
    assert "another run is working" in capsys.readouterr().out


def test_a_task_does_not_work_beside_the_command_line(accepted, noted):
    with exclusive_lock(accepted.work / "run.lock", "busy"):
        for task in (
            lambda: asking.open_run({}, "manual", None),
            lambda: tasks.land(RUN, TRIPS, noted.append),
            lambda: tasks.judge(RUN, TRIPS, noted.append),
            lambda: tasks.begin(RUN),
            lambda: tasks.part({"snapshot": "x"}, "silver", 0),
            lambda: tasks.build({"snapshot": "x"}, "silver"),
            lambda: tasks.gate({"snapshot": "x"}, "silver"),
            lambda: tasks.publish({"snapshot": "x"}, []),
            lambda: tasks.collect({"snapshot": "x"}),
        ):
            with pytest.raises(BusyError):
                task()


def test_somebody_who_publishes_for_long_is_waited_for(accepted, monkeypatch):
    monkeypatch.setattr("lake.locks.WAIT", 0.0)
    begun = tasks.begin(RUN)
    judged_and_ready(accepted, begun)
    with exclusive_lock(publish_lock(accepted), "busy"), pytest.raises(BusyError, match="publishing"):
        tasks.publish(begun, [])
    assert tasks.publish(begun, [])["snapshot"] == begun["snapshot"]


def test_a_snapshot_cleared_between_two_tasks_is_told_and_begun_anew(accepted):
    begun = tasks.begin(RUN)
    clear_unfinished(accepted)
    for task in (
        lambda: tasks.part(begun, "silver", 0),
        lambda: tasks.build(begun, "silver"),
        lambda: tasks.gate(begun, "gold"),
        lambda: tasks.publish(begun, []),
    ):
        with pytest.raises(GoneError, match=r"is gone before it was published.*begin a new snapshot"):
            task()
    assert tasks.begin(RUN)["snapshot"] != begun["snapshot"]


def test_begun_again_the_first_one_is_cleared(accepted):
    first, second = tasks.begin(RUN)["snapshot"], tasks.begin(RUN)["snapshot"]
    assert not (accepted.snapshots / first).exists()
    assert (accepted.snapshots / second).exists()


def test_published_twice_it_is_published_once(accepted):
    begun = tasks.begin(RUN)
    judged_and_ready(accepted, begun)
    parts: list[asking.Facts] = [{"seconds": {"land": 1.5}, "cpu_seconds": {"land": 1.0}}, {"outcomes": {}}]
    first = tasks.publish(begun, parts)
    assert tasks.publish(begun, parts) == first
    assert current_id(accepted) == begun["snapshot"]
    assert tasks.collect(begun) == {"removed": [], "in_use": []}
    assert list(unfinished(accepted)) == []


def test_nothing_is_published_over_what_somebody_else_published(accepted):
    mine = tasks.begin(RUN)
    judged_and_ready(accepted, mine)
    # A driver that did not clear: no lock was held between two tasks.
    from orchestration import steps

    other = steps.begin_snapshot(accepted, "upstream")
    published = steps.publish_snapshot(accepted, other, [], {}, {})
    with pytest.raises(OvertakenError, match="run again"):
        tasks.publish(mine, [])
    assert current_id(accepted) == published.id


@pytest.mark.slow
def test_a_refused_batch_is_refused_however_often_it_is_asked(folder, noted):
    publish_month(folder, "2024-05", month("2024-05", started_at="4/3/24 8:00", ended_at="4/3/24 8:10"))
    tasks.land(RUN, TRIPS, noted.append)
    for _ in range(2):
        with pytest.raises(tasks.RefusedError, match=r"jc-2024-05 version 1 is refused.*report.md"):
            tasks.judge(RUN, TRIPS, noted.append)
    assert noted[-1]["state"] == "refused"
    assert main(["hold", "jc-2024-05", "--reason", "waiting for the republication"]) == 0
    assert tasks.judge(RUN, TRIPS, noted.append)["state"] == "held"


LANDED: dict[str, Any] = {"failed": []}
PUBLISHED = {"snapshot": "s1", "origin": "sample", "rows": {"bronze.trips": 5}}


class TestOutcome:
    def test_all_well(self):
        assert "published snapshot s1 (sample data)" in tasks.outcome(LANDED, [], None, PUBLISHED)

    def test_nothing_new(self):
        nothing = {"snapshot": None, "why": "nothing new: s1 stays published"}
        assert tasks.outcome(LANDED, [], nothing, None) == nothing["why"]

    def test_refused(self):
        verdicts = [{**JC, "state": "refused", "why": "no times", "report": "r.md"}]
        with pytest.raises(tasks.IncompleteError, match=r"published snapshot s1(?s:.*)jc-2024-05.*r.md"):
            tasks.outcome(LANDED, verdicts, None, PUBLISHED)

    def test_failed_to_land(self):
        with pytest.raises(
            tasks.IncompleteError, match=r"published snapshot s1(?s:.*)nager us-2024: no answer"
        ):
            tasks.outcome({"failed": ["nager us-2024: no answer"]}, [], None, PUBLISHED)

    def test_not_published(self):
        with pytest.raises(tasks.IncompleteError, match="nothing was published by this run"):
            tasks.outcome(LANDED, [], None, None)


def test_batches_of_one_archive_share_its_download(tmp_path, noted):
    """A yearly archive is fetched once, though each of its months lands in a task of its own."""
    folder = tmp_path / "upstream"
    members: dict[str, str | bytes] = {
        f"2023{m:02d}-citibike-tripdata.csv": modern_csv(20, f"2023-{m:02d}-03", m * 100) for m in (1, 2)
    }
    put(folder, "2023-citibike-tripdata.zip", zipped(members))
    put_holidays(folder, 2023)
    run = {**RUN, "months": "2023-01..2023-02", "cities": ["nyc"]}
    with upstream(folder, "2023-01..2023-02", '["nyc"]') as endpoints:
        for batch in ("nyc-2023-01", "nyc-2023-02"):
            tasks.land(run, {**TRIPS, "batch": batch}, noted.append)
        whole = [one for one in endpoints.requests if one.path.endswith(".zip") and one.status == 200]
        lake = locate()
        assert [one["outcome"] for one in noted] == ["landed", "landed"]
        assert len(whole) == 1
        assert list((lake.work / "downloads").glob("*/*.zip"))
        landing.drop_downloads(lake)
        assert not list((lake.work / "downloads").glob("*/"))


def test_a_part_that_is_not_there_has_nothing_to_do_and_others_share_the_lake(accepted, monkeypatch):
    """One month is no part, whatever the number of workers: the task that builds the layer builds it."""
    monkeypatch.setenv(parts.SETTING, "3")
    begun = tasks.begin(RUN)
    with together(accepted):
        assert [set(tasks.part(begun, "silver", number)) for number in range(3)] == [
            {"seconds", "cpu_seconds"}
        ] * 3
