"""What lies inside a trip archive: CSV parts, nested monthly zips, month folders, and what is not data."""

from __future__ import annotations

import re
import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from typing import IO

from bronze.errors import BatchError

_YEAR_MONTH = re.compile(r"(?<!\d)(20\d\d)[-_]?(0[1-9]|1[0-2])(?!\d)")
_MONTH_FOLDER = re.compile(r"(?:\d{4}[-_ ]?)?(0?[1-9]|1[0-2])[-_ ][A-Za-z]+")
#: Text packs 5–15 times; far beyond that an archive is a bomb and not data, unless it is small.
_LARGEST_RATIO = 200
SMALL = 64 << 20
#: Bytes that all members of an archive may unpack to, and how many there may be. A year of New York has 10 GB
#: in some hundred members.
LARGEST = 64 << 30
MOST_MEMBERS = 10_000
#: How deep archives lie in archives: months in a year. One that holds itself has no end.
_DEEPEST = 2
#: zipfile unpacks others at once and as a whole, however much that is.
_PACKED = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}

#: What zipfile raises on damaged or unusual archives.
ZIP_ERRORS = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError)


@dataclass(frozen=True)
class Part:
    """One CSV of a batch. `name` is its path in the archive, nested archives first."""

    name: str
    size: int
    crc: int
    opener: Callable[[], IO[bytes]]


def is_data(name: str) -> bool:
    """Say whether a member can hold trips: a CSV or a nested zip, and no shadow file of macOS."""
    path = PurePosixPath(name)
    shadow = "__MACOSX" in path.parts or path.name.startswith("._")
    return not shadow and path.suffix.lower() in {".csv", ".zip"}


def member_month(name: str, year: str) -> str | None:
    """Return the month `YYYY-MM` a member of a yearly archive belongs to, by its name or folder."""
    path = PurePosixPath(name)
    for part in reversed(path.parts):
        if match := _YEAR_MONTH.search(part):
            return f"{match[1]}-{match[2]}"
        if match := _MONTH_FOLDER.fullmatch(part):
            return f"{year}-{int(match[1]):02d}"
    return None


def months_inside(names: Iterable[str], year: str) -> list[str]:
    """Return the months of a yearly archive, by the names of its members."""
    months = (member_month(name, year) for name in names if is_data(name))
    return sorted({month for month in months if month})


@dataclass
class Budget:
    """What an archive may still unpack to, those within it included: bytes and members."""

    left: int
    members: int

    def take(self, archive: zipfile.ZipFile, size: int, key: str) -> None:
        """Count what an archive of `size` bytes says it holds; zipfile reads no more than that of a member.

        Raises:
            BatchError: no real archive holds that.
        """
        infos = archive.infolist()
        self.members -= len(infos)
        if self.members < 0:
            raise BatchError(f"{key} has {len(infos):,} members: not unpacked. No real archive has so many")
        packed, unpacked = (
            sum(getattr(info, name) for info in infos) for name in ("compress_size", "file_size")
        )
        self.left -= unpacked
        for info in infos:
            if info.compress_type not in _PACKED:
                raise BatchError(
                    f"{key}, {info.filename}: packed by a method (number {info.compress_type}) that no real "
                    "archive has used: not unpacked"
                )
            if _is_bomb(info.compress_size, info.file_size):
                raise BatchError(
                    f"{key}, {info.filename}: {info.compress_size:,} bytes claim to unpack to "
                    f"{info.file_size:,}; not unpacked. No real archive packs like that"
                )
        # Members that share their bytes are each small, and many.
        if packed > size or _is_bomb(size, unpacked) or self.left < 0:
            raise BatchError(
                f"{key}: {size:,} bytes claim to hold {packed:,} that unpack to {unpacked:,}; not unpacked. "
                "No real archive packs like that"
            )


def _is_bomb(packed: int, unpacked: int) -> bool:
    return unpacked > SMALL and unpacked > _LARGEST_RATIO * max(packed, 1)


def _parts(
    archive: zipfile.ZipFile,
    key: str,
    stack: ExitStack,
    keep: Callable[[str], bool],
    budget: Budget,
    depth: int,
) -> Iterator[Part]:
    if depth > _DEEPEST:
        raise BatchError(f"{key}: an archive in an archive in an archive is not unpacked further")
    for info in archive.infolist():
        if not is_data(info.filename) or not keep(info.filename):
            continue
        if info.filename.lower().endswith(".csv"):
            yield Part(info.filename, info.file_size, info.CRC, partial(archive.open, info))
            continue
        # zipfile has to seek in a nested archive, so it is unpacked to disk and not read through the outer.
        unpacked = stack.enter_context(tempfile.TemporaryFile(dir=Path(str(archive.filename)).parent))  # noqa: SIM115
        with archive.open(info) as packed:
            shutil.copyfileobj(packed, unpacked, 1 << 20)
        inner = stack.enter_context(zipfile.ZipFile(unpacked))
        where = f"{key}, {info.filename}"
        budget.take(inner, info.file_size, where)
        for part in _parts(inner, where, stack, lambda _: True, budget, depth + 1):
            yield Part(f"{info.filename}/{part.name}", part.size, part.crc, part.opener)


@contextmanager
def open_parts(path: Path, key: str, keep: Callable[[str], bool]) -> Iterator[tuple[list[Part], list[str]]]:
    """Open an archive and give its CSV parts whose (outer) name `keep` wants, and the names left out.

    Archives have held the same CSV twice: a part whose size and checksum were seen before is left out.

    Raises:
        BatchError: the archive is damaged, a bomb, or holds no CSV.
    """
    with ExitStack() as stack:
        try:
            archive = stack.enter_context(zipfile.ZipFile(path))
            budget = Budget(LARGEST, MOST_MEMBERS)
            budget.take(archive, path.stat().st_size, key)
            found = sorted(_parts(archive, key, stack, keep, budget, 1), key=lambda part: part.name)
        except ZIP_ERRORS as error:
            raise BatchError(
                f"{key} is no readable zip archive ({error}); wait for the upstream to publish it again"
            ) from error
        parts: dict[tuple[int, int], Part] = {}
        for part in found:
            parts.setdefault((part.size, part.crc), part)
        kept = list(parts.values())
        if not kept:
            raise BatchError(f"{key} holds no CSV of trips; wait for the upstream to publish it again")
        yield kept, [part.name for part in found if part not in kept]
