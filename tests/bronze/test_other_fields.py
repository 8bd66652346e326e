"""What an upstream publishes beside the columns we know lands as it is, is told, and costs nothing else."""

from __future__ import annotations

import dataclasses
import json

import pytest

from bronze import sources
from bronze.columns import OTHER_FIELDS
from bronze.sample.upstreams import stand_ins
from lake import locate
from lake.files import read_json, write_json
from lake.versions import all_versions
from tests.bronze.upstream import (
    LEGACY_HEADER,
    MODERN_HEADER,
    holiday,
    land,
    legacy,
    modern,
    put,
    put_holidays,
    rows,
    zipped,
)

pytestmark = pytest.mark.slow

JC = "JC-202405-citibike-tripdata.csv.zip"
CSV = "JC-202405-citibike-tripdata.csv"
NEW_YEAR = holiday("2024-01-01", "New Year")


def landed_trips(folder, *members):
    put(folder, JC, zipped({f"{number}-{CSV}": text for number, text in enumerate(members)}))
    (landed,) = land()
    return landed


def others(version):
    found = rows(version).select(OTHER_FIELDS).fetchall()
    return [None if text is None else json.loads(text) for (text,) in found]


@pytest.mark.parametrize(
    ("header", "row", "kept"),
    [
        ("Unnamed: 0,{}", "17,{}", {"Unnamed: 0": "17"}),
        (",{}", "17,{}", {"": "17"}),
        ('"",{}', '"17",{}', {"": "17"}),
        ("{},is_equity", "{},TRUE", {"is_equity": "TRUE"}),
        ("{},rideable_type_duplicate_column_name_1", "{},", {"rideable_type_duplicate_column_name_1": ""}),
        # A name that nobody knows, more than once: a list of its values.
        ("{},x,,x,X", '{},1,"a ""b"",\n\\",2,3', {"x": ["1", "2"], "": 'a "b",\n\\', "X": "3"}),
        # A name of ours a second time, whatever it is spelled like, and the same.
        ("{},Start Station-ID", "{},{start_station_id}", {"Start Station-ID": "{start_station_id}"}),
        # The name as we know it is the column, whatever one that is only like it holds.
        ("{},Start Station ID", "{},9999", {"Start Station ID": "9999"}),
        (
            "Start Station-ID,{},START STATION ID",
            "8,{},9",
            {"Start Station-ID": "8", "START STATION ID": "9"},
        ),
        # A comma at the end is a column where the records have one, too.
        ("{},", "{},", {"": ""}),
        ("{}", "{},", {"": ""}),
        ("{},", "{}", None),
        ("{},,", "{}", None),
        ("{},,", "{},", {"": ""}),
    ],
)
@pytest.mark.parametrize(
    ("known", "written", "station"), [(MODERN_HEADER, modern, "JC005"), (LEGACY_HEADER, legacy, "3186")]
)
def test_a_file_with_every_column_we_know_lands(upstream, header, row, kept, known, written, station):
    folder, _, _ = upstream
    lines = [row.replace("{}", written(n)).replace("{start_station_id}", station) for n in (1, 2)]
    landed = landed_trips(folder, "\r\n".join([header.replace("{}", known), *lines, ""]))
    assert (landed.outcome, landed.error) == ("landed", None)
    if kept:
        kept = json.loads(json.dumps(kept).replace("{start_station_id}", station))
    assert others(landed.version) == [kept, kept]
    assert landed.version.other_fields == sorted(kept or ())
    got = rows(landed.version).select("start_station_id", "member_casual", "gender").fetchall()
    assert got == [(station, "member", None) if written is modern else (station, None, "1")] * 2


def test_columns_of_the_other_schema_are_none_of_this_one(upstream):
    folder, _, _ = upstream
    landed = landed_trips(folder, f"bikeid,{MODERN_HEADER},birth year\n7,{modern()},1984\n")
    assert others(landed.version) == [{"bikeid": "7", "birth year": "1984"}]
    assert rows(landed.version).select("bikeid", "birth_year").fetchall() == [(None, None)]


