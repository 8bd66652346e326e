"""Landing from a served folder: the same listing, HTTP, zip and CSV code as against the live upstreams."""

from __future__ import annotations

import json
import os
import zipfile

import pyarrow.parquet as pq
import pytest

from bronze import landing
from bronze.sample.faults import CUT, DROP, server_error, too_many
from lake import locate
from lake.versions import all_versions
from tests.bronze.upstream import (
    LEGACY_HEADER,
    holiday,
    land,
    legacy,
    modern,
    modern_csv,
    outcomes,
    put,
    put_holidays,
    rows,
    zipped,
)

JC = "JC-202405-citibike-tripdata.csv.zip"
CSV = "JC-202405-citibike-tripdata.csv"


def test_a_month_lands_with_its_record(upstream):
    folder, _, _ = upstream
    put(folder, JC, zipped({CSV: modern_csv(3), f"__MACOSX/._{CSV}": b"\x00\x05\x16\x07binary"}))
    (landed,) = land()
    record = landed.version.record
    assert (record["rows_counted"], record["rows_landed"], record["months"]) == (3, 3, ["2024-05"])
    assert [member["name"] for member in record["members"]] == [CSV]
    table = rows(landed.version)
    assert table.select("ride_id", "start_lat", "tripduration", "source_key", "source_record").fetchall() == [
        (f"{n:016X}", "40.7196", None, JC, n) for n in (1, 2, 3)
    ]


def test_the_second_landing_of_the_same_content_changes_nothing(upstream):
    folder, _, endpoints = upstream
    put(folder, JC, zipped({CSV: modern_csv(3)}))
    land()
    endpoints.requests.clear()
    assert outcomes(land()) == {"jc-2024-05": "unchanged"}
    assert not [request for request in endpoints.requests if request.path.endswith(".zip")]
    assert len(all_versions(locate())) == 1


@pytest.mark.parametrize("damaged", ["decisions.json", "version=1/record.json"])
def test_what_is_damaged_in_the_lake_is_named_where_it_stops_a_landing(upstream, damaged):
    folder, _, _ = upstream
    put(folder, JC, zipped({CSV: modern_csv(3)}))
    (landed,) = land()
    path = landed.version.path.parent / damaged
    path.write_text("{")
    put(folder, JC, zipped({CSV: modern_csv(4)}))
    (failed,) = land()
    assert failed.error.startswith(f"{path} is not readable as JSON")
    assert "; " in failed.error, "and what to do"


def test_a_republication_becomes_the_next_version_and_back_again_a_third(upstream):
    folder, _, _ = upstream
    first, second = zipped({CSV: modern_csv(3)}), zipped({CSV: modern_csv(4)})
    for content in (first, second, first):
        put(folder, JC, content)
        land()
    assert [version.record["rows_landed"] for version in all_versions(locate())] == [3, 4, 3]


def test_the_same_rows_packed_anew_are_unchanged_and_not_downloaded_again(upstream):
    folder, _, endpoints = upstream
    put(folder, JC, zipped({CSV: modern_csv(3)}))
    land()
    put(folder, JC, zipped({CSV: modern_csv(3)}, zipfile.ZIP_STORED))
    assert outcomes(land()) == {"jc-2024-05": "unchanged"}
    endpoints.requests.clear()
    assert outcomes(land()) == {"jc-2024-05": "unchanged"}
    assert not [request for request in endpoints.requests if request.path.endswith(".zip")]


@pytest.mark.parametrize(
    "key",
    [
        "JC-202405 citibike-tripdata.csv.zip",
        "JC-202405-citbike-tripdata.zip",
        "JC-202405-citibike-tripdata.zip",
    ],
)
def test_keys_are_read_and_not_built(upstream, key):
    folder, _, _ = upstream
    put(folder, key, zipped({CSV: modern_csv(2)}))
    put(folder, "index.html", b"<html></html>")
    put(folder, "JC-202404-citibike-tripdata.csv.zip", zipped({CSV: modern_csv(2)}))
    assert outcomes(land()) == {"jc-2024-05": "landed"}


def test_a_renamed_key_with_the_same_content_is_the_same_batch(upstream):
    folder, _, _ = upstream
    put(folder, JC, zipped({CSV: modern_csv(2)}))
    land()
    (folder / "tripdata" / JC).rename(folder / "tripdata" / "JC-202405-citibike-tripdata.zip")
    assert outcomes(land()) == {"jc-2024-05": "unchanged"}


def test_both_schemas_are_told_apart_by_their_header(upstream):
    folder, _, _ = upstream
    header = LEGACY_HEADER.replace("bikeid", "bikeid,name_localizedValue0")
    cells = legacy().split(",")
    extra = ",".join([*cells[:12], "Annual Membership", *cells[12:]])
    put(folder, JC, zipped({"a.csv": f"{header}\r\n{extra}\r\n", "b.csv": "\ufeff" + modern_csv(1)}))
    (landed,) = land()
    got = rows(landed.version).select("ride_id", "bikeid", "name_localizedvalue0", "usertype").fetchall()
    assert got == [
        (None, "20001", "Annual Membership", "Subscriber"),
        (f"{1:016X}", None, None, None),
    ]


