"""Steps by themselves, with the gate and dbt replaced where they would only take time."""

from __future__ import annotations

import contextlib
import io
import re
from pathlib import Path
from types import SimpleNamespace

import duckdb
import pyarrow.parquet as pq
import pytest
import yaml
from rich.console import Console

import lake as lake_package
from bronze import landing
from bronze.columns import OTHER_FIELDS
from lake import locate
from lake.catalog import relations
from lake.errors import BusyError
from lake.files import write_json
from lake.layout import Lake
from lake.snapshots import current_id, publish
from lake.versions import all_versions
from orchestration import dbt, run, steps
from orchestration.decisions import decide_by_person
from orchestration.gate import judge as gate
from orchestration.gate.result import GateResult
from orchestration.plan import Plan
from orchestration.terminal import Terminal, status_tables
from tests.bronze.upstream import MODERN_HEADER, modern, put, zipped
from tests.lake.rows import land
from tests.lake.test_snapshots import FACTS, build
from tests.orchestration.lakes import upstream

ROOT = Path(__file__).parents[2]


def judged(passed):
    return GateResult("b-1 version 1", "bronze", "things", "bronze.things", "hash", passed=passed)


@pytest.mark.parametrize(("state", "passed"), [("held", True), ("accepted", False)])
def test_what_a_person_decides_while_the_gate_is_judging_stays(monkeypatch, state, passed):
    lake = locate()
    land(lake, "b-1", [1], None)

    def slow_judge(**_):
        decide_by_person(lake, "b-1", state, by="anna", reason="a look at it")
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


@pytest.mark.parametrize("trouble", [BusyError("another process is publishing"), OSError(5, "I/O error")])
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


def test_a_snapshot_is_planned_on_the_parent_it_is_begun_on(short_run, monkeypatch):
    """Another one is published between two looks at what is current."""
    lake = short_run
    land(lake, "trips-1", [1])
    older = publish(lake, build(lake), FACTS)
    publish(lake, build(lake), FACTS)
    answers = iter([older.id])
    now = current_id(lake)
    planned = []

    def plan(parent, *_, **__):
        planned.append(parent.id)
        return Plan(True, "")

    monkeypatch.setattr(steps, "current_id", lambda lake: next(answers, now))
    monkeypatch.setattr(steps, "in_force", lambda known: [SimpleNamespace(table="trips")])
    monkeypatch.setattr(steps, "make_plan", plan)

    def begin(*_, parent, **__):
        planned.append(parent)

    monkeypatch.setattr(steps, "begin", begin)
    steps.begin_snapshot(lake, "sample")
    assert planned == [older.id, older.id]


def test_a_layer_is_judged_by_what_its_parent_was_judged_by(short_run, monkeypatch):
    lake = short_run
    parent = publish(lake, build(lake), FACTS | {"suites": {"gold.mart": "old"}})
    begun = build(lake)
    publish(lake, build(lake), FACTS | {"suites": {"gold.mart": "new"}})
    begun.facts["plan"] = Plan(True, "").facts()
    seen = []

    def judge_layer(*_, judged_before, **__):
        seen.append(judged_before)
        return []

    monkeypatch.setattr(gate, "judge_layer", judge_layer)
    steps.gate_layer(lake, begun, "gold")
    assert begun.parent == parent.id
    assert seen == [{"gold.mart": "old"}]


@pytest.mark.slow
@pytest.mark.parametrize("at", ["parse", "build"])
def test_ctrl_c_while_dbt_works_is_ctrl_c(short_run, tmp_path, monkeypatch, at):
    class Runner:
        def __init__(self, manifest=None, callbacks=()):
            pass

        def invoke(self, arguments):
            assert arguments[0] == at
            return SimpleNamespace(success=False, exception=KeyboardInterrupt(), result=None)

    monkeypatch.setattr("dbt.cli.main.dbtRunner", Runner)
    monkeypatch.setattr(dbt, "KEPT", tmp_path / "nothing kept")
    monkeypatch.setattr(dbt, "_PARSED", {})
    if at == "build":
        monkeypatch.setattr(dbt, "parsed", lambda *_: None)
        monkeypatch.setattr(dbt, "called_alone", lambda manifest: manifest)
    with pytest.raises(KeyboardInterrupt):
        dbt.build(short_run, build(short_run), "silver", Plan(True, ""))