def test_every_file_of_an_archive_has_columns_of_its_own(upstream):
    folder, _, _ = upstream
    landed = landed_trips(
        folder,
        f"{MODERN_HEADER},is_equity\n{modern(1)},true\n",
        f"{MODERN_HEADER}\n{modern(2)}\n",
        f"Unnamed: 0,{MODERN_HEADER},\n0,{modern(3)},\n",
    )
    assert others(landed.version) == [{"is_equity": "true"}, None, {"Unnamed: 0": "0", "": ""}]
    assert landed.version.other_fields == ["", "Unnamed: 0", "is_equity"]
    assert [member["other_fields"] for member in landed.version.record["members"]] == [
        ["is_equity"],
        [],
        ["Unnamed: 0", ""],
    ]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (
            f"{MODERN_HEADER},rideable_type\n{modern(1)},classic_bike\n{modern(2)},electric_bike\n",
            "rideable_type is there twice and not the same in record 2 ('classic_bike' and 'electric_bike')",
        ),
        (
            f"{LEGACY_HEADER},start station id\n{legacy(1)},3186\n{legacy(2)},3187\n",
            "start_station_id is there twice and not the same in record 2 ('3186' and '3187')",
        ),
        (f"{MODERN_HEADER}\n{modern(1)},\n{modern(2)},x\n", "record 2 has 'x' in a field that the header"),
        (f"{MODERN_HEADER}\n{modern(1)},\n{modern(2)}\n", "record 2 (line 3): 13 fields instead of 14"),
        (f"{MODERN_HEADER},\n{modern(1)}\n{modern(2)},\n", "record 2 (line 3): 14 fields instead of 13"),
        (
            f"{MODERN_HEADER}\n{modern(1)}\n{modern(2)},\n",
            "record 2 (line 3): 14 fields instead of 13, the last blank: a comma at the end is read where every "
            "record has it",
        ),
        (f",{MODERN_HEADER}\n{modern(1)}\n", "record 1 (line 2): 13 fields instead of 14"),
        (f"{MODERN_HEADER.replace(',end_lat', ',end')},x\n{modern(1)},1\n", "missing: ['end_lat']"),
        (f"x,{LEGACY_HEADER.replace('bikeid,', '')}\n{legacy(1)}\n", "missing: ['bikeid']"),
    ],
)
def test_what_could_only_be_guessed_at_stays_refused(upstream, content, said):
    folder, _, _ = upstream
    landed = landed_trips(folder, content)
    assert landed.outcome == "failed"
    assert said in landed.error
    assert all_versions(locate()) == []


def test_fields_of_a_holiday_that_nobody_asked_for_are_kept(upstream, monkeypatch):
    answer = [NEW_YEAR | {"observedOn": ["2024-01-02"], "note": "\ud800"}, NEW_YEAR]
    monkeypatch.setattr("bronze.sources.nager.get_json", lambda *_: answer)
    (landed,) = land("nager")
    assert others(landed.version) == [{"observedOn": ["2024-01-02"], "note": "\ud800"}, None]
    assert landed.version.other_fields == ["note", "observedOn"]


@pytest.mark.parametrize("source", ["nager", "open_meteo"])
def test_half_a_surrogate_in_a_field_that_nobody_asked_for_costs_nothing(upstream, monkeypatch, source):
    """Python reads `\\ud800` of JSON as text, and no file in UTF-8 can hold it."""
    folder, _, _ = upstream
    put_holidays(folder, 2024)
    stand_in = stand_ins()[source]
    if days := getattr(stand_in, "DAYS", None):
        # An archive has what it has, whatever is asked.
        monkeypatch.setenv("SOURCES__MONTHS", days[-1][:7])
    answered = stand_in.answer

    def answer(asked):
        found = answered(asked)
        body = found.body.replace(b'"hourly_units":{', b'"hourly_units":{"no\\ud800te": "\\udc00", ')
        return dataclasses.replace(found, body=body.replace(b"{", b'{"no\\ud800te": "x\\ud800", ', 1))

    monkeypatch.setattr(stand_in, "answer", answer)
    (landed,) = land(source)
    assert landed.error is None
    assert others(landed.version)[0]["no\ud800te"] == "x\ud800"
    assert "no\\ud800te" in all_versions(locate())[0].other_fields


