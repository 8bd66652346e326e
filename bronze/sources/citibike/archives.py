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
#: Text packs 5–15 times; far beyond that an archive is a bomb and not data.
_LARGEST_RATIO = 200
_SMALL = 64 << 20

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


def _check(info: zipfile.ZipInfo, key: str) -> None:
    if info.file_size > _SMALL and info.file_size > _LARGEST_RATIO * max(info.compress_size, 1):
        raise BatchError(
            f"{key}, {info.filename}: {info.compress_size:,} bytes claim to unpack to "
            f"{info.file_size:,}; not unpacked. No real archive packs like that"
        )


def _parts(
    archive: zipfile.ZipFile, key: str, stack: ExitStack, keep: Callable[[str], bool]
) -> Iterator[Part]:
    for info in archive.infolist():
        if not is_data(info.filename) or not keep(info.filename):
            continue
        _check(info, key)
        if info.filename.lower().endswith(".csv"):
            yield Part(info.filename, info.file_size, info.CRC, partial(archive.open, info))
            continue
        # zipfile has to seek in a nested archive, so it is unpacked to disk and not read through the outer.
        unpacked = stack.enter_context(tempfile.TemporaryFile(dir=Path(str(archive.filename)).parent))  # noqa: SIM115
        with archive.open(info) as packed:
            shutil.copyfileobj(packed, unpacked, 1 << 20)
        inner = stack.enter_context(zipfile.ZipFile(unpacked))
        for part in _parts(inner, f"{key}, {info.filename}", stack, lambda _: True):
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
            found = sorted(_parts(archive, key, stack, keep), key=lambda part: part.name)
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
