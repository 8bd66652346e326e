from __future__ import annotations

import csv
import io
import zipfile
from pathlib import Path

import pytest

from bronze.sample import big


def test_big_month_comes_in_parts_that_hold_every_ride(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tmp_path = tmp_path / "big"
    monkeypatch.setattr(big, "PART_ROWS", 1000)
    monkeypatch.setattr(big, "STATIONS", 100)
    assert big.generate_big(tmp_path, ["2024-02", "2024-01"], 2500) == {
        "nyc-2024-01": 2500,
        "nyc-2024-02": 2500,
    }
    with zipfile.ZipFile(tmp_path / "tripdata" / "202402-citibike-tripdata.zip") as archive:
        assert archive.namelist() == [f"202402-citibike-tripdata_{part}.csv" for part in (1, 2, 3)]
        rows: list[dict[str, str]] = []
        for name in archive.namelist():
            rows += csv.DictReader(io.StringIO(archive.read(name).decode()))
    assert len({row["ride_id"] for row in rows}) == len(rows) == 2500
    assert {row["started_at"][:7] for row in rows} == {"2024-02"}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["holidays", "tripdata", "weather.csv"]
    assert (tmp_path / "holidays" / "2024.json").is_file()
    first, *_, last = (tmp_path / "weather.csv").read_text().splitlines()[1:]
    assert first.startswith("2023-12-30T00:00") and last.startswith("2024-03-02T23:00")


@pytest.mark.parametrize(("months", "rows"), [([], 10), (["2024-01"], 0), (["January"], 10)])
def test_nonsense_is_refused(tmp_path: Path, months: list[str], rows: int) -> None:
    with pytest.raises(ValueError):
        big.generate_big(tmp_path, months, rows)
