"""Finding the first record of a CSV that does not fit, once reading it has failed.

Slow and thorough, record by record: it runs only to tell a person where to look.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import IO

_SHOWN = 160
_LONGEST = 1 << 20


def _records(stream: IO[bytes]) -> Iterator[tuple[int, bytes, bool]]:
    """Yield (line it begins on, its bytes, whether all its quotes are closed), the header first."""
    begun, held = 1, b""
    # A line without an end is read in pieces, of which the first is no record.
    for line, piece in enumerate(iter(lambda: stream.readline(_LONGEST), b""), 1):
        held += piece
        closed = held.count(b'"') % 2 == 0
        if closed or len(held) > _LONGEST:
            yield begun, held, closed
            held, begun = b"", line + 1
    if held:
        yield begun, held, False


def _fault(record: bytes, closed: bool, fields: int | None) -> str | None:
    if len(record) >= _LONGEST and not record.endswith(b"\n"):
        return f"more than {_LONGEST:,} bytes"
    if not closed:
        return "a quote is opened and never closed"
    try:
        text = record.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return f"byte {error.start + 1} of the record is no UTF-8"
    try:
        cells = next(csv.reader(io.StringIO(text, newline="")), [])
    except csv.Error as error:
        return str(error)
    if fields is not None and len(cells) != fields:
        is_comma = len(cells) > fields and not any(cells[fields:])
        said = ", the last blank: a comma at the end is read where every record has it"
        return f"{len(cells)} fields instead of {fields}" + (said if is_comma else "")
    bare = next((cell for cell in text.rstrip("\r\n").split(",") if _stray_quote(cell)), None)
    return f"a stray quote in {bare!r}" if bare else None


def _stray_quote(cell: str) -> bool:
    return '"' in cell and not cell.startswith('"') and not cell.endswith('"')


def first_misfit(stream: IO[bytes], fields: int) -> str | None:
    """Return a description of the first record that does not fit `fields` columns, or None if all do."""
    number = -1
    for line, record, closed in _records(stream):
        if not record.strip(b"\r\n"):
            continue
        number += 1
        # The header may have one comma more or less than the records.
        if fault := _fault(record, closed, fields if number else None):
            shown = record[:_SHOWN].decode("utf-8", "backslashreplace").strip()
            return f"record {number:,} (line {line:,}): {fault}: {shown!r}"
    return None
