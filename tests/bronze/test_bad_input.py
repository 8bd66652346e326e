"""What is no upstream answer fails by its name; nothing of it lands, and nothing else is affected."""

from __future__ import annotations

import re

import pytest

from bronze.errors import BatchError
from lake import locate
from lake.versions import all_versions
from tests.bronze.upstream import (
    land,
    modern,
    modern_csv,
    outcomes,
    put,
    zipped,
)

JC = "JC-202405-citibike-tripdata.csv.zip"
CSV = "JC-202405-citibike-tripdata.csv"


def test_one_broken_archive_does_not_stop_the_others(upstream, monkeypatch):
    folder, _, _ = upstream
    monkeypatch.setenv("SOURCES__MONTHS", "2024-04..2024-05")
    put(folder, "JC-202404-citibike-tripdata.csv.zip", zipped({CSV: modern_csv(50)})[:-40])
    put(folder, JC, zipped({CSV: modern_csv(3)}))
    landed = land()
    assert outcomes(landed) == {"jc-2024-04": "failed", "jc-2024-05": "landed"}
    assert "JC-202404-citibike-tripdata.csv.zip is no readable zip" in landed[0].error
    assert [version.batch for version in all_versions(locate())] == ["jc-2024-05"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (modern_csv(2).replace("ride_id", "ride"), r"unknown header.*\['ride'\]; missing: \['ride_id'\]"),
        (modern_csv(2).replace(",", ";"), "unknown header"),
        (modern_csv(2) + "only,three,fields\n", r"record 3 \(line 4\): 3 fields instead of 13: 'only"),
        (modern_csv(2) + modern(3) + ",one more\n", r"record 3 \(line 4\): 14 fields instead of 13"),
        (
            modern_csv(2) + modern(3, start_station_name='"never closed') + "\n" + modern(4) + "\n",
            r"record 3 \(line 4\): a quote is opened and never closed",
        ),
        (
            modern_csv(2) + modern(3, start_station_name='5" Pipe') + "\n" + modern(4) + "\n",
            r"4 rows parsed. The first place where the two part: record 3 \(line 4\)",
        ),
        (modern_csv(0), "not a single trip"),
        ("", "unknown header"),
        (b"\x00\x01\xff\xfe binary", "first line is not text|unknown header"),
        (
            modern_csv(1).encode() + modern(2, start_station_name="caf\xe9").encode("latin-1") + b"\n",
            r"record 2 \(line 3\): byte \d+ of the record is no UTF-8",
        ),
    ],
)
def test_a_csv_that_cannot_be_read_without_guessing_fails_with_its_name(upstream, content, said):
    folder, _, _ = upstream
    put(folder, JC, zipped({CSV: content}))
    (landed,) = land()
    assert landed.outcome == "failed"
    assert JC in landed.error
    assert re.search(said, landed.error), landed.error
    assert all_versions(locate()) == []


@pytest.mark.parametrize(
    ("members", "said"),
    [
        ({"a;b.csv": modern_csv(2).replace(",", "\t")}, "unknown header"),
        ({"page.csv": "<html>maintenance</html>"}, "unknown header"),
        ({"x.csv": modern_csv(1).replace("member\n", "member\n\n\n")}, None),
        ({"../../evil.csv": modern_csv(1)}, None),
        ({"nul.csv": modern_csv(1).replace("Grove", "Gr\0ve")}, None),
    ],
)
def test_odd_members_fail_by_name_or_land_whole(upstream, members, said):
    folder, _, _ = upstream
    put(folder, JC, zipped(members))
    (landed,) = land()
    if said:
        assert (landed.outcome, landed.version) == ("failed", None)
        assert said in landed.error
    else:
        assert (landed.outcome, landed.version.record["rows_landed"]) == ("landed", 1)
        assert not list(folder.parent.glob("evil*"))


@pytest.mark.parametrize("content", [b"", b"not a zip at all", b"PK\x03\x04 cut"])
def test_what_is_no_archive_fails_by_name(upstream, content):
    folder, _, _ = upstream
    put(folder, JC, content)
    (landed,) = land()
    assert f"{JC} is no readable zip archive" in landed.error


def test_an_archive_without_csv_fails(upstream):
    folder, _, _ = upstream
    put(folder, JC, zipped({"readme.txt": "nothing here"}))
    (landed,) = land()
    assert "holds no CSV" in landed.error


