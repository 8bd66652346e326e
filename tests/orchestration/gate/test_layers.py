"""The gates on silver and gold, on a small hand-made snapshot and on broken ones."""

from __future__ import annotations

import importlib
import shutil
from dataclasses import replace

import duckdb
import pytest

from bronze.expectations.rules import is_unwritten
from orchestration.gate import judge as gate
from orchestration.gate.result import Check, GateResult
from tests.orchestration.gate.broken import judged, relations_of

pytestmark = pytest.mark.slow


def written(layer):
    """Return the suites of a layer but those of skeletons, whose tables nobody builds."""
    rules = {
        table: importlib.import_module(f"{layer}.expectations.{table}").RULES for table in gate.suites(layer)
    }
    return [table for table in rules if not is_unwritten(rules[table])]


@pytest.mark.parametrize("layer", ["silver", "gold"])
def test_a_good_layer_passes_without_warnings(good, layer):
    results = gate.judge_layer(good, layer)
    lines = [line for result in results for line in result.lines()]
    assert [line for line in lines if not line.startswith("passed")] == []
    assert all(result.passed for result in results)
    # Each of its own tables once, and none of those of silver that gold is compared with.
    assert [result.table for result in results] == written(layer)


def test_a_table_without_a_suite_is_listed(good, tmp_path):
    shutil.copytree(good / "silver", tmp_path / "silver")
    shutil.copytree(good / "silver" / "dim_dates", tmp_path / "silver" / "extra")
    [result] = [r for r in gate.judge_layer(tmp_path, "silver") if r.table == "extra"]
    assert result.passed
    assert result.suite is result.suite_hash is None
    assert result.note == "there is no suite for this table"


def test_a_missing_table_is_refused(good, tmp_path):
    shutil.copytree(good / "silver", tmp_path / "silver")
    shutil.rmtree(tmp_path / "silver" / "dim_dates")
    refused = {r.table: r for r in gate.judge_layer(tmp_path, "silver") if not r.passed}
    assert "the table is missing" in refused["dim_dates"].why
    # what is compared with the missing table cannot be checked, and that blocks as well
    assert set(refused) == {"dim_dates", "fct_weather_daily"}


