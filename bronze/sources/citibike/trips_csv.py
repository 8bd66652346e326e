"""Reading one CSV of trips in batches of Arrow, all columns as text exactly as published."""

from __future__ import annotations

import csv
import io
import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING

import numpy as np

from bronze.columns import OTHER_FIELDS, TEXT, WHOLE
from bronze.errors import BatchError
from bronze.sources.citibike.misfit import first_misfit
from bronze.sources.citibike.records import RecordStream
from bronze.tables import Table

if TYPE_CHECKING:
    import pyarrow as pa

MODERN = (
    "ride_id",
    "rideable_type",
    "started_at",
    "ended_at",
    "start_station_name",
    "start_station_id",
    "end_station_name",
    "end_station_id",
    "start_lat",
    "start_lng",
    "end_lat",
    "end_lng",
    "member_casual",
)
LEGACY = (
    "tripduration",
    "starttime",
    "stoptime",
    "start_station_id",
    "start_station_name",
    "start_station_latitude",
    "start_station_longitude",
    "end_station_id",
    "end_station_name",
    "end_station_latitude",
    "end_station_longitude",
    "bikeid",
    "usertype",
    "birth_year",
    "gender",
)
#: A 16th column of one legacy release, in the middle of the row: the name of the rider's plan.
LEGACY_EXTRA = "name_localizedvalue0"

TRIPS = Table(
    "trips",
    {
        # Every trips file has the columns of both schemas: one shape for every reader, whatever months are in.
        **dict.fromkeys((*MODERN, *(name for name in LEGACY if name not in MODERN), LEGACY_EXTRA), TEXT),
        "source_key": TEXT,
        "source_member": TEXT,
        "source_record": WHOLE,
        OTHER_FIELDS: TEXT,
    },
)

_BLOCK = 4 << 20
_HEADER_LIMIT = 64 << 10
_RECORD_LIMIT = 1 << 20
_KNOWN = {name.replace("_", ""): name for name in (*MODERN, *LEGACY, LEGACY_EXTRA)}


@dataclass
class MemberCount:
    """What one CSV held: records counted on the bytes and rows parsed, both without the header.

    `other_fields` are the published names of the columns that the table has not, each once.
    """

    member: str
    header: list[str] = field(default_factory=list)
    other_fields: list[str] = field(default_factory=list)
    counted: int = 0
    parsed: int = 0
    digest: str = ""


@dataclass(frozen=True)
class Layout:
    """Where the columns of one CSV stand, counted from 0.

    `places` are those of the table's columns; `repeats` name a column and a further place that must hold the
    same; `others` are the places by published name of whatever else there is; `blank_from` is the first place
    that the header does not name and that must be blank, `width` if there is none.
    """

    header: list[str]
    width: int
    places: dict[str, int]
    repeats: list[tuple[str, int]]
    others: dict[str, list[int]]
    blank_from: int


def read_layout(stream: IO[bytes], where: str) -> Layout:
    """Read the header, and of the first record how wide it is: a comma at a line's end is no column.

    Raises:
        BatchError: a column of the modern, or else of the legacy, schema is missing.
    """
    line = stream.readline(_HEADER_LIMIT)
    try:
        text = line.decode("utf-8-sig").rstrip("\r\n")
    except UnicodeDecodeError as error:
        raise BatchError(f"{where}: the first line is not text; this is no CSV of trips") from error
    header = next(csv.reader(io.StringIO(text)), [])
    names = [_KNOWN.get("".join(filter(str.isalnum, name.lower())), "") for name in header]
    schema = next((schema for schema in (MODERN, LEGACY) if set(schema) <= set(names)), None)
    if schema is None:
        nearest = min((MODERN, LEGACY), key=lambda schema: len(set(schema) - set(names)))
        strange = [name for name, known in zip(header, names, strict=True) if not known]
        raise BatchError(
            f"{where}: unknown header. Columns not known: {strange or 'none'}; missing: "
            f"{sorted(set(nearest) - set(names))}. "
            "Add the new schema to bronze/sources/citibike/trips_csv.py if the upstream changed it"
        )
    named = 1 + max(place for place, name in enumerate(header) if name.strip())
    first, width = _first_record(stream), len(header)
    if named <= len(first) < width or (len(first) > width and not any(first[width:])):
        width = len(first)
    wanted = {*schema, *([LEGACY_EXTRA] if schema is LEGACY else [])}
    # Beside a column by its published name (`start_station_id`, `start station id`) one that is only like it
    # is another.
    exact = {place for place, cell in enumerate(header) if cell.strip().replace(" ", "_") == names[place]}
    told = {names[place] for place in exact}
    names = ["" if name in told and place not in exact else name for place, name in enumerate(names)]
    places: dict[str, int] = {}
    repeats: list[tuple[str, int]] = []
    others: dict[str, list[int]] = {}
    for place, name in enumerate(itertools.islice(itertools.chain(names, itertools.repeat("")), width)):
        if name in wanted and name not in places:
            places[name] = place
            continue
        if name in wanted:
            repeats.append((name, place))
        others.setdefault(header[place] if place < len(header) else "", []).append(place)
    return Layout(header, width, places, repeats, others, min(len(header), width))


def _first_record(stream: IO[bytes]) -> list[str]:
    """Return the cells of the next record; none where there is no such, or none that can be read."""
    lines = iter(lambda: stream.readline(_RECORD_LIMIT).decode("utf-8", "replace"), "")
    try:
        return next(filter(None, csv.reader(itertools.islice(lines, 1000))), [])
    except csv.Error:
        return []