def test_a_zip_bomb_is_not_unpacked(upstream):
    folder, _, _ = upstream
    put(folder, JC, zipped({CSV: b"0" * (70 << 20)}))
    (landed,) = land()
    assert "not unpacked" in landed.error


def test_a_listing_that_is_none_is_said_so(upstream, monkeypatch):
    _, _, endpoints = upstream
    monkeypatch.setenv("SOURCES__CITIBIKE__BASE_URL", endpoints.urls["nager"] + "/PublicHolidays/1900/US")
    with pytest.raises(BatchError, match="bucket listing"):
        land()


def test_an_unknown_city_is_named(upstream, monkeypatch):
    monkeypatch.setenv("SOURCES__CITIBIKE__CITIES", '["paris"]')
    with pytest.raises(BatchError, match="paris"):
        land()


def test_a_damaged_yearly_archive_does_not_hide_the_months(upstream, monkeypatch):
    folder, _, _ = upstream
    monkeypatch.setenv("SOURCES__MONTHS", "2023-05, 2024-05")
    monkeypatch.setenv("SOURCES__CITIBIKE__CITIES", '["nyc", "jc"]')
    put(folder, "2023-citibike-tripdata.zip", b"damaged" * 100)
    put(folder, JC, zipped({CSV: modern_csv(3)}))
    found = outcomes(land())
    assert (found["nyc-2023"], found["jc-2024-05"]) == ("failed", "landed")


def test_an_error_with_status_200_is_no_weather(upstream, monkeypatch):
    monkeypatch.setattr(
        "bronze.sources.open_meteo.get_json", lambda *_: {"error": True, "reason": "limit exceeded"}
    )
    (landed,) = land("open_meteo")
    assert landed.outcome == "failed"
    assert "limit exceeded" in landed.error


@pytest.mark.parametrize(
    "answer", [{"error": True, "reason": "no \ud800"}, {"hourly": None, "reason": "no \ud800"}]
)
def test_what_a_service_says_can_be_written_down(upstream, monkeypatch, answer):
    monkeypatch.setattr("bronze.sources.open_meteo.get_json", lambda *_: answer)
    (landed,) = land("open_meteo")
    assert "no \\ud800" in landed.error


def test_a_missing_year_fails_with_what_the_upstream_said(upstream):
    (landed,) = land("nager")
    assert landed.outcome == "failed"
    assert "404" in landed.error


def test_html_with_status_200_is_no_json(upstream):
    folder, _, endpoints = upstream
    put(folder, "maintenance.html", b"<html>maintenance</html>")
    from bronze.http import client, get_json

    with pytest.raises(BatchError, match="instead of JSON"):
        get_json(client(), f"{endpoints.urls['citibike']}/maintenance.html")


@pytest.mark.parametrize(
    "answer", [{"error": True, "reason": "x"}, [], [{"name": "no date"}], ["text"], "text", None]
)
def test_holidays_of_another_shape_fail_by_name(upstream, monkeypatch, answer):
    monkeypatch.setattr("bronze.sources.nager.get_json", lambda *_: answer)
    (landed,) = land("nager")
    assert (landed.outcome, landed.version) == ("failed", None)
    assert "PublicHolidays/2024/US" in landed.error


