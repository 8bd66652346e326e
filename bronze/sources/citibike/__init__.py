"""Citi Bike trips: a bucket of archives with CSV inside, in two schemas. One batch per city and month."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import dlt
import pyarrow as pa
import pyarrow.compute as pc

import lake
from bronze.client import Client
from bronze.errors import BatchError
from bronze.http import client, download
from bronze.offers import NoOffer, NotListedError, Offer
from bronze.scope import parse_months
from bronze.sources.citibike.archives import ZIP_ERRORS, Part, member_month, open_parts
from bronze.sources.citibike.bucket import Listed, list_bucket, months_of, object_url
from bronze.sources.citibike.trips_csv import TRIPS, MemberCount, read_trips
from bronze.tables import rows_resource
from lake.files import exclusive_lock
from lake.paths import remove_tree, token

TABLES = (TRIPS,)
CITIES = ("nyc", "jc")
#: Seconds to wait for another process's download.
_PATIENCE = 4 * 3600
_SLASHED = r"^(0?[1-9]|1[0-2])/\d{1,2}/(\d{4}) .*$"


@dataclass
class Archive:
    """One archive of the bucket, downloaded when first read and removed when all its batches are through.

    `waiting` counts the batches it holds that are not through yet. A process that lands only some of them
    leaves the download for the others.
    """

    listed: Listed
    url: str
    folder: Path
    http: Client
    waiting: int

    @property
    def place(self) -> Path:
        """The folder of this version of the archive. An ETag is upstream's text, and could lead elsewhere."""
        return self.folder / token(f"{self.listed.key} {self.listed.etag}")

    def fetch(self, on_bytes: Callable[[int], None]) -> Path:
        """Return the archive on disk, downloading it if need be."""
        target = self.place / "archive.zip"
        # Batches landed side by side can share an archive, and two downloads would write into one file.
        with exclusive_lock(self.folder / ".lock", "another download goes on", wait=_PATIENCE):
            return download(
                self.http, self.url, target, size=self.listed.size, etag=self.listed.etag, on_bytes=on_bytes
            )

    def through(self) -> None:
        """Count a batch as through; after the last, remove the download but not a part to resume from."""
        self.waiting -= 1
        if not self.waiting and not any(self.place.glob("*.part")):
            remove_tree(self.place, self.folder)


@dataclass
class TripOffer(Offer):
    """The trips of one city and month."""

    archive: Archive = field(kw_only=True)
    month: str = field(kw_only=True)
    unit: ClassVar[str] = "trips"

    def close(self) -> None:
        """Let go of the archive."""
        self.archive.through()

    def _wanted(self, name: str) -> bool:
        listed = self.archive.listed
        return listed.month is not None or member_month(name, listed.year) == self.month

    def rows(self) -> Iterator[pa.RecordBatch]:
        """Yield the rows of every CSV part of the month, in the order of their names."""
        total = self.archive.listed.size
        path = self.archive.fetch(lambda done: self.watch("download", done, total))
        with open_parts(path, self.key, self._wanted) as (parts, left_out):
            counts = [MemberCount(part.name) for part in parts]
            # What the batch is about counts as touched even where no row of it can be read.
            months: set[str] = {self.month}
            try:
                for part, count in zip(parts, counts, strict=True):
                    yield from self._read(part, count, months, sum(c.parsed for c in counts))
            except ZIP_ERRORS as error:
                raise BatchError(
                    f"{self.key} is damaged ({error}); wait for the upstream to publish it again"
                ) from error
            if not any(count.parsed for count in counts):
                raise BatchError(f"{self.key}: not a single trip for {self.batch}, only headers")
            self.facts.rows_counted = sum(count.counted for count in counts)
            self.facts.months = sorted(months)
            self.facts.other_fields = sorted({name for count in counts for name in count.other_fields})
            # Names are left out of the hash: a renamed member with the same rows is the same content.
            digests = "\n".join(sorted(count.digest for count in counts))
            self.facts.content_hash = hashlib.sha256(digests.encode()).hexdigest()
            self.facts.details = {
                "members": [
                    {
                        "name": count.member,
                        "header": count.header,
                        "other_fields": count.other_fields,
                        "records_counted": count.counted,
                        "rows_parsed": count.parsed,
                        "sha256": count.digest,
                    }
                    for count in counts
                ],
                "members_left_out_as_copies": left_out,
            }

    def _read(
        self, part: Part, count: MemberCount, months: set[str], before: int
    ) -> Iterator[pa.RecordBatch]:
        for batch in read_trips(part.opener, self.key, part.name, count):
            for name in ("started_at", "starttime"):
                months.update(months_of_starts(batch.column(name)))
            yield batch
            self.watch("rows", before + count.parsed + batch.num_rows, None)


