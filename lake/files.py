"""Small file operations that must not leave something half-written behind."""

from __future__ import annotations

import contextlib
import json
import os
import re
import stat
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from hashlib import sha256
from io import BufferedReader
from pathlib import Path
from types import MappingProxyType
from typing import IO, Any

from lake.errors import BusyError, DamagedError
from lake.faults import reach
from lake.filesystem import needed
from lake.layout import temporary_name, writer_of

#: The first lines of an object that `write_json` wrote.
_SEAL = re.compile(rb'\{\n  "sha256": "([0-9a-f]{64})",?\n')
_ANY_KEYS: Mapping[str, Any] = MappingProxyType({})

#: What may lie in the place of a file, where opening it would wait for others or never end.
_NO_FILES = {
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}

_HALF_A_PAIR = re.compile("[\ud800-\udfff]")


def utc_now() -> str:
    """Return the present moment as ISO 8601 text in UTC, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def sync_folder(folder: Path) -> None:
    """Sync a folder's entries to disk, so that a rename or link in it survives a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def make_folder(folder: Path) -> None:
    """Make a folder and what is missing above it, each of them on disk."""
    if not folder.is_dir():
        make_folder(folder.parent)
        folder.mkdir(exist_ok=True)
        sync_folder(folder.parent)


def write_text(path: Path, text: str) -> None:
    """Write a text file so that readers see the old one or the whole new one, never a part.

    Raises:
        DamagedError: a folder lies in its place.
    """
    temporary = temporary_name(path)
    with temporary.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    reach("text.written")
    try:
        temporary.replace(path)
    except IsADirectoryError as error:
        temporary.unlink()
        raise DamagedError(f"{path} is a folder and no file; take it away, and it is written") from error
    sync_folder(path.parent)


def write_json(path: Path, content: Any) -> None:
    r"""Write JSON so that readers see the old file or the whole new one, never a part.

    An object begins with the hash of all that stands below it, so that `read_json` knows what was changed.
    Half of a surrogate pair, which Python may have in a text and no UTF-8 has, is written as it is escaped,
    a backslash and `ud800`: whoever reads the file can write it again.
    """
    text = json.dumps(content, indent=2, ensure_ascii=False, default=str) + "\n"
    text = _HALF_A_PAIR.sub(lambda half: rf"\\u{ord(half[0]):04x}", text)
    if isinstance(content, dict):
        rest = text.removeprefix("{\n") if content else "}\n"
        comma = "," if content else ""
        text = f'{{\n  "sha256": "{sha256(rest.encode()).hexdigest()}"{comma}\n{rest}'
    write_text(path, text)


def open_file(path: Path, *, mend: str = "restore it from a copy") -> BufferedReader:
    """Open a file of the lake for reading, and nothing else that lies in its place.

    Raises:
        DamagedError: something else does; the message names it and says what to do, in the words of `mend`.
        FileNotFoundError: nothing is there.
    """
    if what := _NO_FILES.get(stat.S_IFMT(path.stat().st_mode)):
        raise DamagedError(f"{path} is {what} and no file; take it away: {mend}")
    return path.open("rb")


def read_json(
    path: Path, keys: Mapping[str, Any] = _ANY_KEYS, *, mend: str = "restore it from a copy"
) -> Any:
    """Read a JSON file that this package wrote. `keys` are names that it must have, each with its type or types.

    Raises:
        DamagedError: the file is gone or none, is no JSON or no UTF-8, is not as it was written or lacks a key; the
            message names it and says what to do, in the words of `mend`.
    """
    try:
        with open_file(path, mend=mend) as file:
            raw = file.read()
        content = json.loads(raw)
    except FileNotFoundError as error:
        raise DamagedError(f"{path} is missing; {mend}") from error
    except (ValueError, RecursionError) as error:
        raise DamagedError(f"{path} is not readable as JSON ({error}); {mend}") from error
    if sealed := _SEAL.match(raw):
        if sha256(raw[sealed.end() :]).hexdigest() != sealed[1].decode():
            raise DamagedError(f"{path} is not as it was written; {mend}")
        del content["sha256"]
    if keys and not isinstance(content, dict):
        raise DamagedError(f"{path} holds no JSON object; {mend}")
    wrong = [name for name, kind in keys.items() if not isinstance(content.get(name, path), kind)]
    if wrong:
        raise DamagedError(f"{path} is not what this lake writes: look at {', '.join(wrong)} in it; {mend}")
    return content


def is_sealed(path: Path) -> bool:
    """Say whether a JSON file begins with its own hash, as all do that are written now."""
    with open_file(path) as file:
        return _SEAL.match(file.read(100)) is not None


def swap_link(link: Path, target: str) -> None:
    """Point a symbolic link at `target` (relative to the link's folder) in one rename."""
    temporary = temporary_name(link)
    temporary.unlink(missing_ok=True)
    temporary.symlink_to(target)
    reach("link.made")
    temporary.replace(link)
    sync_folder(link.parent)


def sync_tree(folder: Path) -> None:
    """Sync every file and folder below `folder` to disk."""
    for current, _, names in os.walk(folder):
        for name in names:
            path = Path(current) / name
            if not path.is_file():
                continue  # a pipe, say, that another program put there: it is not published
            handle = os.open(path, os.O_RDONLY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)
        sync_folder(Path(current))


def left_by_the_dead(folder: Path) -> list[Path]:
    """Return the temporary files in `folder` whose process was killed before it could rename them."""
    found = []
    for path in folder.glob(".*.writing"):
        process = writer_of(path.name)
        if process and not _is_alive(process):
            found.append(path)
    return found


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


@contextlib.contextmanager
def exclusive_lock(path: Path, busy: str, *, wait: float = 0.0, shared: bool = False) -> Iterator[IO[Any]]:
    """Hold an exclusive lock on `path` for the time of the block, after at most `wait` seconds.

    A `shared` one goes together with other shared ones, and with no exclusive one. A process that is given the open
    file (`pass_fds`) holds it along, for as long as it lives.

    Raises:
        BusyError: another process holds it; the message is `busy`.
    """
    last = time.monotonic() + wait
    while True:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a+") as file:
            _take(file, busy, last, shared)
            # Whoever had it may have removed the file: the next to come would make a new one and lock that.
            if still_names(path, file):
                yield file
                return


def _take(file: IO[Any], busy: str, last: float, shared: bool) -> None:
    import fcntl

    while True:
        try:
            with needed(f"a lock on {file.name}"):
                fcntl.flock(file, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except BlockingIOError as error:
            if time.monotonic() >= last:
                raise BusyError(busy) from error
            time.sleep(0.05)
        else:
            return


def still_names(path: Path, file: IO[Any]) -> bool:
    """Say whether `path` still names the open file: it does not once the file was removed or replaced."""
    try:
        return os.path.samestat(os.fstat(file.fileno()), path.stat())
    except FileNotFoundError:
        return False
