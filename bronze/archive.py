"""An archive: what feeds answered to others, in a folder or below an address, read without being unpacked first."""

from __future__ import annotations

import gzip
import io
import re
import zlib
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from urllib.parse import quote

from bronze.addresses import joined
from bronze.errors import BatchError
from bronze.http import LARGEST_ANSWER, client, get_json, get_parsed
from lake.files import open_file
from lake.recordings import is_moment
from lake.words import shown

#: A folder that is no whole path is one of the project, from wherever the process was started.
_PROJECT = Path(__file__).parent.parent
#: A file of a feed: any folders, the moment it was asked for.
_NAMED = re.compile(r"[a-z][a-z0-9_]*/(?:[\w-][\w.-]*/)*(?P<moment>[^/]+)\.json(?:\.gz)?")
_GZIP = b"\x1f\x8b"


def files_of(archive: str) -> dict[str, Callable[[], bytes]]:
    """Return the files of an archive by their names in it, each with what reads its content, unpacked.

    A folder, or an address with `index.json`, a list of paths below it. Reading raises a BatchError that names
    the file and what to do.

    Raises:
        BatchError: there is no such folder, or no index.
    """
    return _at(archive) if "://" in archive else _below(_PROJECT / Path(archive).expanduser())


def by_moment(feed: str, files: Iterable[str]) -> tuple[dict[str, list[str]], list[str]]:
    """Return a feed's files in an archive by the moment they are called after, and those of another name."""
    found: dict[str, list[str]] = {}
    strange = []
    for name in sorted(name for name in files if name.startswith(f"{feed}/")):
        match = _NAMED.fullmatch(name)
        if match and is_moment(match["moment"]):
            found.setdefault(match["moment"], []).append(name)
        else:
            strange.append(name)
    return found, strange


def _below(folder: Path) -> dict[str, Callable[[], bytes]]:
    """Return the files of an archive in a folder, by their names below it, and how each is read."""
    if not folder.is_dir():
        raise BatchError(f"{folder} is no folder: an archive is one, or an address with index.json; check it")

    def opened(path: Path) -> bytes:
        with open_file(path, mend="take it out of the archive") as file:
            body = file.read(LARGEST_ANSWER + 1)
        try:
            return _unpacked(body)
        except ValueError as error:
            raise BatchError(f"{path}: {error}; take it out of the archive, or bring a whole copy") from None

    names = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*.json*")}
    return {
        name: partial(opened, path)
        for name, path in names.items()
        if not any(part.startswith(".") for part in name.split("/"))
    }


def _at(archive: str) -> dict[str, Callable[[], bytes]]:
    """Return the files that an archive's index lists, by their names below it, and how each is fetched."""
    http = client()
    index = joined(archive, "index.json")
    listed = get_json(http, index)
    if not isinstance(listed, list) or not all(isinstance(name, str) for name in listed):
        raise BatchError(f"{shown(index)} is no list of paths below it, but {str(listed)[:80]!r}")

    def fetched(name: str) -> bytes:
        url = joined(archive, quote(name))
        body: bytes = get_parsed(http, url, None, _unpacked, "a recording", lambda text: text.startswith("<"))
        return body

    return {name: partial(fetched, name) for name in listed}


def _unpacked(body: bytes) -> bytes:
    """Return a file's content, whether it is packed or was unpacked on its way.

    Raises:
        ValueError: it is damaged, or more than any answer is.
    """
    if not body.startswith(_GZIP):
        whole = body
    else:
        try:
            with gzip.GzipFile(fileobj=io.BytesIO(body)) as file:
                whole = file.read(LARGEST_ANSWER + 1)
        except (OSError, EOFError, zlib.error) as error:
            raise ValueError(f"damaged: {error}") from None
    if len(whole) > LARGEST_ANSWER:
        raise ValueError(f"more than the {LARGEST_ANSWER:,} bytes of any answer")
    return whole
