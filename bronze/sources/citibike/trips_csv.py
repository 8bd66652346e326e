"""Reading one CSV of trips in batches of Arrow, all columns as text exactly as published."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING

import numpy as np

from bronze.columns import TEXT, WHOLE, arrow_schema
from bronze.errors import BatchError
from bronze.sources.citibike.misfit import first_misfit
from bronze.sources.citibike.records import RecordStream

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

COLUMNS = {
    # Every trips file has the columns of both schemas: one shape for every reader, whatever months are in.
    **dict.fromkeys((*MODERN, *(name for name in LEGACY if name not in MODERN), LEGACY_EXTRA), TEXT),
    "source_key": TEXT,
    "source_member": TEXT,
    "source_record": WHOLE,
}

_BLOCK = 4 << 20
_HEADER_LIMIT = 64 << 10
_KNOWN = {name.replace("_", ""): name for name in (*MODERN, *LEGACY, LEGACY_EXTRA)}


@dataclass
class MemberCount:
    """What one CSV held: records counted on the bytes and rows parsed, both without the header."""

    member: str
    header: list[str] = field(default_factory=list)
    counted: int = 0
    parsed: int = 0
    digest: str = ""


def read_header(stream: IO[bytes], where: str) -> tuple[list[str], list[str]]:
    """Return the header as published and the canonical names of its columns, in file order.

    Raises:
        BatchError: it is neither the modern nor the legacy schema.
    """
    line = stream.readline(_HEADER_LIMIT)
    try:
        text = line.decode("utf-8-sig").rstrip("\r\n")
    except UnicodeDecodeError as error:
        raise BatchError(f"{where}: the first line is not text; this is no CSV of trips") from error
    header = next(csv.reader(io.StringIO(text)), [])
    names = [_KNOWN.get("".join(filter(str.isalnum, name.lower())), "") for name in header]
    for schema in (MODERN, LEGACY, (*LEGACY, LEGACY_EXTRA)):
        if len(names) == len(schema) and set(names) == set(schema):
            return header, names
    strange = [name for name, known in zip(header, names, strict=True) if not known]
    missing = sorted(set(LEGACY if "tripduration" in names else MODERN) - set(names))
    raise BatchError(
        f"{where}: unknown header. Columns not known: {strange or 'none'}; missing: {missing or 'none'}. "
        "Add the new schema to bronze/sources/citibike/trips_csv.py if the upstream changed it"
    )


def read_trips(
    opener: Callable[[], IO[bytes]], key: str, member: str, count: MemberCount
) -> Iterator[pa.RecordBatch]:
    """Yield the rows of one CSV in the columns of the trips table; `count` is filled on the way.

    `opener` opens the member from its beginning; it is called twice, first for the header alone.

    Raises:
        BatchError: unknown header, a row with too many or too few fields, invalid UTF-8, an open quote.
    """
    import pyarrow as pa
    from pyarrow import csv as arrow_csv

    where = f"{key}, {member}" if member != key else key
    with opener() as stream:
        count.header, names = read_header(stream, where)
    schema = arrow_schema(COLUMNS)
    with opener() as stream:
        records = RecordStream(stream)
        try:
            reader = arrow_csv.open_csv(
                records,
                read_options=arrow_csv.ReadOptions(column_names=names, skip_rows=1, block_size=_BLOCK),
                parse_options=arrow_csv.ParseOptions(newlines_in_values=True),
                convert_options=arrow_csv.ConvertOptions(
                    column_types=dict.fromkeys(names, pa.string()),
                    strings_can_be_null=False,
                    quoted_strings_can_be_null=False,
                ),
            )
            for batch in reader:
                yield _complete(batch, schema, key, member, count.parsed)
                count.parsed += batch.num_rows
        except pa.ArrowInvalid as error:
            if "Empty CSV file" not in str(error):
                place = _place(opener, len(names)) or str(error)
                raise BatchError(f"{where}: {place}. The file is damaged or no CSV of trips") from error
        while records.read(_BLOCK):
            pass  # what the parser left unread is counted all the same
    count.counted = max(records.records - 1, 0)
    count.digest = records.digest
    if records.in_quotes or count.counted != count.parsed:
        place = _place(opener, len(names)) or "every record by itself fits"
        raise BatchError(
            f"{where}: {count.counted:,} records counted on the bytes, but {count.parsed:,} rows parsed. The "
            f"first place where the two part: {place}. Nothing of it is landed"
        )


def _place(opener: Callable[[], IO[bytes]], fields: int) -> str | None:
    with opener() as stream:
        return first_misfit(stream, fields)


def _complete(batch: pa.RecordBatch, schema: pa.Schema, key: str, member: str, done: int) -> pa.RecordBatch:
    """Bring a parsed batch into the table's columns: absent ones null, and where each row came from."""
    import pyarrow as pa

    rows = batch.num_rows
    own = {
        "source_key": pa.repeat(pa.scalar(key, pa.string()), rows),
        "source_member": pa.repeat(pa.scalar(member, pa.string()), rows),
        "source_record": pa.array(np.arange(done + 1, done + rows + 1, dtype=np.int64)),
    }
    found = set(batch.schema.names)
    columns = [
        own[name] if name in own else batch.column(name) if name in found else pa.nulls(rows, pa.string())
        for name in schema.names
    ]
    return pa.RecordBatch.from_arrays(columns, schema=schema)