def weather(monkeypatch, change):
    from bronze.sources import open_meteo

    asked = open_meteo.get_json
    monkeypatch.setattr("bronze.sources.open_meteo.get_json", lambda *given: change(asked(*given)))
    (landed,) = land("open_meteo")
    return landed


def test_fields_of_the_weather_that_nobody_asked_for_are_kept(upstream, monkeypatch):
    def change(answer):
        hours = len(answer["hourly"]["time"])
        answer["hourly"] |= {"dew_point_2m": list(range(hours)), "note": ["of no hour"]}
        answer["hourly_units"]["dew_point_2m"] = "°C"
        return answer | {"elevation": 32, "generationtime_ms": 0.2, "model": {"name": "era5"}}

    landed = weather(monkeypatch, change)
    assert landed.version.other_fields == [
        "hourly.dew_point_2m", "hourly.note", "hourly_units.dew_point_2m", "model"
    ]  # fmt: skip
    whole = {"hourly.note": ["of no hour"], "hourly_units.dew_point_2m": "°C", "model": {"name": "era5"}}
    assert others(landed.version)[:2] == [whole | {"hourly.dew_point_2m": hour} for hour in (0, 1)]
    assert rows(landed.version).select("elevation").distinct().fetchall() == [(32.0,)]


@pytest.mark.parametrize(("factor", "outcome"), [(1, "landed"), (2, "failed")])
def test_a_variable_beside_its_old_name_must_be_the_same(upstream, monkeypatch, factor, outcome):
    def change(answer):
        hourly = answer["hourly"]
        hourly["cloudcover"] = [value and value * factor for value in hourly["cloud_cover"]]
        hourly["cloudcover"][0], hourly["cloud_cover"][0] = 5.0 * factor, 5.0
        return answer

    landed = weather(monkeypatch, change)
    assert landed.outcome == outcome
    if landed.error:
        assert "cloudcover and cloud_cover are both there and differ" in landed.error
    else:
        assert landed.version.other_fields == ["hourly.cloudcover"]


def test_an_answer_that_an_older_landing_had_dropped_fields_of_lands_again(upstream):
    folder, _, _ = upstream
    put_holidays(folder, 2024, [NEW_YEAR | {"observedOn": "2024-01-02"}])
    (landed,) = land("nager")
    record = read_json(landed.version.path / "record.json")
    write_json(landed.version.path / "record.json", {k: v for k, v in record.items() if k != OTHER_FIELDS})
    assert [(one.outcome, one.version.number) for one in land("nager")] == [("landed", 2)]
    assert [(one.outcome, one.version.number) for one in land("nager")] == [("unchanged", 2)]


@pytest.mark.parametrize("source", sources.names())
def test_no_source_drops_a_field_in_silence(upstream, monkeypatch, source):
    """Whatever JSON a stand-in answers, each of its objects gets one field more: it is kept and told."""
    folder, _, _ = upstream
    put_holidays(folder, 2024)
    put(folder, JC, zipped({CSV: f"{MODERN_HEADER},nobody_asked\n{modern()},x\n"}))
    stand_in = stand_ins()[source]
    if days := getattr(stand_in, "DAYS", None):
        # An archive has what it has, whatever is asked.
        monkeypatch.setenv("SOURCES__MONTHS", days[-1][:7])
    answered = stand_in.answer

    def more(value):
        if isinstance(value, list):
            return [more(one) for one in value]
        if isinstance(value, dict):
            return {name: more(one) for name, one in value.items()} | {"nobody_asked": "x"}
        return value

    def answer(asked):
        found = answered(asked)
        if "json" not in found.kind:
            return found
        return dataclasses.replace(found, body=json.dumps(more(json.loads(found.body))).encode())

    monkeypatch.setattr(stand_in, "answer", answer)
    found = land(source)
    assert {one.table for one in found} == {table.name for table in sources.tables(source)}
    for landed in found:
        assert landed.error is None
        added = {name for name in landed.version.other_fields if name.endswith("nobody_asked")}
        assert added
        for row in others(landed.version):
            assert {name for name in row if name.endswith("nobody_asked")} == added
