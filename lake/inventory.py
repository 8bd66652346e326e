"""What lies in a snapshot's folder, file by file: name, size and hash, written down when it is published.

Readers read this list and not whatever lies in the folder, and see by names and sizes whether all of it is
there; `lake.verify` reads every file and hashes it.
"""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from hashlib import file_digest
from pathlib import Path
from typing import TypeVar

from lake.errors import DamagedError
from lake.files import open_file, read_json, write_json

#: Lies in a published snapshot's folder beside its facts, which hold its hash.
INVENTORY = "files.json"
#: What lies in the folder beside the files that are listed.
_FACTS = (INVENTORY, "meaning.json", "building.json", "snapshot.json")

_TOLD = "`make verify` tells all, and `make run` builds a sound one"
_Made = TypeVar("_Made")

#: Size in bytes and SHA-256, by the path within the folder.
Inventory = dict[str, tuple[int, str]]


def digest(path: Path) -> str:
    """Return the SHA-256 of a file's content, in hexadecimal digits.

    Raises:
        DamagedError: what lies there is no file.
    """
    with open_file(path) as file:
        return file_digest(file, "sha256").hexdigest()


def side_by_side(hashing: Callable[[Path], _Made], paths: Iterable[Path]) -> list[_Made]:
    """Return what is made of each file, several at a time: hashing leaves Python alone."""
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        return list(threads.map(hashing, paths))


def protect(path: Path) -> None:
    """Take the right to write from a file: what is published is never changed, by nobody.

    Another user's, from before this was done, stays as it is.
    """
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & 0o222:
        with contextlib.suppress(PermissionError):
            path.chmod(mode & ~0o222)


def files_below(folder: Path) -> Iterator[Path]:
    """Yield the files below a folder, its facts aside, in order of name."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not (path.parent == folder and path.name in _FACTS):
            yield path


def take_inventory(folder: Path, parent: Path | None = None) -> str:
    """Make the files of a snapshot read-only, write down what they are, and return that list's own hash.

    What is the same file as in the `parent`'s folder has the hash that is written there: were it made anew,
    nobody would ever know that the file is damaged. Where that list itself is, all is hashed. What another
    program put there meanwhile, such as a file manager, is left out.
    """
    before: Inventory = {}
    if parent:
        with contextlib.suppress(DamagedError):
            before = read_inventory(parent) or {}
    known: Inventory = {}
    new = []
    for path in files_below(folder):
        if path.suffix != ".parquet" or path.name.startswith("."):
            continue
        protect(path)
        name = path.relative_to(folder).as_posix()
        if parent and name in before and _is_same(path, parent / name):
            known[name] = before[name]
        else:
            new.append(path)
    for path, made in zip(new, side_by_side(digest, new), strict=True):
        known[path.relative_to(folder).as_posix()] = (path.stat().st_size, made)
    write_json(folder / INVENTORY, {"files": dict(sorted(known.items()))})
    return digest(folder / INVENTORY)


def _is_same(path: Path, other: Path) -> bool:
    return other.exists() and path.samefile(other)


def read_inventory(folder: Path) -> Inventory | None:
    """Return what lies in a snapshot's folder; None where it is from before this was written down.

    Raises:
        DamagedError: the list cannot be read.
    """
    if not (folder / INVENTORY).exists():
        return None
    mend = "`make run FULL=1` builds all anew"
    listed = read_json(folder / INVENTORY, {"files": dict}, mend=mend)["files"]
    try:
        return {name: (int(size), str(made)) for name, (size, made) in listed.items()}
    except (TypeError, ValueError):
        path = folder / INVENTORY
        raise DamagedError(f"{path} is not what this lake writes: look at files in it; {mend}") from None


def differing(folder: Path, listed: Inventory) -> Iterator[tuple[str, str]]:
    """Yield the listed files that are missing or of another size: their names, and what is wrong."""
    for name, (size, _) in listed.items():
        try:
            found = (folder / name).stat().st_size
        except OSError:
            yield name, "is missing"
            continue
        if found != size:
            yield name, f"has {found:,} bytes and was written with {size:,}"


def published_list(folder: Path, made: str) -> Inventory:
    """Return what was published in a snapshot's folder; `made` is the hash of that list, in its facts.

    Raises:
        DamagedError: the list is gone, or another.
    """
    path = folder / INVENTORY
    if not path.exists() or digest(path) != made:
        raise DamagedError(f"{path} is not what was published; {_TOLD}")
    return read_inventory(folder) or {}


def check_inventory(folder: Path, made: str | None) -> None:
    """See by names and sizes whether what was published is there. `made` is the list's hash in the facts.

    Raises:
        DamagedError: it is not; the message names the first file and how many there are.
    """
    if made is None:
        return  # from before this was written down
    if faults := [*differing(folder, published_list(folder, made))]:
        name, what = faults[0]
        more = f" (and {len(faults) - 1:,} more files)" if len(faults) > 1 else ""
        raise DamagedError(f"{folder / name} {what}{more}; {_TOLD}")
