"""Steps by themselves, with the gate and dbt replaced where they would only take time."""

from __future__ import annotations

import contextlib
import io

import pytest
from rich.console import Console

from lake import LakeError, locate
from lake.layout import Lake
from lake.snapshots import current_id, publish
from lake.versions import all_versions
from orchestration import gate, run, steps
from orchestration.gate_result import GateResult
from orchestration.terminal import Terminal
from tests.lake.rows import land
from tests.lake.test_snapshots import FACTS, build


def judged(passed):
    return GateResult("b-1 version 1", "bronze", "things", "bronze.things", "hash", passed=passed)


@pytest.mark.parametrize(("state", "passed"), [("held", True), ("accepted", False)])
def test_what_a_person_decides_while_the_gate_is_judging_stays(monkeypatch, state, passed):
    lake = locate()
    land(lake, "b-1", [1], None)

    def slow_judge(**_):
        steps.decide_by_person(lake, "b-1", state, by="anna", reason="a look at it")
        return judged(passed)

    monkeypatch.setattr(gate, "judge", slow_judge)
    monkeypatch.setattr(gate, "suite_hash", lambda *_: "hash")
    monkeypatch.setattr(steps, "land", lambda *_: [])
    shown = io.StringIO()
    terminal = Terminal(Console(file=shown, width=200))
    outcome = run.Outcome()
    run._land_and_judge(lake, "sample", terminal, outcome)
    verdict = all_versions(lake)[0].verdict
    assert (verdict["state"], verdict["by"]) == (state, "anna")
    assert (outcome.accepted, outcome.refused) == ([], [])
    assert f"b-1 version 1: {state} by anna while the gate was judging it" in shown.getvalue()


def test_the_gate_judges_again_what_it_refused_by_another_suite(monkeypatch):
    lake = locate()
    land(lake, "b-1", [1], "refused")
    monkeypatch.setattr(gate, "judge", lambda **_: judged(True))
    monkeypatch.setattr(gate, "suite_hash", lambda *_: "hash")
    (version,) = steps.to_judge(lake)
    steps.judge(lake, version)
    assert steps.overruled(version) is None
    assert all_versions(lake)[0].state == "accepted"


@pytest.fixture
def short_run(monkeypatch):
    """A run whose land and build take no time: the build publishes what is accepted."""

    def publish_at_once(lake, *_, **__):
        return publish(lake, build(lake), FACTS)

    monkeypatch.setattr(run, "upstreams", lambda lake: contextlib.nullcontext("sample"))
    monkeypatch.setattr(run, "_land_and_judge", lambda *_: None)
    monkeypatch.setattr(run, "_build", publish_at_once)
    lake = locate()
    land(lake, "b-1", [1])
    return lake


def said(lake: Lake, capsys) -> tuple[int, str]:
    status = run.main_run(lake, full=True)
    return status, " ".join(capsys.readouterr().out.split())


def test_a_wrong_setting_is_refused_before_anything_is_landed(short_run, monkeypatch, capsys):
    monkeypatch.setenv("LAKE_KEEP_SNAPSHOTS", "many")
    monkeypatch.setattr(run, "_land_and_judge", lambda *_: pytest.fail("landed"))
    status, shown = said(short_run, capsys)
    assert (status, current_id(short_run)) == (2, None)
    assert "LAKE_KEEP_SNAPSHOTS is 'many'" in shown
    assert "nothing was published by this run" in shown


@pytest.mark.parametrize("trouble", [LakeError("another process is publishing"), OSError(5, "I/O error")])
def test_trouble_while_collecting_is_a_warning_of_a_run_that_has_published(
    short_run, monkeypatch, capsys, trouble
):
    def fail(lake):
        raise trouble

    monkeypatch.setattr(steps, "collect_old", fail)
    status, shown = said(short_run, capsys)
    assert status == 0
    assert f"warning old snapshots were not collected: {trouble}" in shown
    assert f"published snapshot {current_id(short_run)}" in shown


def test_who_interrupts_a_run_that_has_published_is_told_so(short_run, monkeypatch, capsys):
    def interrupt(lake):
        raise KeyboardInterrupt

    monkeypatch.setattr(steps, "collect_old", interrupt)
    status, shown = said(short_run, capsys)
    assert status == 2
    assert "interrupted" in shown
    assert "nothing was published" not in shown
    assert f"snapshot {current_id(short_run)} has been published" in shown