FAULTS = [
    ("silver", "covered_months", "select * replace ('May' as trip_month) from good", "month"),
    ("silver", "covered_months", "from good where false", "own_trips"),
    ("silver", "covered_months", "select * replace (last_day + 30 as last_day) from good", "days"),
    ("silver", "covered_months", "from good union all select * replace ('nyc' as city, 'nyc-2024-05' as batch) "
     "from good", "kept"),
    ("silver", "duplicate_trips", "select * replace (77 as winner_record) from good", "winner_kept"),
    ("silver", "duplicate_trips", "select * replace (winner_record as source_record) from good", "other_row"),
    ("silver", "duplicate_trips", "select * replace ('chance' as lost_by) from good", "known_lost_by"),
    ("silver", "station_ids", "select '2024-05' as trip_month, '5379.1' as published_id, "
     "'5379.1' as station_id, 'same_name' as reason, 1 as sightings", "decision"),
    ("silver", "station_lives", "select * replace (false as is_latest) from good", "one_latest"),
    ("silver", "station_lives", "select * replace (sightings + 1 as sightings) from good", "all_sightings"),
    ("silver", "dim_stations", "select * replace ('Elm Row' as station_name) from good", "lives"),
    ("silver", "fct_trips", "select * replace (null::boolean as is_end_elsewhere) from good",
     "elsewhere_flags"),
    ("silver", "station_months", "select * replace (starts + 1 as starts) from good", "all_ends"),
    ("silver", "station_months", "select * replace (0.0::double as latitude) from good", "coordinates"),
    ("silver", "dim_holidays", "select * replace (false as is_public) from good", "states"),
    ("silver", "rejected_answers", "select * replace ('' as reason) from good", "reason"),
    ("silver", "unkept_answers", "select * replace (null::varchar as answer_month) from good", "origin"),
    ("silver", "unkept_answers", "select * replace ('kept' as outcome) from good", "outcome"),
    ("silver", "unkept_answers", "select * replace (null::varchar as reason) from good", "outcome"),
    ("silver", "unkept_answers", "select * replace (3 as source_record) from good", "rejected"),
    (
        "silver",
        "fct_trips",
        "from good union all from good where trip_id = 'R1'",
        "unique_trip_month_trip_id",
    ),
    ("silver", "fct_trips", "select * replace ('2024-04' as trip_month) from good", "partition"),
    (
        "silver",
        "fct_trips",
        "select * replace (started_at_local - interval 1 hour as started_at_local, "
        "trip_hour - 1 as trip_hour) from good",
        "local_time",
    ),
    ("silver", "fct_trips", "select * replace (-1.0::double as duration_seconds, true as is_false_start, "
     "false as is_lost_bike) from good", "order"),
    ("silver", "fct_trips", "select * replace ('JC999' as start_station_id) from good", "stations_known"),
    ("silver", "fct_trips", "select * replace ('bike' as bike_type) from good", "known_bike_type"),
    ("silver", "rejected_trips", "select * replace ('' as reason) from good", "reason"),
    ("silver", "rejected_trips", "select * replace (17 as source_record) from good", "not_kept"),
    ("silver", "conservation", "select * replace (false as is_conserved) from good", "conserved"),
    ("silver", "conservation", "select * replace (240 as rows_bronze) from good", "sums"),
    ("silver", "dim_stations", "select * replace (0.0::double as latitude) from good", "coordinates"),
    ("silver", "dim_dates", "from good where day(date_day) <> 20", "no_gaps"),
    ("silver", "dim_dates", "from good where day(date_day) > 4", "covers_trips"),
    ("silver", "dim_dates", "select * replace (day_of_week - 1 as day_of_week) from good", "calendar"),
    ("silver", "dim_dates", "select * replace ('summer' as season) from good", "season"),
    ("silver", "fct_weather_hourly", "from good union all from good", "unique_location_hour_utc"),
    ("silver", "fct_weather_hourly", "select * replace (64.4::double as temperature_c) from good",
     "range_temperature_c"),
    ("silver", "fct_weather_hourly", "select * replace (hour_utc - interval 5 hour as hour_local) from good",
     "times"),
    ("silver", "fct_weather_daily", "select * replace (23 as hours) from good", "complete"),
    ("silver", "fct_weather_daily", "select * replace (23 as precipitation_hours) from good", "whole"),
    ("silver", "fct_weather_daily", "select * replace (null::double as temperature_min_c) from good", "whole"),
    ("silver", "fct_weather_daily", "select * replace (precipitation_mm + 1 as precipitation_mm) from good",
     "same_rain"),
    ("silver", "fct_station_status", "from good union all from good",
     "unique_system_station_id_asked_at_utc"),
    ("silver", "fct_station_status", "select * replace ('2024-04' as status_month) from good", "key"),
    ("silver", "fct_station_status", "select * replace (asked_at_utc as asked_at_local) from good", "local_time"),
    ("silver", "fct_station_status", "select * replace (false as is_returning) from good", "state"),
    ("silver", "fct_station_status", "select * replace (if(station_id = 'a', 60, 900)::smallint as held_seconds) "
     "from good", "holds_alike"),
    ("silver", "station_polls", "select * replace (3 as stations_full) from good", "stations"),
    ("silver", "station_polls", "from good where asked_at_utc > timestamp '2024-05-02 12:00:00'", "all_statuses"),
    ("silver", "bike_station_days", "select * replace (1 as answers) from good", "times"),
    ("silver", "bike_station_days", "select * replace ('2024-04' as station_month) from good", "month"),
    ("silver", "bike_station_days", "from good union all select * replace (timestamp '2024-05-02 18:00:00' as "
     "first_asked_at_utc, 1 as answers) from good", "in_order"),
    ("silver", "dim_bike_stations", "select * replace (valid_from_utc as valid_to_utc) from good", "times"),
    ("silver", "dim_bike_stations", "select * replace (false as is_latest) from good", "one_latest"),
    ("silver", "dim_bike_stations", "from good where station_id = 'a'", "all_stations"),
    ("gold", "mart_station_availability", "from good where status_hour > 8", "all_polls"),
    ("gold", "mart_station_availability", "select * replace (minutes_empty + 1 as minutes_empty) from good",
     "minutes"),
    ("gold", "mart_station_availability", "select * replace (-net_flow as net_flow) from good", "net_flow"),
    ("gold", "mart_station_availability", "select * replace (true as is_short_name_shared) from good",
     "whose_trips"),
    ("gold", "mart_station_availability", "select * replace (41.5::double as latitude) from good",
     "coordinates"),
    ("gold", "mart_demand_daily", "from good where trip_date <> date '2024-05-03'", "all_trips"),
    ("gold", "mart_demand_hourly", "from good where trip_hour <> 9", "same_as_daily"),
    ("gold", "mart_covered_days", "from good where trip_date <> date '2024-05-03'", "same_as_daily"),
    ("gold", "mart_covered_days", "from good where false", "same_as_daily"),
    ("gold", "mart_covered_days", "select * replace ('nyc' as city) from good", "months_covered"),
    ("gold", "mart_covered_days", "select * replace (trip_date + 7 as trip_date) from good", "months_covered"),
    ("gold", "mart_covered_days", "select * replace (false as is_wet) from good", "is_wet"),
    ("gold", "mart_station_hours", "from good where station_id <> 'HB103'", "all_movements"),
    ("gold", "mart_durations", "from good where minutes < 6", "all_rides"),
    ("gold", "mart_distances", "from good where trip_date <> date '2024-05-03'", "all_rides"),
    ("gold", "mart_station_stats", "select * replace (-net_flow as net_flow) from good", "net_flow"),
    ("gold", "mart_routes", "select * replace (trips + 1 as member_trips) from good", "parts"),
    ("gold", "mart_weather_effect", "select * replace (null::varchar as rain_band) from good", "bands"),
    ("gold", "mart_holiday_impact", "select * replace (-difference as difference, "
     "-difference_pct as difference_pct) from good", "difference"),
    ("gold", "mart_holiday_impact", "select * replace (date '2024-05-04' as holiday_date) from good",
     "is_holiday"),
]  # fmt: skip


