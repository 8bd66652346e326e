"""The gate: what refuses, what a refusal leaves behind, and what a suite's hash depends on."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from bronze import sources
from bronze.expectations import holidays, trips
from bronze.expectations.rules import ROWS, broken_query, broken_rows, build, digest, is_unwritten
from orchestration.gate import gx_duckdb
from orchestration.gate import judge as gate
from tests.bronze.sound import HOLIDAYS, MODERN

ROOT = Path(__file__).parents[3]

LAYERS = ("bronze", "silver", "gold")
BROKEN = f"select * replace ('5/2/24 8:01' as started_at) from ({MODERN})"


def judge_trips(relation, quarantine=None, before=None):
    return gate.judge(
        layer="bronze",
        table="trips",
        relation_sql=relation,
        subject="jc-2024-05 version 1",
        quarantine=quarantine,
        before=before,
    )


@pytest.mark.parametrize("layer", LAYERS)
def test_every_expectation_has_a_severity_and_a_reason(layer):
    for table in gate.suites(layer):
        rules = importlib.import_module(f"{layer}.expectations.{table}").RULES
        if is_unwritten(rules):
            continue
        suite = build(f"{layer}.{table}", rules)
        assert suite.name == f"{layer}.{table}"
        assert len(suite.expectations) >= 4, table
        for expectation in suite.expectations:
            assert expectation.severity in ("critical", "warning")
            assert expectation.meta["reason"].endswith("."), expectation.meta["name"]
            assert expectation.meta["title"][0].islower() or expectation.meta["title"][0] == "N"


def test_the_suites_are_found_by_their_files():
    assert gate.suites("bronze") == sorted(
        table.name for name in sources.names() for table in sources.tables(name)
    )
    assert "rules" not in gate.suites("bronze")
    assert {"fct_trips", "conservation"} <= set(gate.suites("silver"))
    assert gate.suites("gold") == sorted(path.stem for path in ROOT.glob("gold/models/marts/*.sql"))


def test_importing_the_gate_and_hashing_a_suite_leaves_great_expectations_alone():
    code = (
        "import sys; from orchestration.gate import judge as gate; print(gate.suite_hash('bronze', 'trips'));"
        "assert not {'great_expectations', 'sqlalchemy'} & set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == gate.suite_hash("bronze", "trips")


def test_the_hash_changes_with_any_rule_and_with_nothing_else(monkeypatch):
    before = gate.suite_hash("bronze", "trips")
    assert before == gate.suite_hash("bronze", "trips") == digest(list(trips.RULES))
    assert before != gate.suite_hash("bronze", "weather")
    first, *rest = trips.RULES
    for change in ({"severity": "warning"}, {"reason": "Because."}, {"arguments": {"min_value": 2}}):
        monkeypatch.setattr(trips, "RULES", [replace(first, **change), *rest])
        assert gate.suite_hash("bronze", "trips") != before


def test_the_verdict_carries_the_hash_of_the_suite():
    assert judge_trips(MODERN).suite_hash == gate.suite_hash("bronze", "trips")


@pytest.mark.parametrize(("severity", "passes"), [("critical", False), ("warning", True)])
def test_an_expectation_that_errors_blocks_if_it_is_critical(monkeypatch, severity, passes):
    faulty = broken_rows("faulty", "this holds", "no_such_column > 1", reason="Why.", severity=severity)
    monkeypatch.setattr(holidays, "RULES", [*holidays.RULES, faulty])
    result = gate.judge(layer="bronze", table="holidays", relation_sql=HOLIDAYS, subject="us-2021 version 1")
    check = result.checks[-1]
    assert result.passed is passes
    assert not check.success
    assert "no_such_column" in str(check.exception)
    assert "could not be checked" in result.lines()[0]


def test_a_relation_that_cannot_be_read_is_refused_with_the_reason(tmp_path):
    result = judge_trips(f"from read_parquet('{tmp_path}/none/*.parquet')", tmp_path / "q")
    assert not result.passed
    assert "No files found" in result.why
    assert result.lines()[0].startswith("refused jc-2024-05 version 1: cannot be read")
    assert "No files found" in (tmp_path / "q" / "report.md").read_text()


def test_a_refusal_leaves_a_report_and_all_offending_rows(tmp_path):
    folder = tmp_path / "quarantine" / "it's here" / "version=1"
    result = judge_trips(BROKEN, folder)
    assert result.report == folder / "report.md"
    assert {path.name for path in folder.iterdir()} == {"report.md", "result.json", "gx.json", "rows"}
    assert [path.name for path in folder.parent.iterdir()] == ["version=1"], "no temporary folder is left"
    kept = duckdb.connect().read_parquet(str(folder / "rows" / "time_format.parquet"))
    assert kept.fetchall() == duckdb.connect().sql(BROKEN).fetchall()
    report = result.report.read_text()
    [check] = result.refusals
    for part in ("jc-2024-05 version 1", check.title, check.reason, "200 of 200 rows", "5/2/24 8:01"):
        assert part in report
    assert report.count("| jc-2024-05 |") == 10
    content = json.loads((folder / "result.json").read_text())
    assert content == json.loads(json.dumps(result.as_dict()))
    assert json.loads((folder / "gx.json").read_text())["suite_name"] == "bronze.trips"
    assert result.lines()[0].endswith(f"see {folder / 'report.md'}")


def test_rows_of_great_expectations_own_kinds_are_complete_too(tmp_path):
    relation = f"""
        select * replace (
            if(source_record > 150, 'robot', member_casual) as member_casual, null as source_key
        )
        from ({MODERN})
    """
    judge_trips(relation, tmp_path / "q")
    kept = duckdb.connect().read_parquet(str(tmp_path / "q" / "rows" / "known_member_casual.parquet"))
    assert kept.columns == duckdb.connect().sql(MODERN).columns
    assert len(kept) == 50


def test_a_second_refusal_replaces_the_first_report(tmp_path):
    judge_trips(BROKEN, tmp_path / "q")
    judge_trips(f"select * replace ('' as ride_id) from ({MODERN})", tmp_path / "q")
    assert [path.name for path in (tmp_path / "q" / "rows").iterdir()] == ["ride_id.parquet"]
    assert [path.name for path in tmp_path.iterdir() if path.name != "lake"] == ["q"]


def test_what_passes_leaves_no_report(tmp_path):
    result = judge_trips(MODERN, tmp_path / "q")
    assert result.report is None
    assert not (tmp_path / "q").exists()
    assert result.why == f"{len(result.checks)} checks, no warnings"


def test_what_is_missing_or_found_is_said_in_words(tmp_path, monkeypatch):
    found = "select count(*) as rows, 7 as expected from {batch} having count(*) <> 7"
    missing = "select unnest([1, 2, 3]) as day from {batch} limit 3"
    monkeypatch.setattr(
        holidays,
        "RULES",
        [
            broken_query("found", "seven rows", found, reason="Why.", counts="finding"),
            broken_query("missing", "all days", missing, reason="Why.", counts="days missing"),
        ],
    )
    result = gate.judge(
        layer="bronze", table="holidays", relation_sql=HOLIDAYS, subject="us-2021", quarantine=tmp_path / "q"
    )
    assert result.why == "seven rows — found rows = 8, expected = 7; all days — 3 days missing"
    assert "| 8 | 7 |" in (tmp_path / "q" / "report.md").read_text()


@pytest.mark.slow
def test_judging_again_and_again_leaves_nothing_open():
    from orchestration.gate import gx_duckdb

    for _ in range(5):
        judge_trips(MODERN)
    assert gx_duckdb._CONNECTIONS == {}


@pytest.mark.parametrize(("rows", "told"), [(179, True), (180, False), (200, False)])
def test_what_lost_more_than_a_tenth_of_its_rows_is_told_and_not_refused(rows, told):
    """A page or a download that was cut short looks like a correction."""
    result = judge_trips(f"from ({MODERN}) limit {rows}", before=(2, 200))
    said = [check.extent for check in result.warnings if check.name == "fewer_rows"]
    assert said == ["found rows_now = 179, rows_before = 200, version_before = 2"] * told
    assert result.passed
    assert result.suite_hash == gate.suite_hash("bronze", "trips")


def test_no_rule_sees_what_an_earlier_judgement_looked_at():
    from orchestration.gate import gx_duckdb

    with gx_duckdb.database() as connection:
        gx_duckdb.define(connection, {"silver.one": "select 1 as n", "silver.other": "select 2 as n"})
        gx_duckdb.define(connection, {"silver.one": "select 3 as n"})
        assert connection.sql("from silver.one").fetchall() == [(3,)]
        with pytest.raises(duckdb.CatalogException, match="other"):
            connection.sql("from silver.other")


def test_rules_name_the_columns_they_show():
    for layer in LAYERS:
        for table in gate.suites(layer):
            for rule in importlib.import_module(f"{layer}.expectations.{table}").RULES:
                assert rule.counts != ROWS or rule.show or rule.name in ("not_empty", "columns"), rule.name


@pytest.mark.parametrize(
    ("station_id", "told"),
    [("5379.10", False), ("3185", False), ("SYS035", False), ("Lab - NYC", False),
     ("5379..1", True), ("5379.123", True), ("285.5", True), ("#5379.10", True), ("0", True)],
)  # fmt: skip
def test_an_id_of_a_form_that_no_upstream_publishes_is_named(station_id, told):
    result = gate.judge(
        layer="silver",
        table="station_lives",
        relation_sql=f"select '{station_id}' as station_id, 1 as life, 'A' as station_name, "
        "date '2024-05-02' as first_seen_on, date '2024-05-02' as last_seen_on, 14 as sightings, "
        "40.72 as latitude, -74.04 as longitude, false as lies_elsewhere, "
        f"{station_id.startswith('Lab')} as is_depot, true as is_latest",
        subject="silver.station_lives",
        others={"silver.station_months": "select 7 as starts, 7 as ends"},
    )
    assert result.passed
    assert [check.name for check in result.warnings] == (["form"] if told else [])


def test_what_stands_for_a_module_has_what_the_module_has():
    later = gx_duckdb._Later("json")
    assert later.dumps is json.dumps
    assert not hasattr(later, "no_such_thing")
    assert not hasattr(later, "__path__"), "who looks through all modules loads none"


def test_who_asks_what_stands_for_a_module_while_it_stands_there_gets_the_module(monkeypatch):
    monkeypatch.setitem(sys.modules, "colorsys", gx_duckdb._Later("colorsys"))
    from colorsys import rgb_to_hsv

    assert rgb_to_hsv(0, 0, 0) == (0, 0, 0)
    assert not isinstance(sys.modules["colorsys"], gx_duckdb._Later)