def months_of_starts(starts: pa.Array) -> set[str]:
    """Return every month YYYY-MM that silver can read from published starts, in each form that it reads.

    Trimmed as silver trims: a month that silver sees must never be missing here. Whether it is proved that
    M/D/YYYY is not D/M/YYYY is silver's to decide; if not, none of those rows has a month.
    """
    text = pc.utf8_trim_whitespace(starts).drop_null()
    is_iso = pc.match_substring_regex(text, r"^\d{4}-(0[1-9]|1[0-2])")
    found = set(pc.utf8_slice_codeunits(text.filter(is_iso), 0, 7).unique().to_pylist())
    rest = text.filter(pc.invert(is_iso))
    slashed = rest.filter(pc.match_substring_regex(rest, _SLASHED))
    for one in pc.replace_substring_regex(slashed, _SLASHED, r"\2-\1").unique().to_pylist():
        year, month = one.split("-")
        found.add(f"{year}-{int(month):02d}")
    return found


def _newest_first(listed: Listed) -> tuple[str, bool, str]:
    return listed.modified, listed.month is not None, listed.key


def list_offers(base_url: str, cities: list[str], months: str, work: str | None) -> Iterator[Offer]:
    """Yield what the bucket holds of the cities and months in scope, one archive after the other.

    A month that two keys hold (renamed, or both monthly and yearly) comes from the newer one. Months that the
    bucket does not list are told last.
    """
    check_scope(cities)
    wanted = set(parse_months(months))
    years = {month[:4] for month in wanted}
    folder = Path(work) if work else lake.locate().work / "downloads"
    http = client()
    in_scope = [
        listed
        for listed in list_bucket(http, base_url)
        if listed.city in cities and (listed.month in wanted if listed.month else listed.year in years)
    ]
    claimed: dict[str, Listed] = {}
    unread: set[str] = set()
    for listed in sorted(in_scope, key=_newest_first, reverse=True):
        try:
            inside = months_of(http, base_url, listed)
        except BatchError as error:
            # One damaged archive must not hide the others.
            failed = f"{listed.city}-{listed.month or listed.year}"
            yield _no_offer(failed, listed.key, error)
            unread.add(failed)
            continue
        for month in inside:
            if month in wanted:
                claimed.setdefault(f"{listed.city}-{month}", listed)
    for listed in sorted(set(claimed.values()), key=lambda one: one.key):
        batches = sorted(name for name, holder in claimed.items() if holder is listed)
        archive = Archive(listed, object_url(base_url, listed.key), folder, http, len(batches))
        for batch in batches:
            yield TripOffer(
                source="citibike",
                table=TRIPS.name,
                batch=batch,
                key=listed.key,
                etag=listed.etag,
                archive=archive,
                month=batch[-7:],
            )
    named = {f"{city}-{month}" for city in cities for month in wanted}
    for batch in sorted(named - claimed.keys() - unread):
        yield _no_offer(batch, batch, NotListedError())


def _no_offer(batch: str, key: str, why: Exception) -> NoOffer:
    return NoOffer(source="citibike", table=TRIPS.name, batch=batch, key=key, why=why)


def check_scope(cities: list[str]) -> None:
    """Refuse cities that no archive is of, and a scope of none: all else would land, and be of no use.

    Raises:
        ValueError: and the message names them.
    """
    if not cities:
        raise ValueError(
            """sources.citibike.cities is empty: name at least one city, SOURCES__CITIBIKE__CITIES='["jc"]'"""
        )
    if unknown := [city for city in cities if city not in list(CITIES)]:
        raise ValueError(f"sources.citibike.cities: {unknown} unknown; known are {list(CITIES)}")


@dlt.source(name="citibike", max_table_nesting=0)
def citibike(
    base_url: str = dlt.config.value,
    cities: list[str] = dlt.config.value,
    months: str = dlt.config.value,
    work: str | None = None,
) -> Any:
    """Trips as published, all columns text.

    Args:
        base_url: the bucket's address.
        cities: `nyc` (New York) and `jc` (Jersey City and Hoboken).
        months: such as `2024-02..2024-05, 2024-10`.
        work: folder for downloads; the lake's work folder if not given.
    """
    offers = dlt.resource(list_offers, name="offers", selected=False)(base_url, cities, months, work)
    return offers, *(offers | rows_resource(table) for table in TABLES)
