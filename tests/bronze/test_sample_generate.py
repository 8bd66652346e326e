from __future__ import annotations

import csv
import hashlib
import io
import json
import zipfile
from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

import pytest

from bronze.sample.generate import MONTHS, SampleInfo, generate, read_info

TRIPS = 3000
Row = dict[str, str]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sample")
    generate(path, trips=TRIPS)
    return path


@pytest.fixture(scope="module")
def info(folder: Path) -> SampleInfo:
    found = read_info(folder)
    assert found
    return found


def members(archive: zipfile.ZipFile) -> Iterator[tuple[str, bytes]]:
    for name in archive.namelist():
        if "__MACOSX" in name:
            continue
        if name.endswith(".zip"):
            yield from members(zipfile.ZipFile(io.BytesIO(archive.read(name))))
        elif name.endswith(".csv"):
            yield name.rsplit("/", 1)[-1], archive.read(name)


@pytest.fixture(scope="module")
def files(folder: Path) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for path in sorted((folder / "tripdata").glob("*.zip")):
        with zipfile.ZipFile(path) as archive:
            found.update(members(archive))
    return found


@pytest.fixture(scope="module")
def batches(files: dict[str, bytes]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for name, content in files.items():
        digits = name.removeprefix("JC-")[:6]
        batch = f"{'jc' if name.startswith('JC') else 'nyc'}-{digits[:4]}-{digits[4:]}"
        text = io.StringIO(content.decode("utf-8-sig"), newline="")
        found.setdefault(batch, []).extend(csv.DictReader(text))
    return found


@pytest.fixture(scope="module")
def modern(batches: dict[str, list[Row]]) -> list[tuple[str, Row]]:
    return [(batch, row) for batch, rows in batches.items() for row in rows if "ride_id" in row]


@pytest.fixture(scope="module")
def legacy(batches: dict[str, list[Row]]) -> list[Row]:
    return [row for rows in batches.values() for row in rows if "ride_id" not in row]


def digests(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_same_seed_gives_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    generate(tmp_path, trips=TRIPS)
    assert digests(tmp_path) == digests(folder)


def test_another_seed_gives_other_rides(folder: Path, tmp_path: Path) -> None:
    generate(tmp_path, seed=21, trips=1000)
    mine, other = digests(tmp_path), digests(folder)
    assert mine["tripdata/2020-citibike-tripdata.zip"] != other["tripdata/2020-citibike-tripdata.zip"]
    assert mine["weather.csv"] != other["weather.csv"]


@pytest.mark.slow
def test_complete_sample_is_reused_and_a_broken_or_other_one_replaced(tmp_path: Path) -> None:
    tmp_path = tmp_path / "sample"
    first = generate(tmp_path, trips=1000)
    stamp = (tmp_path / "sample.json").stat().st_mtime_ns
    assert generate(tmp_path, trips=1000) == first
    assert (tmp_path / "sample.json").stat().st_mtime_ns == stamp
    whole = digests(tmp_path)
    (tmp_path / "tripdata" / "2021-citibike-tripdata.zip").unlink()
    assert read_info(tmp_path) is None
    generate(tmp_path, trips=1000)
    assert digests(tmp_path) == whole
    (tmp_path / "tripdata" / "JC-202207-citibike-tripdata.csv.zip").write_bytes(b"left over")
    assert generate(tmp_path, trips=1001) != first
    assert sorted(path.name for path in (tmp_path / "tripdata").iterdir()) == sorted(
        name.removeprefix("tripdata/") for name in first.files if name.startswith("tripdata/")
    )
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "holidays",
        "sample.json",
        "tripdata",
        "weather.csv",
    ]


def test_too_small_a_sample_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="at least 1,000"):
        generate(tmp_path, trips=999)


def test_counts_are_what_a_csv_reader_counts(info: SampleInfo, batches: dict[str, list[Row]]) -> None:
    assert dict(info.records) == {batch: len(rows) for batch, rows in batches.items()}
    assert info.months == MONTHS
    assert set(info.records) == {f"{city}-{month}" for city in ("nyc", "jc") for month in MONTHS}
    extra = info.quirks["in_two_batches"] + info.quirks["same_row_twice"]
    assert sum(info.records.values()) == TRIPS + extra


