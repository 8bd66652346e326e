"""Steps by themselves, with the gate and dbt replaced where they would only take time."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from lake import locate
from lake.versions import all_versions
from orchestration import gate, run, steps
from orchestration.gate_result import GateResult
from orchestration.terminal import Terminal
from tests.lake.rows import land


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
