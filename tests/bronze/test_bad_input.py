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


def test_a_weather_value_that_is_no_number_fails_by_name(upstream, monkeypatch):
    from bronze.sources import open_meteo

    hourly = {name: [1.0] for name in open_meteo.VARIABLES} | {"time": ["2024-05-01T00:00"]}
    answer = {"hourly": {**hourly, "rain": ["much"]}, "hourly_units": {}}
    monkeypatch.setattr("bronze.sources.open_meteo.get_json", lambda *_: answer)
    (landed,) = land("open_meteo")
    assert landed.outcome == "failed"
    assert "a value is no number" in landed.error


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


@pytest.mark.parametrize("value", [{"launchYear": 10**30}, {"name": "\ud800"}, {"global": "yes"}])
def test_an_entry_that_no_column_can_hold_fails_by_name(upstream, monkeypatch, value):
    entry = {"date": "2024-07-04", "name": "Independence Day", "types": ["Public"]} | value
    monkeypatch.setattr("bronze.sources.nager.get_json", lambda *_: [entry])
    (landed,) = land("nager")
    assert (landed.outcome, landed.version) == ("failed", None)
    assert landed.error.startswith("PublicHolidays/2024/US: an entry has a value of another type")