def test_the_spelling_of_legacy_headers_varies(upstream):
    folder, _, _ = upstream
    spelled = (
        "Trip Duration,Start Time,Stop Time,Start Station ID,Start Station Name,Start Station Latitude,"
        "Start Station Longitude,End Station ID,End Station Name,End Station Latitude,End Station Longitude,"
        "Bike ID,User Type,Birth Year,Gender"
    )
    put(folder, JC, zipped({CSV: f"{spelled}\n{legacy()}\n"}))
    (landed,) = land()
    assert rows(landed.version).select("starttime", "birth_year").fetchall() == [
        ("2018-01-03 08:00:00", "1984")
    ]


def test_values_land_as_published(upstream):
    folder, _, _ = upstream
    odd = modern(
        1, start_station_id="5470.10", start_station_name='"A  ""b"",\nc"', end_station_id="", end_lat="NULL"
    )
    put(folder, JC, zipped({CSV: modern_csv(1) + odd.replace("0000000000000001", "\\N") + "\n"}))
    (landed,) = land()
    got = rows(landed.version).order("source_record").fetchall()[1]
    assert got[0] == "\\N"
    assert (got[4], got[5], got[7], got[10]) == ('A  "b",\nc', "5470.10", "", "NULL")
    assert landed.version.record["rows_counted"] == 2


def test_a_yearly_archive_holds_a_batch_per_month(upstream, monkeypatch):
    folder, _, endpoints = upstream
    monkeypatch.setenv("SOURCES__MONTHS", "2023-01..2023-02")
    monkeypatch.setenv("SOURCES__CITIBIKE__CITIES", '["nyc"]')
    january = zipped(
        {"202301-citibike-tripdata_1.csv": modern_csv(2, "2023-01-05"), "__MACOSX/._x.csv": b"\x00"}
    )
    put(
        folder,
        "2023-citibike-tripdata.zip",
        zipped(
            {
                "2023-citibike-tripdata/202301-citibike-tripdata.zip": january,
                "2023-citibike-tripdata/2_February/202302-citibike-tripdata_1.csv": modern_csv(
                    3, "2023-02-05"
                ),
                "2023-citibike-tripdata/2_February/202302-citibike-tripdata_2.csv": modern_csv(
                    1, "2023-02-06", 9
                ),
                "2023-citibike-tripdata/202302-citibike-tripdata_1.csv": modern_csv(3, "2023-02-05"),
                "2023-citibike-tripdata/202304-citibike-tripdata.csv": modern_csv(5, "2023-04-05"),
            }
        ),
    )
    landed = land()
    assert {one.batch: one.version.record["rows_landed"] for one in landed} == {
        "nyc-2023-01": 2,
        "nyc-2023-02": 4,
    }
    february = landed[1].version.record
    assert len(february["members_left_out_as_copies"]) == 1
    assert february["months"] == ["2023-02"]
    whole = [r for r in endpoints.requests if r.path.endswith(".zip") and r.status == 200]
    assert len(whole) == 1, "one download for all months of the archive"


def test_downloads_are_removed_when_they_are_through(upstream):
    folder, _, _ = upstream
    put(folder, JC, zipped({CSV: modern_csv(3)}))
    land()
    # The empty files that downloads and landings are locked by stay, as other locks do.
    left = {path.name for path in locate().work.rglob("*") if path.is_file()}
    assert left == {".lock", "publish.lock"}


def test_a_failing_upstream_is_asked_again(upstream):
    folder, faults, _ = upstream
    put(folder, JC, zipped({CSV: modern_csv(500)}))
    faults.add("/tripdata", server_error(), too_many(), DROP)
    faults.add(f"/tripdata/{JC}", server_error(503), DROP, CUT, CUT)
    assert outcomes(land()) == {"jc-2024-05": "landed"}
    assert faults.left == 0


def test_a_cut_download_is_resumed_and_not_begun_anew(upstream):
    folder, faults, endpoints = upstream
    put(folder, JC, zipped({CSV: modern_csv(3000)}, zipfile.ZIP_STORED))
    faults.add(f"/tripdata/{JC}", CUT)
    assert outcomes(land()) == {"jc-2024-05": "landed"}
    assert [request.status for request in endpoints.requests if request.path.endswith(".zip")][-1] == 206


def test_a_month_that_is_not_listed_is_told(upstream, monkeypatch):
    folder, _, _ = upstream
    monkeypatch.setenv("SOURCES__CITIBIKE__CITIES", '["jc"]')
    put(folder, JC, zipped({CSV: modern_csv(3)}))
    land()
    (folder / "tripdata" / JC).rename(folder / "gone.zip")
    (landed,) = land()
    assert (landed.batch, landed.outcome, landed.version.number) == ("jc-2024-05", "not listed", 1)


