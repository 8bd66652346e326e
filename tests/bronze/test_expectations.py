"""Each critical expectation on raw versions has a fixture that it, and no other, refuses."""

from __future__ import annotations

import importlib

import pytest

from orchestration.gate import gx_duckdb
from orchestration.gate import judge as gate
from tests.bronze.sound import BAD, GOOD, HOLIDAYS, LEGACY, MODERN, WEATHER, some

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def connection():
    """One after the other is judged in the same DuckDB, as a run does."""
    with gx_duckdb.database() as connection:
        yield connection


@pytest.fixture
def judge(connection):
    """How a fault is judged, and a table without one."""

    def judged(table, good, fault="select * from good"):
        query = f"with good as ({good}) {fault}"
        return gate.judge(
            layer="bronze", table=table, relation_sql=query, subject="a version", connection=connection
        )

    return judged


@pytest.mark.parametrize(("table", "good"), [*GOOD.items(), ("trips", LEGACY)], ids=[*GOOD, "legacy trips"])
def test_a_good_version_passes_without_warnings(judge, table, good):
    result = judge(table, good)
    assert result.lines() == [f"passed a version: {len(result.checks)} checks"]
    assert result.passed


@pytest.mark.parametrize("table", BAD)
def test_every_critical_expectation_has_its_bad_fixture(table):
    rules = importlib.import_module(f"bronze.expectations.{table}").RULES
    assert set(BAD[table]) == {rule.name for rule in rules if rule.severity == "critical"}


@pytest.mark.parametrize(
    ("table", "name", "good"),
    [
        (table, name, LEGACY if name == "tripduration" else GOOD[table])
        for table, faults in BAD.items()
        for name in faults
    ],
)
def test_a_fault_is_refused_by_its_expectation_alone(judge, table, name, good):
    result = judge(table, good, BAD[table][name])
    assert not result.passed
    assert [check.name for check in result.refusals] == [name]
    assert all(check.exception is None for check in result.checks)


def test_single_bad_rows_are_left_to_silver(judge):
    result = judge("trips", MODERN, some("started_at", "'5/2/24 8:01'", "source_record = 1"))
    assert result.passed


def test_two_digit_years_are_refused_with_the_rows_counted(judge):
    fault = "select * replace ('1/2/17 0:21' as starttime, '1/2/17 0:24' as stoptime) from good"
    [line] = judge("trips", LEGACY, fault).lines()
    assert line.startswith("refused a version: start and end are written as YYYY-MM-DD HH:MM:SS")
    assert line.endswith("200 of 200 rows")


def slashed(form="%-m/%-d/%Y %H:%M:%S", days=20, ended="%-m/%-d/%Y %H:%M", good=LEGACY, where="true"):
    """Return a fault: dates are written with slashes, over the first days of the batch's month."""
    start = f"timestamp '2024-05-01 08:00:00' + interval (source_record % {days}) day"
    times = f"strftime({start}, '{form}') as text, strftime({start} + interval 9 minute, '{ended}') as later"
    names = ("starttime", "stoptime") if good is LEGACY else ("started_at", "ended_at")
    return (
        f"select * exclude (text, later) replace (if({where}, text, {names[0]}) as {names[0]}, "
        f"if({where}, later, {names[1]}) as {names[1]}) from (select *, {times} from good)"
    )


def split(fault):
    """Return the fault with the first twelve days in a file of their own."""
    return (
        "select * replace (if(source_record % 20 < 12, 'b.csv', source_member) as source_member) from "
        f"({fault})"
    )


@pytest.mark.parametrize(
    "fault",
    [
        slashed(),
        slashed("%-m/%-d/%Y %-H:%M"),
        slashed("%m/%d/%Y %H:%M", days=13),
        # A file may write ISO dates beside, and one that cannot be read at all.
        slashed(where="source_record <= 100"),
        f"select * replace (if(source_record = 7, '5/2/24 8:01', starttime) as starttime) from ({slashed()})",
        # One file of the archive proves it for another, which has the first days only.
        split(slashed()),
    ],
)
def test_dates_with_slashes_pass_where_their_archive_proves_the_order(judge, fault):
    assert judge("trips", LEGACY, fault).passed


def test_so_do_those_of_the_modern_schema(judge):
    assert judge("trips", MODERN, slashed(good=MODERN)).passed


