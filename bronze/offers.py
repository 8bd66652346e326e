"""What an upstream offers: one batch of one table, ready to be read.

Every source module turns its upstream into offers; `bronze.landing` decides which of them to land.
"""

from __future__ import annotations

import hashlib
import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    import pyarrow as pa


#: The batch of a table whose batches could not even be listed.
LISTING = "*"


def called(source: str, table: str, batch: str) -> str:
    """Return what a person is told that a batch is, or what could not be listed."""
    if batch != LISTING:
        return f"{table} {batch}"
    return f"{source} (listing)" if table == LISTING else f"{source} {table} (listing)"


#: Told what is going on: the step (`download` in bytes, `rows`), how much is done, how much there is.
Watch = Callable[[str, int, int | None], None]


def hashed(values: Any) -> str:
    """Return the hash of values of JSON, the same in whatever order an object has its names."""
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()


def unwatched(step: str, done: int, total: int | None) -> None:
    """Watch nothing."""


class NotListedError(Exception):
    """The upstream does not list a batch in scope: no failure, but nothing to pass over in silence."""


@dataclass
class Facts:
    """What reading an offer taught us; complete once its rows have been read to the end.

    `other_fields` are the published names of what stands in `bronze.columns.OTHER_FIELDS`: a person is told.
    """

    content_hash: str | None = None
    rows_counted: int = 0
    months: list[str] = field(default_factory=list)
    other_fields: list[str] = field(default_factory=list)
    details: dict[str, Any] = field(default_factory=dict)


@dataclass
class Offer(ABC):
    """One batch of a table as listed upstream. `key` is the upstream's name for it, `etag` its version there."""

    source: str
    table: str
    batch: str
    key: str
    etag: str | None = None
    facts: Facts = field(default_factory=Facts)
    watch: Watch = unwatched
    unit: ClassVar[str] = "rows"

    def prepare(self) -> str | None:
        """Return the content hash, if it can be had without reading all rows; else None."""
        return None

    def close(self) -> None:
        """Let go of what was fetched for this batch; called once it is through, landed or not."""
        return

    @abstractmethod
    def rows(self) -> Iterator[pa.RecordBatch]:
        """Yield the rows in the columns that the source declares of the table, and fill `facts` on the way.

        Raises:
            BatchError: the content cannot be read without guessing.
        """


@dataclass
class NoOffer(Offer):
    """A batch in scope that cannot be read, and why: not listed upstream, or in a damaged archive.

    Of the batch `LISTING`: its table could not be listed.
    """

    why: Exception = field(kw_only=True)

    def prepare(self) -> str | None:
        """Raise the reason."""
        raise self.why

    def rows(self) -> Iterator[pa.RecordBatch]:
        """Raise the reason."""
        raise self.why


def listed(source: str, table: str, listing: Iterator[Offer]) -> Iterator[Offer]:
    """Yield what is listed of one of several tables; where that fails, that it did, and the others go on."""
    try:
        yield from listing
    except Exception as error:
        yield NoOffer(source=source, table=table, batch=LISTING, key=LISTING, why=error)
