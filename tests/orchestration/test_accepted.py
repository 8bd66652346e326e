"""A person's `accept` never stops the lake: whatever the gate refuses in bronze, accepted it is published.

Every critical rule has its bad version, and there are some that no rule refuses. Each is a batch of its own,
so that one build has them all; which of them a failure is about, its message tells.
"""

from __future__ import annotations

import io
import re
from typing import Any

import duckdb
import pytest
from rich.console import Console

import lake as lake_package
from bronze.landing import bronze_schemas
from bronze.sources.open_meteo import VARIABLES
from lake import Lake
from lake.snapshots import current
from lake.versions import Version, add_version, all_versions, decide, next_version
from orchestration import steps
from orchestration.decisions import decide_by_person
from orchestration.run import Outcome, close
from orchestration.terminal import Terminal, status_tables
from tests.bronze.sound import BAD, GOOD, LEGACY, some

pytestmark = pytest.mark.slow
SOURCES = {table: source for source, table in bronze_schemas()}
NO_TEXTS = {
    "half a surrogate": r'["Public", "\ud800"]',
    "one text": '"US-NY"',
    "blank text": '""',
    "object": "{}",
    "number": "7",
    "nested": '[["US-NY"]]',
    "mixed": '["US-NY", 1, null]',
    "no json": "US-NY",
    "nothing": "",
}


def everywhere(value: str, *columns: str) -> str:
    return f"select * replace ({', '.join(f'{value} as {column}' for column in columns)}) from good"


#: Versions that a person may accept, or that pass: what else upstreams and spreadsheets do to them.
MORE = {
    "trips": {
        "a column less": "select * exclude (member_casual) from good",
        "nothing but nulls": everywhere("null::varchar", "started_at", "ended_at", "ride_id", "start_lat"),
    },
    "weather": {
        "a column less": "select * exclude (snowfall, snowfall_unit) from good",
        **{f"{value} everywhere": everywhere(f"'{value}'::double", *VARIABLES)
           for value in ("nan", "inf", "-inf", "1e300", "-999")},
        "nothing known": everywhere("null::double", *VARIABLES),
        "no units": everywhere("null::varchar", *(f"{name}_unit" for name in VARIABLES)),
        "a flood": everywhere("150.0::double", "precipitation", "rain", "snowfall"),
        "a hot month": everywhere("49.0::double", "temperature_2m"),
        "a storm": everywhere("900.0::double", "wind_speed_10m", "wind_gusts_10m"),
        "no time": everywhere("null::varchar", "time"),
        "between hours": "select * replace (left(time, 14) || '17' as time) from good",
        "between and on hours": "from good union all select * replace (left(time, 14) || '17' as time) from "
        "good",
        "other years": "select * replace (if(source_record % 2 = 0, '0001', '9999') || time[5:] as time) "
        "from good",
        "half an hour off": everywhere("19800::bigint", "utc_offset_seconds"),
        "offset of ages": everywhere("9000000000000000000", "utc_offset_seconds"),
        "every hour twice": "from good union all from good",
    },
    "station_status": {
        "a column less": "select * exclude (num_scooters_available) from good",
        "every entry twice": "from good union all select * replace (source_record + 20 as source_record) from good",
        "another day": "select * replace (left(asked_at, 8) || '03' || asked_at[11:] as asked_at) from good",
        "nothing but nulls": everywhere("null::varchar", "asked_at", "station_id", "num_bikes_available",
                                        "num_docks_available", "is_installed", "is_renting", "is_returning"),
        **{f"{value} everywhere": everywhere(f"'{value}'", "num_bikes_available", "num_ebikes_available",
                                             "num_docks_available", "is_installed", "last_reported", "last_updated")
           for value in ("-1", "nan", "1e400", "99999999999999999999", "", "NULL")},
        "closed": everywhere("'0'", "is_installed", "is_renting", "is_returning", "num_bikes_available"),
        "one station": everywhere("'S0'", "station_id"),
    },
    "station_information": {
        "a column less": "select * exclude (has_kiosk) from good",
        "every entry twice": "from good union all select * replace (source_record + 20 as source_record) from good",
        "nothing but nulls": everywhere("null::varchar", "asked_at", "station_id", "name", "short_name", "lat",
                                        "lon", "capacity"),
        **{f"{value} everywhere": everywhere(f"'{value}'", "lat", "lon", "capacity", "name", "short_name")
           for value in ("0.0", "nan", "1e400", "-999", "")},
        "one name": everywhere("'JC115'", "short_name"),
        "elsewhere": everywhere("'37.7'", "lat"),
    },
    "holidays": {
        "a column less": "select * exclude (launch_year) from good",
        **{f"types: {what}": some("types", f"'{text}'") for what, text in NO_TEXTS.items()},
        **{f"counties: {what}": some("counties", f"'{text}'") for what, text in NO_TEXTS.items()},
        **{f"date: {date}": some("date", f"'{date}'")
           for date in ("0001-01-01", "9999-12-31", "2021-02-30", "1e400", "inf", "294247-01-10", "")},
        "nothing but nulls": "select * replace (null::varchar as date, null::varchar as name, "
        "null::varchar as local_name, null::varchar as types, null::boolean as global, "
        "null::varchar as counties, null::varchar as country_code) from good",
        "no kinds": everywhere("null::varchar", "types"),
        "no names": everywhere("null::varchar", "name", "local_name"),
        "no country": everywhere("null::varchar", "country_code"),
        "every entry twice": "from good union all from good",
    },
}  # fmt: skip