@pytest.mark.parametrize(("layer", "table", "fault", "name"), FAULTS, ids=[f"{f[1]}-{f[3]}" for f in FAULTS])
def test_a_broken_table_is_refused_by_its_expectation(good, tmp_path, layer, table, fault, name):
    result = judged(good, layer, table, fault, quarantine=tmp_path / "q")
    assert name in [check.name for check in result.refusals]
    assert all(check.exception is None for check in result.checks)
    assert (tmp_path / "q" / "rows" / f"{name}.parquet").exists()
    assert "The snapshot was not published" in (tmp_path / "q" / "report.md").read_text()


@pytest.mark.parametrize(
    ("table", "share", "told"),
    [("holidays", 0.009, False), ("holidays", 0.02, True), ("weather", 0.07, False), ("weather", 0.11, True)],
)
def test_many_rows_outside_are_told(good, table, share, told):
    """A time read in another zone, or a field that is often missing: the law of rows holds all the same."""
    lost = f"""
        select * replace ('{table}' as table_name, 1000 as rows_bronze, 1000 as rows_counted, 0 as rows_duplicate,
            0 as rows_rejected, 1000 * {1 - share} as rows_kept, 1000 * {share} as rows_outside)
        from good
    """
    result = judged(good, "silver", "conservation", lost)
    assert ("few_outside" in [check.name for check in result.warnings]) == told


@pytest.mark.parametrize(("strays", "told"), [("2024-04", False), ("2024-05", True)])
def test_weather_is_missed_in_covered_months_only(good, strays, told):
    """A file keyed by when rides end brings a few of the month before, for which nobody has asked."""
    others = relations_of(good)
    moved = f"select * replace (if(trip_id = 'R1', '{strays}', trip_month) as trip_month) from ({{}})"
    others["silver.fct_trips"] = moved.format(others["silver.fct_trips"])
    june = "select * replace (hour_local + interval 1 month as hour_local) from good"
    weather = f"with good as ({others['silver.fct_weather_hourly']}) {june if told else 'from good'}"
    result = gate.judge(
        layer="silver",
        table="fct_weather_hourly",
        relation_sql=weather,
        subject="silver.fct_weather_hourly",
        others=others,
    )
    assert ("covers_trips" in [check.name for check in result.warnings]) == told