@pytest.mark.slow
def test_a_version_from_before_a_column_was_added_is_judged_and_read(tmp_path, monkeypatch):
    """In one snapshot with newer ones, by the views as by silver's source."""
    lake, days = locate(), [f"2024-{month}-{day:02}" for month in ("04", "05") for day in range(1, 29)]
    for month, extra in (("04", ""), ("05", ",is_equity")):
        rows = [modern(n, day) + extra for n, day in enumerate(days) if f"-{month}-" in day]
        content = "\n".join([MODERN_HEADER + extra, *rows]) + "\n"
        put(tmp_path, f"JC-2024{month}-citibike-tripdata.csv.zip", zipped({f"JC-2024{month}.csv": content}))
    with upstream(tmp_path, "2024-04..2024-05"):
        landed = [landing.land(lake, offer, origin="upstream") for offer in landing.offers("citibike")]
    old, new = (one.version for one in landed if one.version)
    [file] = old.files
    before = pq.read_table(file).drop_columns(OTHER_FIELDS)
    file.unlink()
    pq.write_table(before, file)
    listed = [{"name": file.name, "rows": 28, "bytes": file.stat().st_size}]
    write_json(old.path / "record.json", old.record | {"files": listed})
    old.__dict__.pop("record")
    assert [steps.judge(lake, version).passed for version in (old, new)] == [True, True]
    snapshot = steps.begin_snapshot(lake, "upstream")
    declared = yaml.safe_load((ROOT / "silver/models/sources/citibike.yml").read_text())["sources"][0]
    location = declared["config"]["meta"]["external_location"].format(name="trips")
    source = re.sub(r"\{.*?\}\}?", str(snapshot.bronze), location)
    for relation in (f"({relations(snapshot.path)['bronze']['trips']})", source):
        query = f"select batch, count(*), count({OTHER_FIELDS}) from {relation} group by all order by all"
        assert duckdb.sql(query).fetchall() == [("jc-2024-04", 28, 0), ("jc-2024-05", 28, 28)]


def test_a_version_is_held_beside_the_one_that_was_in_force_before_it(monkeypatch):
    """Not beside one that was refused, nor one that came later."""
    lake = locate()
    for rows, state in (
        ([1, 2, 3, 4], "accepted"),
        ([1], "refused"),
        ([1, 2], "accepted"),
        ([1, 2, 3], "accepted"),
    ):
        land(lake, "b-1", rows, state)
    asked = []

    def judge(*, before, **_):
        asked.append(before)
        return judged(True)

    monkeypatch.setattr(gate, "judge", judge)
    monkeypatch.setattr(steps, "decide", lambda *_, **__: None)
    for version in all_versions(lake):
        steps.judge(lake, version)
    assert asked == [None, (1, 4), (1, 4), (3, 2)]


def test_what_nobody_asked_for_is_told_once_and_in_status(tmp_path):
    lake = locate()
    names = [f"column {number}" for number in range(8)]
    header, row = ",".join([MODERN_HEADER, *names]), ",".join([modern(), *names])
    content = f"{header}\n{row}\n"
    put(tmp_path, "JC-202405-citibike-tripdata.csv.zip", zipped({"a.csv": content, "b.csv": content + row}))
    shown = io.StringIO()
    terminal = Terminal(Console(file=shown, width=400, soft_wrap=True))
    with upstream(tmp_path, "2024-05"):
        for _ in range(2):
            for offer in landing.offers("citibike"):
                terminal.landed(landing.land(lake, offer, origin="upstream"))
    said = (
        "kept in other_fields: 'column 0', 'column 1', 'column 2', 'column 3', 'column 4', 'column 5' "
        "and 2 more"
    )
    assert shown.getvalue().count("other_fields") == shown.getvalue().count(said) == 1
    found = lake_package.status()
    assert found.batches[0].other_fields == names
    for part in status_tables(found):
        terminal.console.print(part)
    assert shown.getvalue().count(said) == 2
