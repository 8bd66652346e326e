"""Counting CSV records on the raw byte stream, independently of the parser that reads them."""

from __future__ import annotations

import hashlib
import io
from typing import IO

import numpy as np

_LF, _CR, _QUOTE = 10, 13, 34


class RecordStream(io.RawIOBase):
    """A readable byte stream that counts records and hashes the bytes passing through it.

    A record ends at a line feed outside quotes; empty lines are no records; the header is one. `records` and
    `digest` are final when the stream has been read to its end.
    """

    def __init__(self, raw: IO[bytes]) -> None:
        self._raw = raw
        self._hash = hashlib.sha256()
        self._in_quotes = False
        self._line_bytes = 0  # of the unfinished line, carriage returns not counted
        self._ended = 0

    def readable(self) -> bool:
        """Say that this stream can be read."""
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """Fill `buffer` from the raw stream; the bytes are counted and hashed."""
        chunk = self._raw.read(len(buffer))
        buffer[: len(chunk)] = chunk
        self._feed(chunk)
        return len(chunk)

    @property
    def records(self) -> int:
        """Number of records so far; a last line without line feed counts."""
        return self._ended + (1 if self._line_bytes else 0)

    @property
    def digest(self) -> str:
        """SHA-256 of the bytes so far, in hex."""
        return self._hash.hexdigest()

    @property
    def in_quotes(self) -> bool:
        """True while a quoted field is open: at the end of the stream, a quote was never closed."""
        return self._in_quotes

    def _feed(self, chunk: bytes) -> None:
        if not chunk:
            return
        self._hash.update(chunk)
        data = np.frombuffer(chunk, np.uint8)
        ends = np.flatnonzero(data == _LF)
        quotes = np.flatnonzero(data == _QUOTE) if b'"' in chunk else np.empty(0, np.int64)
        if len(quotes) or self._in_quotes:
            # A line feed is outside quotes where the number of quotes before it is even.
            opened = (np.searchsorted(quotes, ends) + self._in_quotes) % 2
            ends = ends[opened == 0]
            self._in_quotes = bool((len(quotes) + self._in_quotes) % 2)
        # How many bytes other than carriage returns lie before each end, and so in each line.
        returns = np.flatnonzero(data == _CR) if b"\r" in chunk else np.empty(0, np.int64)
        before = ends - np.searchsorted(returns, ends) - np.arange(len(ends))
        filled = np.diff(before, prepend=-self._line_bytes)
        self._ended += int(np.count_nonzero(filled))
        total = len(data) - len(returns) - len(ends)
        self._line_bytes = total - int(before[-1]) if len(ends) else self._line_bytes + total