def read_trips(
    opener: Callable[[], IO[bytes]], key: str, member: str, count: MemberCount
) -> Iterator[pa.RecordBatch]:
    """Yield the rows of one CSV in the columns of the trips table; `count` is filled on the way.

    `opener` opens the member from its beginning; it is called twice, first for the header alone.

    Raises:
        BatchError: a column is missing, or there twice and not the same; a row with too many or too few
            fields; invalid UTF-8; an open quote.
    """
    import pyarrow as pa
    from pyarrow import csv as arrow_csv

    where = f"{key}, {member}" if member != key else key
    with opener() as stream:
        layout = read_layout(stream, where)
    count.header, count.other_fields = layout.header, list(layout.others)
    # By number, for published names may repeat or be empty.
    numbered = [str(place) for place in range(layout.width)]
    schema = TRIPS.schema
    with opener() as stream, _others_of(layout) as others_of:
        records = RecordStream(stream)
        try:
            reader = arrow_csv.open_csv(
                records,
                read_options=arrow_csv.ReadOptions(column_names=numbered, skip_rows=1, block_size=_BLOCK),
                parse_options=arrow_csv.ParseOptions(newlines_in_values=True),
                convert_options=arrow_csv.ConvertOptions(
                    column_types=dict.fromkeys(numbered, pa.string()),
                    strings_can_be_null=False,
                    quoted_strings_can_be_null=False,
                ),
            )
            for batch in reader:
                _check(batch, layout, where, count.parsed)
                own = {
                    "source_key": pa.repeat(pa.scalar(key, pa.string()), batch.num_rows),
                    "source_member": pa.repeat(pa.scalar(member, pa.string()), batch.num_rows),
                    "source_record": pa.array(
                        np.arange(count.parsed + 1, count.parsed + batch.num_rows + 1, dtype=np.int64)
                    ),
                    **others_of(batch),
                }
                yield _complete(batch, layout, schema, own)
                count.parsed += batch.num_rows
        except pa.ArrowInvalid as error:
            if "Empty CSV file" not in str(error):
                place = _place(opener, layout.width) or str(error)
                raise BatchError(
                    f"{where}: {place}. The file is damaged or no CSV of trips; wait for the upstream to "
                    "publish it again"
                ) from error
        while records.read(_BLOCK):
            pass  # what the parser left unread is counted all the same
    count.counted = max(records.records - 1, 0)
    count.digest = records.digest
    if records.in_quotes or count.counted != count.parsed:
        place = _place(opener, layout.width) or "every record by itself fits"
        raise BatchError(
            f"{where}: {count.counted:,} records counted on the bytes, but {count.parsed:,} rows parsed. The "
            f"first place where the two part: {place}. Nothing of it is landed"
        )


def _check(batch: pa.RecordBatch, layout: Layout, where: str, done: int) -> None:
    """Refuse what could only be guessed at: a column twice that is not the same, a value without a column."""
    import pyarrow.compute as pc

    for name, place in layout.repeats:
        same = pc.equal(batch.column(layout.places[name]), batch.column(place))
        if (row := pc.index(same, False).as_py()) >= 0:
            both = [batch.column(at)[row].as_py() for at in (layout.places[name], place)]
            raise BatchError(
                f"{where}: {name} is there twice and not the same in record {done + row + 1:,} "
                f"({both[0]!r} and {both[1]!r}); which of the two is right cannot be told"
            )
    for place in range(layout.blank_from, layout.width):
        blank = pc.equal(batch.column(place), "")
        if (row := pc.index(blank, False).as_py()) >= 0:
            raise BatchError(
                f"{where}: record {done + row + 1:,} has {batch.column(place)[row].as_py()!r} in a field "
                f"that the header ({layout.blank_from} fields) does not name"
            )


def _place(opener: Callable[[], IO[bytes]], fields: int) -> str | None:
    with opener() as stream:
        return first_misfit(stream, fields)


@contextmanager
def _others_of(layout: Layout) -> Iterator[Callable[[pa.RecordBatch], dict[str, pa.Array]]]:
    """Give a function from a parsed batch to `{OTHER_FIELDS: column}`, or to nothing where all is known.

    A name that is there more than once has a list of its values.
    """
    if not layout.others:
        yield lambda _: {}
        return
    import duckdb

    def value(places: list[int]) -> str:
        cells = ", ".join(f'"{place}"' for place in places)
        return cells if len(places) == 1 else f"[{cells}]"

    pairs = ", ".join(f"?, {value(places)}" for places in layout.others.values())
    query = f"select cast(json_object({pairs}) as varchar) as made from parsed"
    with duckdb.connect(config={"threads": 1}) as connection:

        def made_of(batch: pa.RecordBatch) -> dict[str, pa.Array]:
            connection.register("parsed", batch)
            made = connection.execute(query, list(layout.others)).to_arrow_table()
            return {OTHER_FIELDS: made.column("made").combine_chunks()}

        yield made_of


def _complete(
    batch: pa.RecordBatch, layout: Layout, schema: pa.Schema, own: dict[str, pa.Array]
) -> pa.RecordBatch:
    """Bring a parsed batch into the table's columns: the `own` ones, the published; absent ones are null."""
    import pyarrow as pa

    columns = [
        own[name]
        if name in own
        else batch.column(layout.places[name])
        if name in layout.places
        else pa.nulls(batch.num_rows, pa.string())
        for name in schema.names
    ]
    return pa.RecordBatch.from_arrays(columns, schema=schema)