@pytest.mark.parametrize(
    ("year", "landed", "told"), [(2022, 2021, False), (2022, 2022, True), (2024, 2021, True)]
)
def test_holidays_are_missed_in_years_that_landed_or_are_covered(good, year, landed, told):
    """Between the years of a lake lie some of which it has nothing."""
    others = relations_of(good)
    others["silver.conservation"] += f"""
        union all by name select 'nager' as source, 'holidays' as table_name, 'us-{landed}' as batch, 1 as version
    """
    result = gate.judge(
        layer="silver",
        table="dim_dates",
        relation_sql=f"""
            select cast(day as date) as date_day, false as is_holiday
            from generate_series(timestamp '{year}-01-01', timestamp '{year}-12-31', interval 1 day) as days (day)
        """,
        subject="silver.dim_dates",
        others=others,
    )
    assert ("holidays_per_year" in [check.name for check in result.warnings]) == told


def test_weather_of_a_second_place_is_told(good):
    """Marts show one of them: a run with another place configured changed every temperature without a word."""
    both = "from good union all select * replace ('boston' as location) from good"
    result = judged(good, "silver", "fct_weather_daily", both)
    assert [check.name for check in result.warnings] == ["one_place"]
    assert any("marts take the first by name" in line for line in result.lines())


@pytest.mark.parametrize(
    ("layer", "table", "fault", "name"),
    [
        ("silver", "fct_trips", "select * replace ('bike' as bike_type) from good", "known_bike_type"),
        ("silver", "dim_stations", "select * replace (0.0::double as latitude) from good", "coordinates"),
        ("silver", "rejected_trips", "select * replace ('' as reason) from good", "reason"),
        ("silver", "station_months", "select * replace (0.0::double as latitude) from good", "coordinates"),
        ("gold", "mart_station_stats", "select * replace (-net_flow as net_flow) from good", "net_flow"),
        ("gold", "mart_demand_daily", "select * replace ('mars' as city) from good", "known_city"),
    ],
    ids=lambda value: value if " " not in value else "",
)
def test_a_refusal_of_a_layer_names_the_batches_of_its_rows(good, layer, table, fault, name):
    result = judged(good, layer, table, fault)
    (check,) = (check for check in result.refusals if check.name == name)
    assert check.batches == ("jc-2024-05 version 1",)
    assert any(line.endswith(", from jc-2024-05 version 1") for line in result.lines())
    assert GateResult.of(result.as_dict()).checks == result.checks


def test_a_line_names_a_few_of_many_batches():
    many = tuple(f"jc-2024-{month:02} version 1" for month in range(1, 8))
    found = Check("x", "t", "e", None, "critical", "r", False, unexpected_count=7, element_count=9)
    assert replace(found, batches=many).extent == (
        "7 of 9 rows, from jc-2024-01 version 1, jc-2024-02 version 1, jc-2024-03 version 1, "
        "jc-2024-04 version 1 and 3 more"
    )


def test_refusals_of_a_layer_are_written_by_table(good, tmp_path):
    shutil.copytree(good / "silver", tmp_path / "silver")
    with duckdb.connect() as connection:
        station = tmp_path / "silver" / "dim_stations" / "data.parquet"
        connection.execute(f"create table s as from '{station}'")
        connection.execute(f"copy (select * replace ('' as station_id) from s) to '{station}'")
    results = gate.judge_layer(tmp_path, "silver", quarantine=tmp_path / "q")
    refused = {result.table: result for result in results if not result.passed}
    assert set(refused) == {"dim_stations", "fct_trips"}
    assert refused["dim_stations"].report == tmp_path / "q" / "silver" / "dim_stations" / "report.md"