@pytest.mark.parametrize(
    "fault",
    [
        slashed(days=12),
        slashed("%-d/%-m/%Y %H:%M", ended="%-d/%-m/%Y %H:%M"),
        slashed("%-d/%-m/%Y %H:%M", ended="%-d/%-m/%Y %H:%M", days=12),
        slashed("%-m/%-d/%y %H:%M"),
        slashed("%-m/%-d/%Y %H:%M", ended="%-m/%-d/%y %H:%M"),
        slashed("%-m/%-d/%Y"),
        slashed("%-m/%-d/%Y %I:%M %p"),
        slashed("%Y/%m/%d %H:%M"),
        # Another month's file under this one's name.
        f"select * replace ('jc-2024-06' as batch) from ({slashed()})",
        # A few dates in the other order, as two files joined have it, make all of them doubtful.
        f"select * replace (if(source_record = 7, '13/5/2024 8:01', starttime) as starttime) from "
        f"({slashed()})",
        # An archive of which one file writes the day first proves nothing for the others.
        split(
            f"select * replace (if(source_record = 18, '13/5/2024 8:01', starttime) as starttime) from "
            f"({slashed()})"
        ),
        split(slashed(days=12)),
        # A file of another month's, beside one that is proved.
        f"select * replace (if(source_member = 'b.csv', '6/' || substr(starttime, 3), starttime) as starttime, "
        f"if(source_member = 'b.csv', '6/' || substr(stoptime, 3), stoptime) as stoptime) "
        f"from ({split(slashed())})",
    ],
)
def test_dates_with_slashes_are_refused_where_nothing_proves_their_order(judge, fault):
    assert [check.name for check in judge("trips", LEGACY, fault).refusals] == ["time_format"]


def test_columns_that_are_swapped_are_found_in_dates_with_slashes_as_well(judge):
    fault = f"select * replace (stoptime as starttime, starttime as stoptime) from ({slashed()})"
    assert [check.name for check in judge("trips", LEGACY, fault).refusals] == ["end_after_start"]


def test_rides_are_keyed_by_start_or_by_end_month(judge):
    start = some("ended_at", "'2024-06-01 00:10:00'", "source_record > 150")
    end = some("started_at", "'2024-04-30 23:50:00'", "source_record > 150")
    assert judge("trips", MODERN, start).passed
    assert judge("trips", MODERN, end).passed


@pytest.mark.parametrize("mangled", ["5.77e+3", "5770.E3", '="5,77E3"'])
def test_an_id_is_mangled_in_every_form_of_it(judge, mangled):
    assert [
        check.name for check in judge("trips", MODERN, some("end_station_id", f"'{mangled}'")).refusals
    ] == ["station_ids"]


def test_weather_of_the_margin_need_not_be_known(judge):
    assert (
        judge("weather", WEATHER, some("precipitation", "null", "time > '2024-06-01T05:00'")).warnings == []
    )


@pytest.mark.parametrize("value", ['["Public", 1]', '[["Public"]]', r'["Public", "\ud800"]', '""', "{}"])
@pytest.mark.parametrize("column", ["types", "counties"])
def test_a_list_is_one_of_texts(judge, column, value):
    result = judge("holidays", HOLIDAYS, some(column, f"'{value}'", "source_record = 3"))
    assert [check.name for check in result.refusals] == [f"{column}_readable"]


def test_fahrenheit_is_a_unit_and_not_a_fault(judge):
    said = "select * replace (65.3 as temperature_2m, '°F' as temperature_2m_unit) from good"
    unsaid = "select * replace (65.3 as temperature_2m) from good"
    assert judge("weather", WEATHER, said).passed
    assert {check.name for check in judge("weather", WEATHER, unsaid).refusals} == {
        "temperature_range",
        "temperature_mean",
    }


@pytest.mark.parametrize(
    ("table", "fault", "name"),
    [
        ("trips", some("member_casual", "'robot'"), "known_member_casual"),
        ("trips", some("start_lat", "'0.0'", "source_record <= 40"), "coordinates"),
        ("weather", "select * replace (null::double as wind_gusts_10m) from good", "filled_wind_gusts_10m"),
        ("weather", some("snowfall", "null", "time = '2024-05-12T07:00'"), "filled_snowfall"),
        ("weather", some("temperature_2m", "null", "time = '2024-05-12T07:00'"), "days_known"),
        ("weather", some("precipitation", "null", "time = '2024-06-01T05:00'"), "days_known"),
        ("weather", some("snowfall", "-999", "time = '2024-05-12T07:00'"), "other_ranges"),
        ("holidays", some("types", "'[\"Bicycle\"]'", "source_record = 2"), "types_known"),
        ("station_status", some("last_updated", "'1714600000'"), "up_to_date"),
        ("station_information", some("lat", "'0.0'"), "coordinates"),
        ("station_information", some("capacity", "'-1'"), "capacity"),
    ],
)
def test_what_is_only_odd_warns(judge, table, fault, name):
    result = judge(table, GOOD[table], fault)
    assert result.passed
    assert [check.name for check in result.warnings] == [name]
    assert name in {check["name"] for check in result.as_dict()["checks"] if not check["success"]}
