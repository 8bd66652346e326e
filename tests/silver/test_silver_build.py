"""Silver of a small lake that holds every kind of row: what is kept, rejected, a duplicate, and why."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from tests.silver.conftest import TWICE, TWICE_RENAMED, TWICE_TIDIED
from tests.silver.lakefixture import PROJECT, Bronze, dbt, holiday, hour, modern

pytestmark = pytest.mark.slow


def test_every_dbt_test_passes_and_every_published_table_is_there(built):
    assert built.failures() == {}
    assert built.success
    published = {path.stem for path in (PROJECT / "silver" / "models" / "core").glob("*.sql")}
    assert {folder.name for folder in (built.out / "silver").iterdir()} == published


def test_rows_in_are_rows_out_for_every_version(built):
    counts = "rows_counted, rows_bronze, rows_kept, rows_rejected, rows_duplicate, rows_outside, is_conserved"
    assert built.rows("conservation", columns=f"batch, version, {counts}") == [
        ("jc-2017-11", 1, 4, 4, 3, 0, 1, 0, True),
        ("jc-2024-10", 1, 2, 2, 1, 0, 1, 0, True),
        ("new-york-2024-09", 1, 1, 1, 0, 1, 0, 0, True),
        ("new-york-2024-10", 1, 2, 2, 1, 0, 0, 1, True),
        ("new-york-2024-11", 1, 168, 168, 116, 0, 0, 52, True),
        ("nyc-2017-11", 1, 3, 3, 2, 0, 1, 0, True),
        ("nyc-2017-12", 1, 1, 1, 0, 1, 0, 0, True),
        ("nyc-2024-10", 1, 11, 11, 6, 4, 1, 0, True),
        ("nyc-2024-11", 3, 1, 1, 1, 0, 0, 0, True),
        ("us-2024", 1, 5, 5, 4, 1, 0, 0, True),
        ("us-2025", 1, 1, 1, 0, 0, 1, 0, True),
    ]


def test_a_row_is_rejected_with_its_reason_and_place(built):
    rows = built.rows("rejected_trips", columns="source_record, ride_id, reason, detail")
    assert rows == [
        (
            1,
            None,
            "unreadable_start",
            "M/D/YYYY or D/M/YYYY, which the archive does not prove: 12/3/2017 2:07",
        ),
        (6, "SKEW", "ends_before_start", "ends 60.0 s before it starts"),
        (7, "TEXT", "unreadable_start", "not YYYY-MM-DD HH:MM:SS: 10/5/24 8:10"),
        (8, "BLANK", "missing_start", "no time"),
        # A rejected copy of a trip does not compete with it.
        (11, "A", "ends_before_start", "ends 60.0 s before it starts"),
    ]


def test_false_starts_lost_bikes_and_early_rides_are_kept_and_flagged(built):
    rows = built.rows(
        "fct_trips",
        columns="trip_id, trip_month, trip_hour, duration_seconds, is_false_start, is_lost_bike",
        where="batch = 'nyc-2024-10' and trip_id in ('A', 'B', 'C', 'D')",
    )
    assert rows == [
        ("A", "2024-10", 8, 600.5, False, False),
        ("B", "2024-10", 8, 59.0, True, False),
        ("C", "2024-10", 8, 86401.0, False, True),
        ("D", "2024-09", 23, 601.0, False, False),
    ]


def test_the_doubled_hour_of_a_modern_and_a_legacy_ride(built):
    columns = (
        "cast(ended_at_utc as varchar), cast(ended_at_local as varchar), duration_seconds, is_time_ambiguous"
    )
    assert built.rows("fct_trips", columns=columns, where="trip_id = 'F'") == [
        ("2024-11-03 06:06:26.257", "2024-11-03 01:06:26.257", 450.178, False)
    ]
    assert built.rows("fct_trips", columns=columns, where="trip_date = '2017-11-05'") == [
        ("2017-11-05 06:20:00", "2017-11-05 01:20:00", 5400.0, False)
    ]


def test_dates_with_slashes_are_read_where_their_file_proves_the_order(built):
    columns = "cast(started_at_local as varchar), duration_seconds, is_to_the_minute"
    assert built.rows("fct_trips", columns=columns, where="batch like 'nyc-2017-%'") == [
        ("2017-11-03 02:07:00", 605.0, True),
        ("2017-11-23 17:53:13", 495.0, False),
    ]
    assert built.rows("fct_trips", columns="count(*)", where="is_to_the_minute") == [(1,)]


def test_duplicates_name_the_row_that_won(built):
    kept = built.rows("fct_trips", columns="batch, source_member, source_record", where="trip_id = 'TWICE'")
    winner = "winner_batch, winner_member, winner_record"
    lost = built.rows("duplicate_trips", columns=winner, where="trip_id = 'TWICE'")
    assert len(kept) == 1
    assert lost == kept * 2
    assert built.rows("duplicate_trips", columns="batch, lost_by", where="trip_id = 'TWICE'") == [
        ("jc-2024-10", "key"), ("nyc-2024-10", "nothing"),
    ]  # fmt: skip
    # A legacy ride has no id: the same times, bike and stations are one ride, another bike makes another.
    assert len(built.rows("duplicate_trips", where="trip_id like 'legacy-%' and batch like 'jc-%'")) == 1
    assert len(built.rows("fct_trips", where="trip_date = '2017-11-04'")) == 2


def test_the_winner_does_not_depend_on_the_order_of_landing(built, tmp_path):
    turned = Bronze(tmp_path / "bronze")
    # The same three copies, landed in another order, and with the rows of a file in another one.
    turned.trips("jc-2024-10", [TWICE_RENAMED], version=9)
    turned.trips("nyc-2024-10", [TWICE_TIDIED, TWICE])
    again = dbt(tmp_path, turned.finish(), "--select", "+fct_trips", command="run")
    content = "trip_id, start_station_name, started_at_utc, city"
    assert again.rows("fct_trips", columns=content) == built.rows(
        "fct_trips", columns=content, where="trip_id = 'TWICE'"
    )


def test_the_later_dump_has_the_repaired_copy(tmp_path):
    """Whichever lands first: the ride over the month's end is in both files, and repaired in the second."""
    ride = modern("EDGE", "2024-10-31 23:50:00", "2024-11-01 00:10:00")
    names: list[tuple[str]] = []
    for first, second in (("nyc-2024-10", "nyc-2024-11"), ("nyc-2024-11", "nyc-2024-10")):
        bronze = Bronze(tmp_path / first / "bronze")
        for batch in (first, second):
            name = "Repaired" if batch == "nyc-2024-11" else f"Broken {len(names)}"
            bronze.trips(batch, [{**ride, "start_station_name": name}])
        built = dbt(
            tmp_path / first, bronze.finish(), "--select", "+duplicate_trips", "+fct_trips", command="run"
        )
        names += built.rows("fct_trips", columns="start_station_name")
        assert built.rows("duplicate_trips", columns="batch, lost_by") == [("nyc-2024-10", "period")]
    assert names == [("Repaired",), ("Repaired",)]