def test_an_interruption_is_no_failure_of_a_batch(upstream, monkeypatch):
    folder, _, _ = upstream
    put(folder, JC, zipped({CSV: modern_csv(3)}))

    def stop(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("bronze.sources.citibike.read_trips", stop)
    with pytest.raises(KeyboardInterrupt):
        land()
    assert all_versions(locate()) == []


def test_weather_lands_by_month_with_a_margin_and_units(upstream):
    (landed,) = land("open_meteo")
    table = rows(landed.version)
    assert landed.batch == "new-york-2024-05"
    assert table.aggregate("count(*), min(time), max(time)").fetchall() == [
        (33 * 24, "2024-04-30T00:00", "2024-06-01T23:00")
    ]
    assert table.select("temperature_2m_unit", "utc_offset_seconds").distinct().fetchall() == [("°C", 0)]
    assert outcomes(land("open_meteo")) == {"new-york-2024-05": "unchanged"}


def test_renamed_weather_variables_are_the_same_answer(upstream, monkeypatch):
    from bronze.sources import open_meteo

    asked = open_meteo.get_json
    (landed,) = land("open_meteo")
    assert rows(landed.version).select("wind_speed_10m_unit").distinct().fetchall() == [("km/h",)]

    def renamed(*arguments):
        answer = json.dumps(asked(*arguments))
        for alias, name in open_meteo.ALIASES.items():
            assert f'"{name}"' in answer
            answer = answer.replace(f'"{name}"', f'"{alias}"')
        return json.loads(answer)

    monkeypatch.setattr("bronze.sources.open_meteo.get_json", renamed)
    assert outcomes(land("open_meteo")) == {"new-york-2024-05": "unchanged"}


@pytest.mark.parametrize("source", ["open_meteo", "nager"])
def test_an_offer_that_is_through_holds_no_answer(upstream, monkeypatch, source):
    """dlt leaves offers in circles, which stay until Python looks for them."""
    folder, _, _ = upstream
    monkeypatch.setenv("SOURCES__MONTHS", "2024-05")
    put_holidays(folder, 2024)
    (offer,) = landing.offers(source)
    for outcome in ("landed", "unchanged"):
        assert landing.land(locate(), offer, origin="upstream").outcome == outcome
        assert not offer.answer


def test_holidays_land_by_year_and_the_year_after_a_december(upstream, monkeypatch):
    folder, _, _ = upstream
    monkeypatch.setenv("SOURCES__MONTHS", "2021-12")
    for year in (2021, 2022):
        put_holidays(folder, year)
    landed = land("nager")
    assert outcomes(landed) == {"us-2021": "landed", "us-2022": "landed"}
    assert rows(landed[0].version).select("date", "types", "counties").fetchall() == [
        ("2021-01-01", '["Public"]', None)
    ]


@pytest.mark.parametrize(
    ("date", "months"),
    [("2024-5-27", ["2024-05"]), (" 2024-05-27", ["2024-05"]), ("in May", []), ("2024-13-01", [])],
)
def test_a_holiday_touches_the_month_in_which_silver_reads_it(upstream, monkeypatch, date, months):
    """However it is written: that month's marts are built anew when the version counts."""
    folder, _, _ = upstream
    monkeypatch.setenv("SOURCES__MONTHS", "2024-05")
    put_holidays(folder, 2024, [holiday(date, "Memorial Day")])
    (landed,) = land("nager")
    assert landed.version.record["months"] == months


def test_a_month_under_two_keys_lands_once_from_the_newer(upstream):
    folder, _, _ = upstream
    put(folder, "JC-202405-citibike-tripdata.csv.zip", zipped({CSV: modern_csv(3)}))
    put(folder, "JC-202405-citibike-tripdata.zip", zipped({CSV: modern_csv(4)}))
    os.utime(folder / "tripdata" / "JC-202405-citibike-tripdata.zip", (1_700_000_000, 1_700_000_000))
    os.utime(folder / "tripdata" / "JC-202405-citibike-tripdata.csv.zip", (1_600_000_000, 1_600_000_000))
    (landed,) = land()
    assert landed.version.record["rows_landed"] == 4


def test_an_answer_without_rows_lands_as_a_version_that_says_so(upstream, monkeypatch):
    from bronze.sources.nager import HolidayOffer

    def nothing(self):
        self.facts.content_hash, self.facts.months = "of nothing", ["2024-05"]
        return iter(())

    monkeypatch.setattr(HolidayOffer, "prepare", lambda self: "of nothing")
    monkeypatch.setattr(HolidayOffer, "rows", nothing)
    (landed,) = land("nager")
    assert (landed.outcome, landed.error) == ("landed", None)
    assert landed.version.record["rows_landed"] == 0
    read = pq.read_table(landed.version.files[0])
    assert read.num_rows == 0
    assert read.schema.names[:2] == ["date", "local_name"]
    assert outcomes(land("nager")) == {"us-2024": "unchanged"}
