from __future__ import annotations

import zipfile

import pytest

from bronze.sample.broken import break_batch
from tests.bronze.upstream import modern_csv, put, zipped

KEY, CSV = "JC-202103-citibike-tripdata.csv.zip", "JC-202103.csv"


def test_a_batch_is_saved_as_a_spreadsheet_would_and_the_sample_stays_sound(tmp_path):
    folder = tmp_path / "sample"
    put(folder, KEY, zipped({CSV: modern_csv(2, "2021-03-05")}))
    put(folder, "2020-citibike-tripdata.zip", zipped({"a.csv": "x"}))
    before = (folder / "tripdata" / KEY).read_bytes()
    copy = break_batch(folder, "jc-2021-03", tmp_path / "copy")
    with zipfile.ZipFile(copy / "tripdata" / KEY) as archive:
        lines = archive.read(CSV).decode().splitlines()
    assert ",03/05/21 " in lines[1]
    assert "2021-03-05" not in lines[1]
    assert len(lines) == 3
    assert (folder / "tripdata" / KEY).read_bytes() == before
    assert (copy / "tripdata" / "2020-citibike-tripdata.zip").is_file()


def test_a_batch_without_an_archive_of_its_own_is_named(tmp_path):
    put(tmp_path / "sample", KEY, zipped({CSV: modern_csv(2)}))
    with pytest.raises(ValueError, match=r"'nyc-2020-11' has no archive of its own; one of jc-2021-03 has"):
        break_batch(tmp_path / "sample", "nyc-2020-11", tmp_path / "copy")