def test_jersey_city_is_legacy_through_january_2021(batches: dict[str, list[Row]]) -> None:
    schemas = {batch: "ride_id" in rows[0] for batch, rows in batches.items()}
    assert {batch for batch, is_modern in schemas.items() if not is_modern} == {
        "jc-2020-11",
        "jc-2020-12",
        "jc-2021-01",
    }
    assert "Trip Duration" in batches["jc-2020-11"][0]
    assert "tripduration" in batches["jc-2020-12"][0]
    assert list(batches["jc-2021-01"][0])[12] == "name_localizedValue0"


def test_keys_and_packing_are_as_odd_as_upstream(folder: Path, files: dict[str, bytes]) -> None:
    names = {path.name for path in (folder / "tripdata").iterdir()}
    assert {"JC-202012 citibike-tripdata.csv.zip", "JC-202103-citbike-tripdata.zip", "index.html"} <= names
    packed = {path.name: zipfile.ZipFile(path) for path in (folder / "tripdata").glob("*.zip")}
    assert (
        "2020-citibike-tripdata/202011-citibike-tripdata.zip"
        in packed["2020-citibike-tripdata.zip"].namelist()
    )
    year = packed["2021-citibike-tripdata.zip"].namelist()
    assert "2021-citibike-tripdata/2_February/202102-citibike-tripdata_2.csv" in year
    fork = next(name for name in year if name.startswith("__MACOSX") and name.endswith(".csv"))
    assert packed["2021-citibike-tripdata.zip"].read(fork).startswith(b"\x00\x05\x16\x07")
    stored = packed["JC-202102-citibike-tripdata.csv.zip"].infolist()
    assert {member.compress_type for member in stored} == {zipfile.ZIP_STORED}
    assert files["JC-202102-citibike-tripdata.csv"].count(b"\r\n") > 10
    assert files["JC-202103-citibike-tripdata.csv"].startswith(b"\xef\xbb\xbfride_id")
    assert files["JC-202104-citibike-tripdata.csv"].startswith(b'"ride_id",')
    for archive in packed.values():
        assert {member.date_time for member in archive.infolist()} == {(2021, 5, 4, 9, 30, 0)}
        archive.close()


def test_odd_rows_are_in_the_files(
    info: SampleInfo, modern: list[tuple[str, Row]], legacy: list[Row], batches: dict[str, list[Row]]
) -> None:
    rows = [row for _, row in modern]
    seen: Counter[str] = Counter()
    for row in rows:
        nothing = not row["end_station_name"] and not row["end_station_id"]
        seen["blank_end_station"] += nothing and row["end_lat"] != ""
        seen["nowhere"] += nothing and row["end_lat"] == ""
        seen["blank_start_station"] += not row["start_station_name"]
        seen["name_without_id"] += bool(row["end_station_name"]) and not row["end_station_id"]
        seen["depot"] += row["end_station_id"].startswith("SYS") and row["end_lat"] == ""
        seen["zero_coordinates"] += row["end_lat"] == row["end_lng"] == "0.0"
        seen["line_break_in_name"] += "\n" in row["start_station_name"]
        seen["double_space"] += "  " in row["start_station_name"]
    for name in (
        "blank_end_station", "blank_start_station", "name_without_id", "depot", "zero_coordinates",
        "line_break_in_name",
    ):  # fmt: skip
        assert 0 < info.quirks[name] <= seen[name] <= info.quirks[name] + 2, name
    assert seen["nowhere"] and seen["double_space"]
    births = Counter(row.get("birth year", row.get("Birth Year")) for row in legacy)
    assert births["NULL"] and births["\\N"] and births[""]
    assert any(row.get("usertype", row.get("User Type")) == "" for row in legacy)
    ids = {row["start_station_id"] for row in rows}
    assert {"5470.1", "5470.10"} <= ids
    names: dict[str, set[str]] = {}
    for row in rows:
        names.setdefault(row["start_station_id"], set()).add(row["start_station_name"])
    assert any("Lantern Market" in found and len(found) == 2 for found in names.values())
    jersey_city = [row for month in ("02", "03", "04") for row in batches[f"jc-2021-{month}"]]
    new_york = {row["start_station_id"] for row in batches["nyc-2020-11"]}
    assert any(row["end_station_id"] in new_york - {""} for row in jersey_city)


