"""Which months and cities a run of the DAG asks for."""

from __future__ import annotations

import os
from datetime import date

import pytest

from bronze.scope import parse_months
from orchestration.airflow.run_scope import RunScope, scope_of, scoped

CONFIGURED = RunScope("2024-02..2024-03", ("nyc", "jc"))


def asked(kind="manual", starts=date(2024, 11, 10), sample=False, **params):
    scope = scope_of(CONFIGURED, params, kind=kind, starts=starts, sample=sample)
    return parse_months(scope.months), scope.cities


def test_a_manual_run_asks_for_what_is_configured():
    assert asked() == (["2024-02", "2024-03"], ("nyc", "jc"))


def test_what_a_person_gives_counts_in_every_kind_of_run():
    for kind in ("manual", "scheduled", "backfill"):
        found = asked(kind, **{"from": "2023-12", "to": "2024-01", "cities": ["jc"]})
        assert found == (["2023-12", "2024-01"], ("jc",))


def test_a_backfill_asks_for_its_own_month():
    assert asked("backfill") == (["2024-11"], ("nyc", "jc"))


def test_a_scheduled_run_adds_its_month_and_the_two_before():
    assert asked("scheduled")[0] == ["2024-02", "2024-03", "2024-09", "2024-10", "2024-11"]
    assert asked("scheduled", date(2024, 1, 10))[0] == ["2023-11", "2023-12", "2024-01", "2024-02", "2024-03"]


def test_the_sample_has_its_own_months():
    for kind in ("scheduled", "backfill"):
        assert asked(kind, sample=True)[0] == ["2024-02", "2024-03"]


def test_a_run_without_an_interval_asks_for_what_is_configured():
    assert asked("asset_triggered", None)[0] == ["2024-02", "2024-03"]


@pytest.mark.parametrize("params", [{"from": "2024-02"}, {"to": "2024-02"}])
def test_half_a_range_is_refused(params):
    with pytest.raises(ValueError, match="from and to belong together"):
        asked(**params)


@pytest.mark.parametrize("name", ["city", "From", "months", ""])
def test_what_a_run_cannot_be_told_is_refused_and_not_left_out(name):
    with pytest.raises(ValueError, match=f"cities, from, to, full, and this one was told '{name}'"):
        asked(**{name: ["jc"]})


def test_a_range_that_runs_backwards_is_refused():
    with pytest.raises(ValueError, match="runs backwards"):
        asked(**{"from": "2024-05", "to": "2024-02"})


def test_the_configuration_is_as_before_after_the_block(monkeypatch):
    monkeypatch.setenv("SOURCES__MONTHS", "2020-11")
    with scoped(RunScope("2024-05", ("jc",))):
        from orchestration.upstreams import configured_scope

        assert configured_scope() == RunScope("2024-05", ("jc",))
    assert os.environ["SOURCES__MONTHS"] == "2020-11"
    assert "SOURCES__CITIBIKE__CITIES" not in os.environ
