"""What lies in a snapshot's folder, file by file: name, size and hash, written down when it is published.

Readers read this list and not whatever lies in the folder, and see by names and sizes whether all of it is
there; `lake.verify` reads every file and hashes it.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from hashlib import file_digest
from pathlib import Path

from lake.errors import DamagedError
from lake.files import read_json, write_json

#: Lies in a published snapshot's folder beside its facts, which hold its hash.
INVENTORY = "files.json"
#: What lies in the folder beside the files that are listed.
_FACTS = (INVENTORY, "building.json", "snapshot.json")

#: Size in bytes and SHA-256, by the path within the folder.
Inventory = dict[str, tuple[int, str]]


def digest(path: Path) -> str:
    """Return the SHA-256 of a file's content, in hexadecimal digits."""
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


def digests(paths: Iterable[Path]) -> list[str]:
    """Return the SHA-256 of each file, several at a time: hashing leaves Python alone."""
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        return list(threads.map(digest, paths))


def protect(path: Path) -> None:
    """Take the right to write from a file: what is published is never changed, by nobody."""
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & 0o222:
        path.chmod(mode & ~0o222)


def files_below(folder: Path) -> Iterator[Path]:
    """Yield the files below a folder, its facts aside, in order of name."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not (path.parent == folder and path.name in _FACTS):
            yield path


def take_inventory(folder: Path, parent: Path | None = None) -> str:
    """Make the files of a snapshot read-only, write down what they are, and return that list's own hash.

    What is the same file as in the `parent`'s folder has the hash that is written there: were it made anew,
    nobody would ever know that the file is damaged.
    """
    before = (read_inventory(parent) if parent else None) or {}
    known: Inventory = {}
    new = []
    for path in files_below(folder):
        protect(path)
        name = path.relative_to(folder).as_posix()
        if parent and name in before and _is_same(path, parent / name):
            known[name] = before[name]
        else:
            new.append(path)
    for path, made in zip(new, digests(new), strict=True):
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
    listed = read_json(folder / INVENTORY, {"files": dict}, mend="`make run FULL=1` builds all anew")["files"]
    return {name: (size, made) for name, (size, made) in listed.items()}


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


def check_inventory(folder: Path, made: str | None) -> None:
    """See by names and sizes whether what was published is there. `made` is the list's hash in the facts.

    Raises:
        DamagedError: it is not; the message names the first file and how many there are.
    """
    if made is None:
        return  # from before this was written down
    listed = read_inventory(folder) if _has_hash(folder / INVENTORY, made) else None
    faults = [(INVENTORY, "is not what was published")] if listed is None else [*differing(folder, listed)]
    if faults:
        name, what = faults[0]
        more = f" (and {len(faults) - 1:,} more files)" if len(faults) > 1 else ""
        raise DamagedError(
            f"{folder / name} {what}{more}; `make verify` tells all, and `make run` builds a sound one"
        )


def _has_hash(path: Path, made: str) -> bool:
    return path.exists() and digest(path) == made