def land(
    lake: Lake, table: str, number: int, fault: str, good: str, connection: duckdb.DuckDBPyConnection
) -> Version:
    """Land the rows of a fault as a batch of the year 2099 - `number`, unless they say another month.

    A batch of no period, as a list of sensors is one, is told apart by the number.
    """
    folder = lake.work / "landing" / f"{table}-{number}"
    folder.mkdir(parents=True)
    usual = batch_of(connection, good)
    written = re.search(r"-(\d{4})", usual)
    year, other = (written[1], str(2099 - number)) if written else (usual, f"{usual}-{number}")
    rows = f"with good as ({good}) {fault}".replace(year, other)
    connection.execute(f"create or replace table rows as {rows}")
    batch = batch_of(connection, "from rows") or usual.replace(year, other)
    connection.execute(
        f"copy (select * exclude (batch, version) from rows) to '{folder}/part.parquet' (format parquet)"
    )
    [(count,)] = connection.sql("select count(*) from rows").fetchall()
    period = batch[re.search(r"-\d{4}", batch).start() + 1 :] if written else ""
    months = [f"{period}-{month:02d}" for month in range(1, 13)] if len(period) == 4 else [period[:7]]
    record = {
        "origin": "sample",
        "key": batch,
        "etag": None,
        "content_hash": f"{table}-{number}",
        "rows_counted": count,
        "rows_landed": count,
        "months": months if written else [],
        "files": [{"name": "part.parquet", "rows": count, "bytes": 1}],
    }
    version = next_version(lake, SOURCES[table], table, batch)
    add_version(version, folder, record)
    return version


def batch_of(connection: duckdb.DuckDBPyConnection, rows: str) -> str:
    [(batch,)] = connection.execute(f"select any_value(batch) from ({rows})").fetchall()
    return str(batch or "")


@pytest.fixture(scope="module")
def accepted(tmp_path_factory) -> tuple[Lake, dict[tuple[str, str], Version]]:
    """Accept every bad version by hand beside a good month, and publish."""
    lake = Lake(tmp_path_factory.mktemp("accepted") / "lake")
    versions: dict[tuple[str, str], Version] = {}
    with duckdb.connect() as connection:
        for table in GOOD:
            faults = {"good": "from good"} | BAD[table] | MORE.get(table, {})
            for number, (name, fault) in enumerate(faults.items()):
                good = LEGACY if name == "tripduration" else GOOD[table]
                versions[table, name] = land(lake, table, number, fault, good, connection)
    # A person's way is gone once for each table: for each version the whole lake would be listed.
    asked = {version.table: version for version in all_versions(lake)}
    for version in asked.values():
        decide_by_person(
            lake, version.batch, "accepted", by="a person", reason="looked at it", table=version.table
        )
    for version in all_versions(lake):
        if version.verdict is None:
            decide(version, "accepted", by="a person", reason="looked at it")
    assert len({(one.table, one.batch) for one in versions.values()}) == len(versions)
    snapshot = steps.begin_snapshot(lake, "sample")
    gates: list[Any] = []
    for layer in ("silver", "gold"):
        steps.build_layer(lake, snapshot, layer)
        gates += steps.gate_layer(lake, snapshot, layer)
    steps.publish_snapshot(lake, snapshot, gates, {}, {})
    return lake, versions


@pytest.fixture(scope="module")
def ask(accepted):
    """Ask the published snapshot, with the batches of faults under the names the tests give them."""
    lake, versions = accepted
    with lake_package.connect(root=lake.root) as connection:

        def _ask(query: str, table: str, name: str) -> list[tuple[Any, ...]]:
            return connection.execute(query, {"batch": versions[table, name].batch}).fetchall()

        yield _ask


def test_what_a_person_accepts_is_published_and_accounted_for(accepted):
    lake, versions = accepted
    with lake_package.connect(root=lake.root) as connection:
        held = connection.sql("select batch from bronze.versions where is_in_snapshot").fetchall()
        lost = connection.sql("select * from silver.conservation where not is_conserved").fetchall()
    assert sorted(batch for (batch,) in held) == sorted(version.batch for version in versions.values())
    assert lost == []


