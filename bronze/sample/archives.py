"""Packing CSV files as the bucket holds them: zips in a zip, month folders, odd keys, a Mac's leftovers."""

from __future__ import annotations

import io
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import IO

import numpy as np

from bronze.sample.clock import month_number
from bronze.sample.files import LEGACY, LEGACY_TITLES, LEGACY_WITH_PLAN, CsvWriter, Manner
from bronze.sample.trips import JC, NYC, Rides

_WRITTEN = (2021, 5, 4, 9, 30, 0)
_CRLF = b"\r\n"
_BLOCK = 1 << 20
_LEVEL = 4
#: What a Mac leaves beside every file it zips. It ends in .csv and is none.
_RESOURCE_FORK = b"\x00\x05\x16\x07\x00\x02\x00\x00Mac OS X" + bytes(9) + b'\x02\x00,"\n\xff\xfe' + bytes(120)
_INDEX = b"<!DOCTYPE html><html><head><title>Index of bucket</title></head><body></body></html>\n"
_MONTH_NAMES = ("January", "February", "March", "April")

MANNERS: dict[tuple[int, str], Manner] = {
    (NYC, "2020-11"): Manner(),
    (NYC, "2020-12"): Manner(parts=2),
    (NYC, "2021-01"): Manner(parts=2),
    (NYC, "2021-02"): Manner(line_end=_CRLF, parts=2),
    (NYC, "2021-03"): Manner(quotes="text", parts=2),
    (NYC, "2021-04"): Manner(quotes="text", digits=3, parts=3),
    (JC, "2020-11"): Manner(header=LEGACY_TITLES, line_end=_CRLF),
    (JC, "2020-12"): Manner(header=LEGACY, quotes="text", digits=4),
    (JC, "2021-01"): Manner(header=LEGACY_WITH_PLAN, quotes="text", digits=4),
    (JC, "2021-02"): Manner(line_end=_CRLF),
    (JC, "2021-03"): Manner(has_bom=True),
    (JC, "2021-04"): Manner(quotes="all"),
}
#: Keys of Jersey City as found: with a space, with a typing error, without `.csv`.
JC_KEYS = {
    "2020-11": "JC-202011-citibike-tripdata.csv.zip",
    "2020-12": "JC-202012 citibike-tripdata.csv.zip",
    "2021-01": "JC-202101-citibike-tripdata.csv.zip",
    "2021-02": "JC-202102-citibike-tripdata.csv.zip",
    "2021-03": "JC-202103-citbike-tripdata.zip",
    "2021-04": "JC-202104-citibike-tripdata.csv.zip",
}
_STORED = {"2021-02"}
_MAC_MADE = {"2021-02", "2021-04"}
CITIES = {NYC: "nyc", JC: "jc"}


class Archive:
    """A zip whose bytes depend on nothing but what is put in: fixed times, rights and order."""

    def __init__(self, target: Path | IO[bytes], *, stored: bool = False, level: int = _LEVEL) -> None:
        """Open for writing; `stored` leaves members uncompressed."""
        self._method = zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED
        self._level = level
        self._zip = zipfile.ZipFile(target, "w")

    def __enter__(self) -> Archive:
        return self

    def __exit__(self, *_: object) -> None:
        self._zip.close()

    def add(self, name: str, content: bytes, *, stored: bool = False) -> None:
        """Add a member; a name that ends in a slash is a folder."""
        self._zip.writestr(self._info(name, stored), content, compresslevel=self._level)

    def add_csv(self, name: str, manner: Manner, body: Path) -> None:
        """Add a CSV member: the header and the lines of `body`, streamed, in the manner's line ends."""
        info = self._info(name, False)
        info._compresslevel = self._level  # type: ignore[attr-defined]
        with self._zip.open(info, "w", force_zip64=body.stat().st_size > 1 << 30) as out:
            out.write(manner.first_line())
            with body.open("rb") as lines:
                if manner.line_end == b"\n":
                    shutil.copyfileobj(lines, out, _BLOCK)
                else:
                    for block in iter(lambda: lines.read(_BLOCK), b""):
                        out.write(block.replace(b"\n", manner.line_end))

    def _info(self, name: str, stored: bool) -> zipfile.ZipInfo:
        info = zipfile.ZipInfo(name, _WRITTEN)
        info.create_system, info.external_attr = 3, 0o644 << 16
        info.compress_type = zipfile.ZIP_STORED if stored or name.endswith("/") else self._method
        return info


class Bucket:
    """Writes all archives of the sample into a folder, and counts the records of each batch."""

    def __init__(self, folder: Path, writer: CsvWriter, rides: Rides) -> None:
        """Write `rides`; the folder must exist and be empty."""
        self._folder, self._writer, self._rides = folder, writer, rides
        self.counts: dict[str, int] = {}

    def write(self) -> None:
        """Write the archives, and an object that is none."""
        self._nested_year()
        self._year_of_folders()
        for month, key in JC_KEYS.items():
            with Archive(self._folder / key, stored=month in _STORED) as archive:
                name = f"JC-{month.replace('-', '')}-citibike-tripdata.csv"
                self._add_batch(archive, JC, month, _numbered(name.removesuffix(".csv"), 1))
                if month in _MAC_MADE:
                    archive.add(f"__MACOSX/._{name}", _RESOURCE_FORK)
        (self._folder / "index.html").write_bytes(_INDEX)

    def _nested_year(self) -> None:
        """Write 2020 as the bucket holds it: one zip a month inside the year's."""
        with Archive(self._folder / "2020-citibike-tripdata.zip") as year:
            year.add("2020-citibike-tripdata/", b"")
            for month in ("2020-11", "2020-12"):
                stem, inner = f"{month.replace('-', '')}-citibike-tripdata", io.BytesIO()
                with Archive(inner) as archive:
                    self._add_batch(archive, NYC, month, _numbered(stem, MANNERS[NYC, month].parts))
                    archive.add(f"__MACOSX/._{stem}.csv", _RESOURCE_FORK)
                year.add(f"2020-citibike-tripdata/{stem}.zip", inner.getvalue(), stored=True)
            year.add("__MACOSX/2020-citibike-tripdata/._202011-citibike-tripdata.zip", _RESOURCE_FORK)

    def _year_of_folders(self) -> None:
        """Write 2021 as the bucket holds it: one folder a month, the CSV in numbered parts."""
        root = "2021-citibike-tripdata"
        with Archive(self._folder / f"{root}.zip") as year:
            year.add(f"{root}/", b"")
            year.add(f"{root}/.DS_Store", bytes(64))
            for number, name in enumerate(_MONTH_NAMES, 1):
                month, stem = f"2021-{number:02d}", f"2021{number:02d}-citibike-tripdata"
                place = f"{root}/{number}_{name}/"
                year.add(place, b"")
                self._add_batch(year, NYC, month, _numbered(place + stem, MANNERS[NYC, month].parts))
                year.add(f"__MACOSX/{place}._{stem}_1.csv", _RESOURCE_FORK)

    def _add_batch(self, archive: Archive, city: int, month: str, member: Callable[[int], str]) -> None:
        rides = self._rides
        rows = np.flatnonzero((rides.city == city) & (rides.month == month_number(month)))
        manner = MANNERS[city, month]
        with self._writer.parts(rides.take(rows), manner) as paths:
            for part, path in enumerate(paths, 1):
                archive.add_csv(member(part), manner, path)
        self.counts[f"{CITIES[city]}-{month}"] = len(rows)


def _numbered(stem: str, parts: int) -> Callable[[int], str]:
    return lambda part: f"{stem}_{part}.csv" if parts > 1 else f"{stem}.csv"