def test_the_city_is_where_the_trip_started(built):
    cities = dict(built.rows("fct_trips", columns="coalesce(bike_id, trip_id), city"))
    assert cities["A"] == "nyc"
    assert cities["J"] == "jc"
    assert cities["24575"] == "jc"


def test_stations_with_their_days_places_and_depots(built):
    rows = {row[0]: row[1:] for row in built.rows("dim_stations")}
    assert rows["SYS041"] == (
        "Yard 7 Depot", ["Yard 7 Depot"], [], 1, date(2024, 10, 7), date(2024, 10, 7), None, None, None, True,
        False, 0, False,
    )  # fmt: skip
    assert rows["5470.10"][4:6] == (date(2024, 9, 30), date(2024, 11, 3))
    assert rows["5470.10"][8:] == ("nyc", False, False, 0, True)
    assert rows["JC001"][8] == "jc"


def test_a_local_day_of_weather_is_whole_or_says_so(built):
    rows = built.rows(
        "fct_weather_daily", columns="weather_date, hours, is_complete, precipitation_mm, is_wet"
    )
    # What fell before midnight is published with midnight's hour, here 1 mm at 04:00 UTC.
    assert built.rows(
        "fct_weather_hourly", columns="precipitation_mm", where="weather_date = '2024-10-31'"
    ) == [(1.0,)]
    # One hour of twenty-four is no day: its rain is no total, and the day neither wet nor dry.
    assert rows[0] == (date(2024, 10, 31), 1, False, None, None)
    # 04:00 UTC on the 1st is midnight in New York and in both answers: the batch of its month has it.
    assert rows[1] == (date(2024, 11, 1), 24, True, 0.0, False)
    assert rows[3] == (date(2024, 11, 3), 25, True, 0.0, False)
    assert built.rows("rejected_answers", columns="table_name, reason, detail") == [
        ("holidays", "unreadable_date", "date: some day"),
        ("weather", "unknown_unit", "temperature_2m in K"),
    ]


