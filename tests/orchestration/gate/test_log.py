"""What gates said is kept over the runs, short, and readable by itself."""

from __future__ import annotations

import dataclasses
import functools
import json

import pytest

from lake import locate
from lake.errors import DamagedError
from lake.retention import unfinished
from orchestration.gate import judge as gate
from orchestration.gate import log as gate_log
from orchestration.gate.result import GateResult

ONE = "select * from (values ('2024-01-01', 'New Year')) as t(date, name)"
MANY = "select '2024-01-01' as date, 'x' as name from range(5000)"


@functools.cache
def judged(query=ONE):
    return gate.judge(layer="bronze", table="holidays", relation_sql=query, subject="us-2024 version 1")


def judged_as(number):
    return dataclasses.replace(judged(), subject=f"us-2024 version {number}")


def test_a_judgement_is_kept_with_what_was_found():
    lake = locate()
    result = judged()
    path = gate_log.keep(lake, result, snapshot="s1")
    assert path is not None
    assert path.parent == lake.reports / "gates" / "bronze" / "holidays"
    [kept] = gate_log.judgements(lake)
    assert kept.state == "refused"
    assert kept.content["snapshot"] == "s1"
    assert kept.result["subject"] == "us-2024 version 1"
    assert [check["title"] for check in kept.failed if check["severity"] == "critical"] == [
        check.title for check in result.refusals
    ]
    assert kept.content["gx"]["statistics"]["evaluated_expectations"] == len(result.checks)


def test_the_newest_comes_first_whatever_the_table():
    lake = locate()
    for number in (1, 2, 3):
        gate_log.keep(lake, judged_as(number))
    assert [one.result["subject"][-1] for one in gate_log.judgements(lake)] == ["3", "2", "1"]


def test_a_refusal_of_many_rows_stays_small():
    """Rows are in quarantine; the log keeps some examples."""
    lake = locate()
    path = gate_log.keep(lake, judged(MANY))
    assert path is not None
    assert path.stat().st_size < 200_000
    longest = max(len(value) for value in lists(json.loads(path.read_text())["gx"]["results"][0]["result"]))
    assert longest <= 20


def test_a_query_is_kept_whole():
    """Great Expectations makes its expectation of it again for the pages, and half of it is none."""
    raw = {"kwargs": {"unexpected_rows_query": f"select {'x' * 1000}"}, "told": "y" * 1000}
    path = gate_log.keep(locate(), dataclasses.replace(judged(), raw=raw))
    assert path is not None
    kept = json.loads(path.read_text())["gx"]
    assert kept["kwargs"] == raw["kwargs"]
    assert len(kept["told"]) < 400


def lists(value):
    """Yield every list within a JSON value, and an empty one."""
    yield []
    if isinstance(value, list):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from lists(inner)


def test_what_was_not_judged_is_not_kept():
    lake = locate()
    nothing = GateResult("silver.x", "silver", "x", None, None, passed=True, note="no suite")
    assert gate_log.keep(lake, nothing) is None
    assert list(gate_log.judgements(lake)) == []


def test_old_judgements_go_and_refusals_stay():
    lake = locate()
    for number in range(1, 5):
        gate_log.keep(lake, judged_as(number))
    paths = sorted((lake.reports / "gates").rglob("*.json"))
    for path in paths[1:]:
        kept = json.loads(path.read_text())
        kept["result"]["passed"] = True
        path.write_text(json.dumps(kept))
    assert gate_log.trim(lake, 2) == 1
    assert sorted((lake.reports / "gates").rglob("*.json")) == [paths[0], *paths[2:]]


def test_a_damaged_judgement_is_named():
    lake = locate()
    path = gate_log.keep(lake, judged())
    assert path is not None
    path.write_text("{")
    with pytest.raises(DamagedError, match=path.name):
        list(gate_log.judgements(lake))


def test_what_a_killed_process_left_in_the_log_is_found():
    lake = locate()
    path = gate_log.keep(lake, judged())
    assert path is not None
    left = path.with_name(f".{path.name}.999999999.writing")
    left.write_text("{")
    assert left in list(unfinished(lake))
    assert len(list(gate_log.judgements(lake))) == 1
