"""A source of several tables: each lands, fails, is refused and is asked again by itself, in both drivers."""

from __future__ import annotations

import contextlib
import re
import sys

import pyarrow as pa
import pytest

from bronze import landing, sources
from bronze.errors import BatchError, UnreachableError
from bronze.offers import unwatched
from bronze.tables import Table
from lake import locate
from lake.listing import read_listing
from lake.status import status
from lake.versions import all_versions, in_force
from orchestration import steps
from orchestration.airflow import asking, tasks
from orchestration.decisions import decide_by_person
from orchestration.gate import judge as gate
from orchestration.gate.result import GateResult
from tests.bronze import air
from tests.bronze.upstream import rows

RUN = {"months": "2024-05", "cities": ["jc"], "origin": "upstream", "full": False}
BATCHES = [("sensors", "nyc-2024-04"), ("sensors", "nyc-2024-05")]
BATCHES += [("readings", "nyc-2024-04"), ("readings", "nyc-2024-05")]


@pytest.fixture(autouse=True)
def upstream(monkeypatch):
    """Let the project have the source of two tables, and no other."""
    monkeypatch.setitem(sys.modules, "bronze.sources.air", air)
    monkeypatch.setattr(sources, "names", lambda: ["air"])
    monkeypatch.setenv("SOURCES__AIR__BASE_URL", "http://air.test")
    monkeypatch.setattr(gate, "suite_hash", lambda *_: "hash")
    air.publish()


def land() -> dict[tuple[str, str], str]:
    """Land as the command line does; return what became of each batch."""
    landed = steps.land(locate(), "upstream", lambda offer: unwatched)
    return {(one.table, one.batch): one.outcome for one in landed}


def land_by_tasks() -> dict[tuple[str, str], str]:
    """Land as the DAG does, each task after the other; return what became of each batch."""
    noted: list[asking.Facts] = []
    asked: list[asking.Facts] = []
    with contextlib.suppress(BatchError):
        asked = [tasks.ask(RUN, "air", noted.append)]
    found = tasks.batches(RUN, asked)
    for one in found:
        with contextlib.suppress(BatchError):
            tasks.land(RUN, one, noted.append)
    tasks.close_landing(RUN, found, asked, noted)
    return {(one["table"], one["batch"]): one["outcome"] for one in noted}


@pytest.fixture(params=[land, land_by_tasks], ids=["command line", "DAG"])
def driver(request):
    return request.param


def kept() -> dict[tuple[str, str], str]:
    """Return what `make status` is told of the last landing."""
    return {(one["table"], one["batch"]): one["outcome"] for one in read_listing(locate())["offers"]}


def test_dlt_itself_gives_each_resource_the_rows_of_its_table():
    found = {name: list(air.air().with_resources(name)) for name in ("sensors", "readings")}
    assert {name: [batch.num_rows for batch in got] for name, got in found.items()} == {
        "sensors": [1, 2],
        "readings": [3, 4],
    }


def test_every_table_has_its_schema():
    schemas = landing.bronze_schemas()
    assert list(schemas) == [("air", "sensors"), ("air", "readings")]
    assert schemas["air", "readings"].field("pm25").type == pa.float64()


def test_batches_of_one_name_land_by_table(driver):
    assert driver() == dict.fromkeys(BATCHES, "landed")
    assert kept() == dict.fromkeys(BATCHES, "landed")
    found = {(one.table, one.batch): len(rows(one)) for one in all_versions(locate())}
    assert found == dict(zip(BATCHES, (1, 2, 3, 4), strict=True))
    assert not list(locate().work.glob("landing/*/*/*"))


@pytest.mark.slow
def test_what_is_published_anew_lands_and_nothing_else(driver):
    driver()
    air.PUBLISHED["readings"]["nyc-2024-05"].append({"sensor": "b", "at": "2024-05-04", "pm25": 3.0})
    assert driver() == dict.fromkeys(BATCHES, "unchanged") | {("readings", "nyc-2024-05"): "landed"}
    versions = {(one.table, one.batch): one.number for one in all_versions(locate())}
    assert versions == dict.fromkeys(BATCHES, 1) | {("readings", "nyc-2024-05"): 2}


@pytest.mark.parametrize("silent", ["sensors", "readings"])
def test_a_table_that_cannot_be_listed_stops_no_other(driver, silent):
    air.SILENT[silent] = UnreachableError("http://air.test/list could not be reached")
    other = "readings" if silent == "sensors" else "sensors"
    # What it had listed before it failed is not in doubt.
    wanted = {(other, "nyc-2024-04"): "landed", (other, "nyc-2024-05"): "landed"}
    wanted |= {(silent, "nyc-2024-04"): "landed", (silent, "*"): "failed"}
    assert driver() == wanted
    assert kept() == wanted
    [failed] = status(locate().root).failed
    assert (failed.source, failed.table, failed.batch) == ("air", silent, "*")
    assert failed.error == "http://air.test/list could not be reached"


def test_a_source_that_cannot_be_listed_is_told_once_and_known_of_each_table(driver):
    air.SILENT["air"] = UnreachableError("")
    assert driver() == {("*", "*"): "failed"}
    assert kept() == {("sensors", "*"): "failed", ("readings", "*"): "failed"}