def test_duplicates_stand_in_one_file_and_across_files(modern: list[tuple[str, Row]]) -> None:
    where: dict[str, list[str]] = {}
    for batch, row in modern:
        where.setdefault(row["ride_id"], []).append(batch)
    twice = [found for found in where.values() if len(found) > 1]
    assert any(len(set(found)) == 1 for found in twice)
    assert any(len({batch[-7:] for batch in found}) == 2 for found in twice)
    assert any({batch.split("-")[0] for batch in found} == {"nyc", "jc"} for found in twice)


def test_times_hold_both_clock_changes(
    modern: list[tuple[str, Row]], batches: dict[str, list[Row]], info: SampleInfo
) -> None:
    lost = negative = 0
    for batch, row in modern:
        start, end = (datetime.fromisoformat(row[name]) for name in ("started_at", "ended_at"))
        seconds = (end - start).total_seconds()
        lost += seconds > 24 * 3600
        negative += seconds < 0 and batch != "nyc-2020-11"
        assert not (start.date() == date(2021, 3, 14) and start.hour == 2)
    assert lost and negative == info.quirks["ended_before_start"]
    doubled = [row for row in batches["jc-2020-11"] if row["Start Time"] > row["Stop Time"]]
    assert doubled
    for row in doubled:
        shown = datetime.fromisoformat(row["Stop Time"]) - datetime.fromisoformat(row["Start Time"])
        assert abs(shown.total_seconds() + 3600 - int(row["Trip Duration"])) <= 1
    assert any(row["started_at"] > row["ended_at"] for row in batches["nyc-2020-11"])
    early = [row for row in batches["nyc-2020-12"] if row["started_at"].startswith("2020-11-30")]
    assert early and all(row["ended_at"].startswith("2020-12-01") for row in early)


def test_cities_lie_on_their_banks(modern: list[tuple[str, Row]]) -> None:
    for _, row in modern:
        if row["start_station_id"]:
            longitude, latitude = float(row["start_lng"]), float(row["start_lat"])
            if row["start_station_id"].startswith(("JC", "HB")):
                assert longitude < -74.027 and 40.71 < latitude < 40.755
            else:
                assert longitude > -74.01


@pytest.mark.slow
def test_malformed_starts_only_where_they_weigh_little(info: SampleInfo, tmp_path: Path) -> None:
    assert info.quirks["malformed_start"] == 0
    large = generate(tmp_path, trips=30_000)
    assert 1 <= large.quirks["malformed_start"] <= 5


def test_commuters_weather_and_holidays_show(folder: Path, modern: list[tuple[str, Row]]) -> None:
    with (folder / "weather.csv").open(newline="") as file:
        rain: Counter[date] = Counter()
        for line in csv.DictReader(file):
            rain[date.fromisoformat(line["time"][:10])] += float(line["precipitation"])  # type: ignore[assignment]
    entries = [*json.loads((folder / "holidays/2020.json").read_text())]
    entries += json.loads((folder / "holidays/2021.json").read_text())
    off = {date.fromisoformat(entry["date"]) for entry in entries if entry["global"]}
    peak, quiet, weekend_casual, weekend_early = 0, 0, 0, 0
    workdays: Counter[date] = Counter()
    free: Counter[date] = Counter()
    all_days: Counter[date] = Counter()
    for batch, row in modern:
        if not batch.startswith("nyc"):
            continue
        start = datetime.fromisoformat(row["started_at"])
        all_days[start.date()] += 1
        if row["member_casual"] == "member" and start.weekday() < 5:
            (free if start.date() in off else workdays)[start.date()] += 1
            if start.date() not in off:
                peak += start.hour in (8, 17, 18)
                quiet += start.hour in (10, 11, 12)
        if row["member_casual"] == "casual" and start.weekday() >= 5:
            weekend_casual += 12 <= start.hour <= 15
            weekend_early += 7 <= start.hour <= 10
    assert peak > 1.6 * quiet
    assert weekend_casual > 1.8 * weekend_early
    wet = [count for day, count in all_days.items() if rain[day] > 8]
    dry = [count for day, count in all_days.items() if rain[day] < 1]
    assert sum(wet) / len(wet) < 0.85 * sum(dry) / len(dry)
    holidays = [free[day] for day in off if date(2020, 11, 1) <= day <= date(2021, 4, 30)]
    assert sum(holidays) / len(holidays) < 0.85 * sum(workdays.values()) / len(workdays)
    by_month = Counter(day.month for day in all_days.elements())
    assert min(by_month, key=lambda month: by_month[month]) in (1, 2)
    assert max(by_month, key=lambda month: by_month[month]) == 4