def test_dates_cover_whole_months_and_merge_holidays(built):
    days = built.rows(
        "dim_dates", columns="date_day, hours_in_day, holiday_name, is_holiday_ny, is_holiday_nj"
    )
    assert (days[0][0], days[-1][0]) == (date(2017, 11, 1), date(2024, 11, 30))
    facts = {day: rest for day, *rest in days}
    assert facts[date(2024, 11, 3)] == [25, None, False, False]
    assert facts[date(2024, 10, 14)] == [24, "Columbus Day", True, True]
    assert facts[date(2024, 11, 5)] == [24, "Election Day", False, True]
    assert len(facts) == len(days)


def test_a_lake_without_any_rows_gives_typed_empty_tables(built, tmp_path):
    empty = dbt(tmp_path, Bronze(tmp_path / "bronze").finish(), "--select", "path:silver", command="run")
    assert empty.failures() == {}
    for folder in (built.out / "silver").iterdir():
        assert empty.rows(folder.name) == []
        assert empty.types(folder.name) == built.types(folder.name), folder.name


def test_a_lost_row_fails_the_build(tmp_path):
    bronze = Bronze(tmp_path / "bronze")
    bronze.trips("nyc-2024-10", [modern("A", "2024-10-05 08:00:00", "2024-10-05 08:10:00")], rows_counted=2)
    models = "+conservation,resource_type:model"
    data_alone = ["--exclude-resource-type", "unit_test"]
    build = dbt(tmp_path, bronze.finish(), "--select", models, "no_row_is_lost", *data_alone)
    assert set(build.failures()) == {"no_row_is_lost"}


def test_a_failed_test_names_the_rules_that_rows_break(tmp_path):
    bronze = Bronze(tmp_path / "bronze")
    for year, state in ((2022, "held"), (2023, "lost"), (2024, "lost")):
        bronze.holidays(f"us-{year}", [holiday(f"{year}-12-31", "New Year's Eve")], state=state)
    build = dbt(tmp_path, bronze.finish(), "--select", "source:lake.versions")
    [said] = build.failures().values()
    assert said == (
        "state is unknown, versions_in_snapshot_are_accepted: 2 rows; versions_in_snapshot_are_accepted: 1 rows "
        "(3 rows; silver/models/sources/lake.yml)"
    )


def test_freshness_of_every_source_can_be_told(tmp_path):
    """Landed today, the sources are fresh; the same versions landed three years ago are not."""
    for age, status in ((0, "pass"), (1000, "warn")):
        bronze = Bronze(tmp_path / f"bronze{age}")
        landed = datetime.now(UTC).replace(tzinfo=None) - timedelta(days=age)
        bronze.trips(
            "jc-2024-10", [modern("A", "2024-10-05 08:00:00", "2024-10-05 08:10:00")], landed_at=landed
        )
        bronze.weather("new-york-2024-10", [hour("2024-10-05T08:00")], landed_at=landed)
        bronze.holidays("us-2024", [holiday("2024-10-14", "Columbus Day")], landed_at=landed)
        told = dbt(tmp_path / f"work{age}", bronze.finish(), "freshness", command="source")
        states = {name: state for name, (state, _) in told.results.items()}
        assert {states[name] for name in ("trips", "weather", "holidays")} == {status}