def test_a_listing_that_breaks_in_the_middle_lands_the_same_in_both_drivers(driver, monkeypatch):
    def breaks():
        yield from air.list_table(air.SENSORS)
        raise UnreachableError("http://air.test broke off")

    monkeypatch.setattr(air, "list_offers", breaks)
    assert driver() == {("*", "*"): "failed"}
    assert all_versions(locate()) == []


def test_a_table_that_can_be_listed_again_is_asked_by_the_next_run():
    with pytest.raises(BatchError, match="could not list readings when it was asked, and can now: run again"):
        tasks.land(RUN, {"source": "air", "table": "readings", "batch": "*", "offered": True}, print)


def test_a_batch_refused_by_the_suite_of_its_table_leaves_the_other_in_force(monkeypatch):
    def judge(*, table, subject, **_):
        return GateResult(subject, "bronze", table, f"bronze.{table}", "hash", passed=table == "sensors")

    monkeypatch.setattr(gate, "judge", judge)
    land()
    noted: list[asking.Facts] = []
    lake = locate()
    tasks.judge(RUN, {"source": "air", "table": "sensors", "batch": "nyc-2024-05"}, noted.append)
    with pytest.raises(tasks.RefusedError):
        tasks.judge(RUN, {"source": "air", "table": "readings", "batch": "nyc-2024-05"}, noted.append)
    assert [(one["table"], one["state"]) for one in noted] == [
        ("sensors", "accepted"),
        ("readings", "refused"),
    ]
    assert [(one.table, one.batch) for one in in_force(all_versions(lake))] == [("sensors", "nyc-2024-05")]
    decide_by_person(lake, "nyc-2024-05", "accepted", by="anna", reason="compared", table="readings")
    assert {one.table for one in in_force(all_versions(lake))} == {"sensors", "readings"}


def test_an_offer_of_no_table_is_a_failure_with_its_name(monkeypatch):
    stray = air.AirOffer(source="air", table="stations", batch="nyc-2024-05", key="stations/1", columns={})
    landed = landing.land(locate(), stray, origin="upstream")
    assert (
        landed.error
        == "stations/1: an offer of table 'stations', which is none of TABLES of bronze/sources/air"
    )


@pytest.mark.parametrize("name", ["version", "batch", "source", "table", "reason"])
def test_a_column_of_the_lakes_own_is_refused_with_another_name(name):
    with pytest.raises(ValueError, match=f'land the upstream\'s as "published_{name}"'):
        Table("readings", {"sensor": "text", name: "text"})


@pytest.mark.parametrize("name", ["localName", "_dlt_id", "2nd", "a b", ""])
def test_a_column_that_dlt_would_call_otherwise_is_refused(name):
    with pytest.raises(ValueError, match="small letters, digits and _ only"):
        Table("readings", {name: "text"})


@pytest.mark.parametrize(
    ("column", "told"),
    [("version", 'land the upstream\'s as "published_version"'), ("pm10", "declare it, or keep it in other")],
)
def test_rows_with_a_column_of_no_declaration_are_refused(monkeypatch, column, told):
    wider = {**air.READINGS.columns, column: "text"}
    monkeypatch.setattr(air, "batch_of", lambda columns, values, key: _rows(wider, values))
    monkeypatch.setattr(air, "list_offers", lambda: air.list_table(air.READINGS))
    failed, *_ = steps.land(locate(), "upstream", lambda offer: unwatched)
    assert failed.outcome == "failed"
    assert f"'{column}' is no column of table 'readings': " in str(failed.error)
    assert told in str(failed.error)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (
            ("at", "sensor", "pm25", "source_record", "other_fields"),
            "'sensor', 'at', 'pm25', 'source_rec.*order",
        ),
        (("sensor", "at", "source_record"), "no 'pm25', no 'other_fields'"),
        (("sensor", "at", "at", "pm25", "source_record", "other_fields"), "'at' twice"),
    ],
    ids=["another order", "fewer", "twice"],
)
def test_rows_that_are_not_as_declared_are_refused_with_what_differs(monkeypatch, given, told):
    def batches(self):
        whole = rows_of(self)
        yield whole
        yield pa.RecordBatch.from_arrays([whole[name] for name in given], names=list(given))

    def rows_of(offer):
        return next(iter(original(offer)))

    original = air.AirOffer.rows
    monkeypatch.setattr(air.AirOffer, "rows", batches)
    monkeypatch.setattr(air, "list_offers", lambda: air.list_table(air.READINGS))
    failed, *_ = steps.land(locate(), "upstream", lambda offer: unwatched)
    assert failed.outcome == "failed"
    assert re.match(f"readings/nyc-2024-04: .*{told}", str(failed.error)), failed.error


def test_rows_of_another_type_are_refused_with_the_column(monkeypatch):
    wrong = {**air.READINGS.columns, "pm25": "text", "source_record": "double"}
    monkeypatch.setattr(air, "batch_of", lambda columns, values, key: _typed(wrong))
    monkeypatch.setattr(air, "list_offers", lambda: air.list_table(air.READINGS))
    failed, *_ = steps.land(locate(), "upstream", lambda offer: unwatched)
    assert failed.outcome == "failed"
    assert "'pm25' as string instead of double, 'source_record' as double instead of int64" in str(
        failed.error
    )


def _typed(columns):
    return pa.RecordBatch.from_pylist([{}], schema=Table("readings", columns).schema)


def _rows(columns, values):
    return pa.RecordBatch.from_pydict({name: values.get(name, [None] * 3)[:3] for name in columns})
