"""Feeds without a past: what one says now is kept as it was said (`lake.recordings`), and lands from there.

A source declares a `Feed` for each, in `FEEDS`, and has beside `offers` the dlt resource `now`, which yields what its
feeds say at this moment (`resources` makes both). `now` asks and `offers` does not: it lists the days of which something is kept.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar
from zoneinfo import ZoneInfo

from bronze.addresses import joined
from bronze.archive import by_moment, files_of
from bronze.columns import OTHER_FIELDS, TEXT, as_other_fields, as_text, batch_of, written
from bronze.entries import at, is_too_deep, others
from bronze.errors import BatchError
from bronze.http import ask_json, client, parse_json
from bronze.offers import LISTING, Offer, hashed, listed
from bronze.scope import parse_months
from bronze.tables import Table, rows_resource
from lake.layout import Lake, locate
from lake.recordings import Recording, day_of, kept, moment_of, read
from lake.versions import all_versions
from lake.words import shown

if TYPE_CHECKING:
    import pyarrow as pa
    from dlt.extract import DltResource

#: The column (TEXT) that says when an answer was asked for, ISO 8601 in UTC: the one time that every feed has.
ASKED_AT = "asked_at"
_NEW_YORK = ZoneInfo("America/New_York")


@dataclass(frozen=True)
class Feed:
    """One feed: the raw table its entries land in, its path below the base URL, and where things stand in an answer.

    `entries` is the place of the list, by dots (`data.stations`); empty where the answer itself is the list.
    `whole` are the columns that come from the answer as a whole, each with its place there. `published` are the
    names or places of an entry's fields that are called otherwise than their column (`properties.event`).
    `may_be_empty` says that a list without entries is an answer (no alerts) and no fault (no stations): it lands as
    one row that has nothing of an entry, for that it was asked then is what it says.
    """

    table: Table
    path: str
    entries: str = ""
    whole: Mapping[str, str] = field(default_factory=dict)
    published: Mapping[str, str] = field(default_factory=dict)
    may_be_empty: bool = False

    def __post_init__(self) -> None:
        """Refuse a table that lacks what every feed's has.

        Raises:
            ValueError: it does.
        """
        needed = (ASKED_AT, "source_record", OTHER_FIELDS, *self.whole, *self.published)
        if missing := [name for name in needed if name not in self.table.columns]:
            raise ValueError(f"table {self.name!r} of a feed has no column {', '.join(missing)}")

    @property
    def name(self) -> str:
        """The feed is called as its table."""
        return self.table.name

    @property
    def fields(self) -> dict[str, str]:
        """The columns that come from an entry, by the names it has for them."""
        beside = {ASKED_AT, "source_record", OTHER_FIELDS, *self.whole}
        return {self.published.get(name, name): name for name in self.table.columns if name not in beside}

    def entries_of(self, answer: Any, about: str) -> list[dict[str, Any]]:
        """Return the entries of an answer; `about` is what a person is told that it is.

        Raises:
            BatchError: it is no answer.
        """
        found = at(answer, self.entries)
        where = f"at {self.entries!r}" if self.entries else "in it"
        if not isinstance(found, list) or not all(isinstance(entry, dict) for entry in found):
            raise BatchError(
                f"{about}: no list of entries {where}, the answer is {repr(answer)[:80]}: check the address, and "
                f"what the feed {self.name} publishes now"
            )
        if is_too_deep(found):
            raise BatchError(
                f"{about}: lists and objects stand in each other deeper than any feed's; not read"
            )
        if not found and not self.may_be_empty:
            raise BatchError(f"{about}: the list {where} is empty; the service may be down, ask again later")
        return found

    def beside(self, answer: Any) -> dict[str, Any]:
        """Return what an answer as a whole has and no column, by its place there: `answer.data.note`."""
        return {f"answer.{place}": one for place, one in others(answer, {*self.whole.values(), self.entries})}


def months_of(day: str) -> list[str]:
    """Return the months of New York that a day in UTC reaches into, `YYYY-MM`."""
    first = datetime.fromisoformat(day).replace(tzinfo=UTC)
    ends = (first, first + timedelta(days=1, seconds=-1))
    return sorted({f"{end.astimezone(_NEW_YORK):%Y-%m}" for end in ends})


@dataclass(frozen=True)
class Said:
    """What a feed answered, not kept yet. `read_from` names the file of an archive; empty, it was asked now."""

    feed: str
    moment: str
    body: bytes
    read_from: str = ""


@dataclass(frozen=True)
class Unsaid:
    """A feed that gave no answer, or a file of an archive that is none, and why; feed `*`: all of them."""

    feed: str
    why: Exception


def _now() -> datetime:
    return datetime.now(UTC)


def ask_now(
    source: str,
    feeds: tuple[Feed, ...],
    base_url: str,
    archive: str,
    months: str,
    recordings: str,
    headers: Mapping[str, str] | None = None,
) -> Iterator[Said | Unsaid]:
    """Yield what each feed says now, then what an archive has of the months in scope and the lake has not.

    An archive can wait, and this moment cannot. The failure of one feed or file is one of its own. `headers`, such as
    one with a key, go to `base_url` alone.
    """
    http = client(headers)
    for feed in feeds if base_url else ():
        try:
            url = joined(base_url, feed.path)
            response, answer = ask_json(http, url, f"{feed.name} now")
            moment = moment_of(_now())
            feed.entries_of(answer, shown(url))
        except Exception as error:
            yield Unsaid(feed.name, error)
        else:
            yield Said(feed.name, moment, response.content)
    if archive:
        yield from _read_in(source, feeds, archive, set(parse_months(months)), _lake(recordings))


def _lake(recordings: str) -> Lake:
    """Return the lake whose folder of recordings is given; without one, that of the environment."""
    return Lake(Path(recordings).parent) if recordings else locate()


def _read_in(
    source: str, feeds: tuple[Feed, ...], archive: str, months: set[str], lake: Lake
) -> Iterator[Said | Unsaid]:
    try:
        files = files_of(archive)
    except Exception as error:
        yield Unsaid(LISTING, error)
        return
    if not any(name.startswith(f"{feed.name}/") for name in files for feed in feeds):
        wanted = " or ".join(f"{feed.name}/" for feed in feeds)
        yield Unsaid(
            LISTING, BatchError(f"{shown(archive)} has nothing in {wanted}: is it an archive of {source}?")
        )
    for feed in feeds:
        found, strange = by_moment(feed.name, files)
        if strange:
            what = "is not called after the moment it was asked for, such as 20260430T124000Z.json.gz"
            more = f" (and {len(strange) - 1:,} more)" if strange[1:] else ""
            yield Unsaid(
                feed.name, BatchError(f"{shown(archive)}: {strange[0][:200]!r}{more} {what}: not read")
            )
        for moment, names in _unkept(lake, source, feed, found, months).items():
            for name in names:
                about = f"{shown(archive).rstrip('/')}/{name}"
                try:
                    body = files[name]()
                    feed.entries_of(_parsed(body, about), about)
                except OSError as error:
                    yield Unsaid(feed.name, BatchError(f"{about} cannot be read ({error.strerror or error})"))
                except Exception as error:
                    yield Unsaid(feed.name, error)
                else:
                    yield Said(feed.name, moment, body, about)


def _unkept(
    lake: Lake, source: str, feed: Feed, found: dict[str, list[str]], months: set[str]
) -> dict[str, list[str]]:
    """Return what of an archive is in scope and not kept yet."""
    known = {one.moment for one in kept(lake, source, feed.name)}
    # Of two files of one moment, both are looked at each time: they may say two things.
    return {
        moment: names
        for moment, names in found.items()
        if not (moment in known and not names[1:]) and not months.isdisjoint(months_of(day_of(moment)))
    }


def foresee(source: str, feed: Feed, archive: str, months: str, lake: Lake) -> Counter[str]:
    """Return how many answers of a feed an archive would add to each day in UTC, without reading one.

    Raises:
        BatchError: the archive cannot be listed.
    """
    found, _ = by_moment(feed.name, files_of(archive))
    known = {one.moment for one in kept(lake, source, feed.name)}
    unkept = _unkept(lake, source, feed, found, set(parse_months(months)))
    return Counter(day_of(moment) for moment in unkept if moment not in known)


def _parsed(body: bytes, about: str) -> Any:
    try:
        return parse_json(body, written)
    except ValueError as error:
        raise BatchError(f"{about} is no JSON ({error}); take it out, or bring a whole copy") from None


@dataclass
class FeedOffer(Offer):
    """What a feed said on one day in UTC, as it is kept."""

    feed: Feed = field(kw_only=True)
    recordings: list[Recording] = field(kw_only=True)
    unit: ClassVar[str] = "entries"

    def rows(self) -> Iterator[pa.RecordBatch]:
        """Yield the entries of one answer after the other, each with the moment it was asked for; of none one row."""
        digest, beside, counted = hashlib.sha256(), set(), 0
        for recording in self.recordings:
            body = read(recording)
            digest.update(f"{recording.moment} {hashlib.sha256(body).hexdigest()}\n".encode())
            answer = _parsed(body, str(recording.path))
            entries = self.feed.entries_of(answer, str(recording.path)) or [{}]
            batch, names = self._batch(recording, answer, entries, counted)
            beside |= names
            counted += len(entries)
            yield batch
            self.watch("rows", counted, None)
        day = self.recordings[0].day
        self.facts.rows_counted = counted
        self.facts.content_hash = digest.hexdigest()
        self.facts.months = months_of(day)
        self.facts.other_fields = sorted(beside)
        self.facts.details = {"day": day, "answers": len(self.recordings)}

    def _batch(
        self, recording: Recording, answer: Any, entries: list[dict[str, Any]], before: int
    ) -> tuple[pa.RecordBatch, set[str]]:
        """Return the rows of an answer, and the names of what has no column."""
        feed, rows = self.feed, len(entries)
        fields, beside = feed.fields, feed.beside(answer)
        if any("." in name for name in fields):
            rest = [beside | dict(others(entry, fields)) for entry in entries]
        else:
            rest = [beside | {name: entry[name] for name in entry if name not in fields} for entry in entries]
        values: dict[str, Any] = {
            ASKED_AT: [recording.at.strftime("%Y-%m-%dT%H:%M:%SZ")] * rows,
            "source_record": range(before + 1, before + rows + 1),
            OTHER_FIELDS: [as_other_fields(one) for one in rest],
            **{column: [at(answer, place)] * rows for column, place in feed.whole.items()},
            **{
                column: [at(entry, name) if "." in name else entry.get(name) for entry in entries]
                for name, column in fields.items()
            },
        }
        for column in (*feed.whole, *fields.values()):
            if feed.table.columns[column] == TEXT:
                values[column] = [as_text(value) for value in values[column]]
        return batch_of(feed.table.columns, values, str(recording.path)), {
            name for one in rest for name in one
        }


def list_offers(source: str, feeds: tuple[Feed, ...], system: str, recordings: str) -> Iterator[Offer]:
    """Yield an offer for every day in UTC of which something is kept, whatever months are in scope.

    Nobody is asked and no file is read: names and sizes of the recordings are the ETag.
    """
    lake = _lake(recordings)
    for feed in feeds:
        yield from listed(source, feed.name, _days(source, feed, system, lake))


def _days(source: str, feed: Feed, system: str, lake: Lake) -> Iterator[Offer]:
    days: dict[str, list[Recording]] = {}
    landed = {
        version.batch
        for version in all_versions(lake)
        if (version.source, version.table) == (source, feed.name)
    }
    if strangers := {batch[: -len("-2024-05-03")] for batch in landed} - {system}:
        raise BatchError(
            f"{feed.name}: the lake has days of {', '.join(sorted(strangers))}, and {system} is asked for. What is kept "
            "does not say whose it is, so a lake is of one system: set LAKE_ROOT to another folder, or "
            f"sources.{source}.system back"
        )
    for recording in kept(lake, source, feed.name):
        days.setdefault(recording.day, []).append(recording)
    for day, found in days.items():
        yield FeedOffer(
            source=source,
            table=feed.name,
            batch=f"{system}-{day}",
            key=f"{feed.name}/{day}",
            etag=hashed([(one.moment, one.size) for one in found]),
            feed=feed,
            recordings=found,
        )


def resources(
    source: str,
    feeds: tuple[Feed, ...],
    *,
    system: str,
    months: str,
    base_url: str,
    archive: str,
    recordings: str,
    headers: Mapping[str, str] | None = None,
) -> tuple[DltResource, ...]:
    """Return the dlt resources of a source with feeds: `offers`, `now`, and rows for each table.

    `system` is whose feeds these are, as batches are called; `recordings` the lake's folder, set by a run.
    """
    import dlt

    offers = dlt.resource(list_offers, name="offers", selected=False)(source, feeds, system, recordings)
    now = dlt.resource(ask_now, name="now", selected=False)(
        source, feeds, base_url, archive, months, recordings, headers
    )
    return (offers, now, *(offers | rows_resource(feed.table) for feed in feeds))