@pytest.mark.parametrize(
    "answer",
    [
        [],
        {"hourly": []},
        {"hourly": {}},
        {"hourly": {"time": ["2024-05-01T00:00"]}},
        {"hourly": {"time": [], "temperature_2m": []}},
    ],
)
def test_weather_of_another_shape_fails_by_name(upstream, monkeypatch, answer):
    monkeypatch.setattr("bronze.sources.open_meteo.get_json", lambda *_: answer)
    (landed,) = land("open_meteo")
    assert (landed.outcome, landed.version) == ("failed", None)
    assert "new-york 2024-05" in landed.error


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"hourly": {"rain": [1.0, "much"]}}, "row 2 has 'much' as rain, which is no number"),
        ({"hourly": {"rain": [1.0, True]}}, "row 2 has True as rain"),
        ({"hourly": {"rain": [10**400, 1]}}, "row 1 has 1000"),
        ({"hourly": {"rain": [float("inf"), 1]}}, "row 1 has inf as rain"),
        ({"hourly": {"rain": [2**53 + 1, 1]}}, "row 1 has 9007199254740993 as rain"),
        ({"hourly": {"rain": 5}}, "rain lack values"),
        ({"hourly": {"rain": "ab"}}, "rain lack values"),
        ({"hourly": {"rain": {"a": 1, "b": 2}}}, "rain lack values"),
        ({"hourly": {"time": ["2024-05-01T00:00", 5]}}, "row 2 has 5 as time, which is no text"),
        ({"hourly_units": ["a"]}, "hourly_units"),
        ({"hourly_units": "mm"}, "hourly_units"),
        ({"hourly_units": 0}, "hourly_units"),
        ({"hourly_units": {"rain": ["mm"]}}, "row 1 has ['mm'] as rain_unit"),
        ({"utc_offset_seconds": 0.5}, "row 1 has 0.5 as utc_offset_seconds, which is no whole number"),
        ({"utc_offset_seconds": True}, "row 1 has True as utc_offset_seconds"),
        ({"latitude": "40.7"}, "row 1 has '40.7' as latitude"),
        ({"timezone": 5}, "row 1 has 5 as timezone"),
        ({"utc_offset_seconds": -14400.0, "elevation": 10, "hourly_units": None}, None),
        ({"hourly": {"rain": [1, None]}}, None),
    ],
)
def test_a_weather_value_of_another_type_fails_by_name(upstream, monkeypatch, change, said):
    from bronze.sources import open_meteo

    hourly = {name: [1.0, 2.0] for name in open_meteo.VARIABLES} | {
        "time": ["2024-05-01T00:00", "2024-05-01T01:00"]
    }
    answer = {"hourly_units": {}, **change, "hourly": hourly | change.get("hourly", {})}
    monkeypatch.setattr("bronze.sources.open_meteo.get_json", lambda *_: answer)
    (landed,) = land("open_meteo")
    assert landed.outcome == ("failed" if said else "landed")
    if said:
        assert "new-york 2024-05" in landed.error
        assert said in landed.error


@pytest.mark.parametrize("etag", ["../..", "{beside}", "..", "/", "a/../../../beside", ""])
def test_an_etag_is_text_and_no_way_to_another_folder(upstream, monkeypatch, tmp_path, etag):
    """It stands in the name of the download's folder, and that is removed when its batches are through."""
    folder, _, _ = upstream
    lake, beside = locate(), tmp_path / "beside"
    for place in (beside, lake.bronze / "citibike", lake.work):
        place.mkdir(parents=True, exist_ok=True)
        (place / "kept").write_text("x")
    monkeypatch.setattr(
        "bronze.sample.answers.Folder.etag", lambda self, path: etag.format(beside=beside), raising=True
    )
    put(folder, JC, zipped({CSV: modern_csv(3)}))
    assert outcomes(land()) == {"jc-2024-05": "landed"}
    assert [
        place for place in (beside, lake.bronze / "citibike", lake.work) if not (place / "kept").exists()
    ] == []
    assert [path.name for path in lake.work.glob("downloads/*/*")] == []


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ({"launchYear": 1986.5}, "1986.5 as launch_year, which is no whole number"),
        ({"launchYear": 10**30}, "as launch_year, which is no whole number"),
        ({"launchYear": 1e30}, "1e+30 as launch_year"),
        ({"launchYear": "1986"}, "'1986' as launch_year"),
        ({"launchYear": True}, "True as launch_year"),
        ({"name": "\ud800"}, r"'\ud800' as name, which is no text"),
        ({"name": 4}, "4 as name, which is no text"),
        ({"localName": ["a"]}, "['a'] as local_name"),
        ({"date": 20240704}, "20240704 as date"),
        ({"global": "yes"}, "'yes' as global, which is neither true nor false"),
        ({"fixed": 0}, "0 as fixed"),
        ({"launchYear": 1986.0, "global": None}, None),
    ],
)
def test_an_entry_that_no_column_can_hold_fails_by_name(upstream, monkeypatch, value, said):
    entry = {"date": "2024-07-04", "name": "Independence Day", "types": ["Public"]} | value
    monkeypatch.setattr("bronze.sources.nager.get_json", lambda *_: [entry])
    (landed,) = land("nager")
    assert landed.outcome == ("failed" if said else "landed")
    if said:
        assert landed.error.startswith("PublicHolidays/2024/US: row 1 has ")
        assert said in landed.error