def test_a_batch_of_which_most_rows_are_rejected_is_told(accepted):
    lake, versions = accepted
    shown = io.StringIO()
    terminal = Terminal(Console(file=shown, width=300))
    close(lake, Outcome(snapshot=current(lake)), terminal)
    for part in status_tables(lake_package.status(lake.root)):
        terminal.console.print(part)
    told = {
        ("trips", "nothing but nulls"): "200 of 200 rows (200 missing_start)",
        ("weather", "no time"): "792 of 792 rows (792 unreadable_time)",
        ("weather", "between and on hours"): None,
        ("weather", "good"): None,
    }
    for fault, said in told.items():
        batch = f" {versions[fault].batch} version 1: silver rejected "
        lines = [line for line in shown.getvalue().splitlines() if batch in line]
        assert [f"{batch}{said}" in line for line in lines] == ([True, True] if said else []), fault


def test_a_month_of_which_nothing_was_kept_is_not_covered(ask):
    query = "select count(*) from silver.covered_months where batch = $batch"
    kept = "select rows_kept > 0 from silver.conservation where batch = $batch and table_name = 'trips'"
    for fault, covers in {"good": 1, "nothing but nulls": 0}.items():
        assert ask(query, "trips", fault) == [(covers,)]
        assert ask(kept, "trips", fault) == [(covers == 1,)]


@pytest.mark.parametrize("column", ["types", "counties"])
@pytest.mark.parametrize("what", NO_TEXTS)
def test_text_that_is_no_list_of_texts_is_rejected_with_what_was_published(ask, column, what):
    rejected = (
        "select source_record, reason, detail from silver.rejected_answers where batch = $batch order by all"
    )
    kept = "select source_record from silver.dim_holidays where batch = $batch order by all"
    fault = "holidays", f"{column}: {what}"
    assert ask(rejected, *fault) == [
        (record, f"unreadable_{column}", f"{column}: {NO_TEXTS[what]}") for record in (1, 2, 3, 4)
    ]
    assert ask(kept, *fault) == [(record,) for record in (5, 6, 7, 8)]


def test_a_date_that_is_none_is_rejected_and_the_others_kept(ask):
    query = "select count(*), any_value(detail) from silver.rejected_answers where batch = $batch"
    for name in MORE["holidays"]:
        if name.startswith("date: "):
            [(rows, detail)] = ask(query, "holidays", name)
            assert (rows, detail[:7]) == (4, "date: " + detail[6:7]), name
    [(rows,)] = ask("select count(*) from silver.dim_holidays where batch = $batch", "holidays", "date: inf")
    assert rows == 4


def test_a_station_that_cannot_be_read_is_rejected_and_one_listed_twice_is_kept_once(ask):
    query = """
        select rows_kept, rows_rejected, rows_duplicate, rows_outside from silver.conservation
        where batch = $batch and table_name = 'station_status'
    """
    told = {
        "good": (20, 0, 0, 0),
        "every entry twice": (20, 0, 20, 0),
        "one station": (2, 0, 18, 0),
        "another day": (0, 0, 0, 20),
        "nothing but nulls": (0, 20, 0, 0),
        "-1 everywhere": (0, 20, 0, 0),
        "closed": (20, 0, 0, 0),
        "counts": (16, 4, 0, 0),
    }
    assert {name: ask(query, "station_status", name) for name in told} == {
        name: [found] for name, found in told.items()
    }
    closed = "select distinct state from silver.fct_station_status where batch = $batch"
    assert ask(closed, "station_status", "closed") == [("out_of_service",)]
    told_of = "select sum(answers), count(latitude) from silver.bike_station_days where batch = $batch"
    assert ask(told_of, "station_information", "nan everywhere") == [(20, 0)]


@pytest.mark.parametrize("name", ["nan everywhere", "inf everywhere", "-999 everywhere", "nothing known"])
def test_weather_that_cannot_be_is_unknown_and_not_a_day(ask, name):
    days = """
        select count(*), max(hours), max(precipitation_hours), bool_or(is_complete), count(temperature_mean_c),
            count(precipitation_mm), count(is_wet), count(wind_gusts_max_kmh)
        from silver.fct_weather_daily
        where strftime(weather_date, '%Y-%m') = right($batch, 7)
    """
    assert ask(days, "weather", name) == [(31, 0, 0, False, 0, 0, 0, 0)]
    told = "select min(len(impossible_values)) from silver.fct_weather_hourly where batch = $batch"
    assert ask(told, "weather", name) == [(0 if name == "nothing known" else len(VARIABLES),)]


def test_a_time_between_two_hours_is_rejected_and_doubles_no_day(ask):
    query = "select count(*), min(detail) from silver.rejected_answers where batch = $batch"
    [(rows, detail)] = ask(query, "weather", "between and on hours")
    assert (rows, detail[-6:]) == (792, "T00:17")
    days = (
        "select min(hours), max(hours) from silver.fct_weather_daily where strftime(weather_date, "
        "'%Y-%m') = right($batch, 7)"
    )
    assert ask(days, "weather", "between and on hours") == [(24, 24)]
    [(rows, detail)] = ask(query, "weather", "half an hour off")
    assert (rows, detail[16:]) == (792, "T00:00 at an offset of 19800 s")
