"""What feeds without a past answered: each answer a file, kept as it was said when somebody asked.

`recordings/<source>/<feed>/<day>/<moment>.json.gz`, day and moment of asking in UTC. Nothing removes one but a
person: what a feed said then it cannot be asked for again. An answer that repeats the one before it is a hard link
to it, so that its content lies there once and both moments are known.
"""

from __future__ import annotations

import gzip
import itertools
import os
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from lake.errors import DamagedError, LakeError
from lake.faults import reach
from lake.files import make_folder, open_file, read_json, sync_folder, write_json
from lake.inventory import protect
from lake.layout import Lake, temporary_name, writer_of
from lake.locks import recording
from lake.paths import below

_WRITTEN = "%Y%m%dT%H%M%SZ"
_MOMENT = re.compile(r"[0-9]{8}T[0-9]{6}Z")
_ENDING = ".json.gz"
#: Whose answers these are: the file beside the folders of sources.
ORIGIN = "origin.json"
_MEND = "restore it from a copy, or remove it: what the feed said then is lost"


@dataclass(frozen=True)
class Recording:
    """One answer that is kept; `moment` says when it was asked for, such as `20260430T124000Z`."""

    path: Path
    moment: str

    @property
    def day(self) -> str:
        """The day of the moment in UTC, YYYY-MM-DD."""
        return day_of(self.moment)

    @property
    def at(self) -> datetime:
        """The moment in UTC."""
        return _instant(self.moment)

    @property
    def size(self) -> int:
        """Bytes of the file, packed."""
        return self.path.stat().st_size


def moment_of(instant: datetime) -> str:
    """Return how a moment is written in the name of a recording."""
    return instant.astimezone(UTC).strftime(_WRITTEN)


def is_moment(text: str) -> bool:
    """Say whether a text is a moment as recordings are called after, and one that was."""
    try:
        _instant(text)
    except ValueError:
        return False
    return _MOMENT.fullmatch(text) is not None


def _instant(moment: str) -> datetime:
    return datetime.strptime(moment, _WRITTEN).replace(tzinfo=UTC)


def day_of(moment: str) -> str:
    """Return the day of a moment, YYYY-MM-DD in UTC."""
    return f"{moment[:4]}-{moment[4:6]}-{moment[6:8]}"


def told_moment(moment: str) -> str:
    """Return a moment as people read it: `2026-04-30 12:40:00`."""
    return f"{_instant(moment):%Y-%m-%d %H:%M:%S}"


def origin_of(lake: Lake) -> str | None:
    """Return whose answers the lake keeps: `sample`, `upstream`, or None where it keeps none.

    Raises:
        DamagedError: it cannot be read.
    """
    path = lake.recordings / ORIGIN
    if not path.exists():
        return None
    return str(
        read_json(path, {"origin": str}, mend="remove it, if you know whose answers these are")["origin"]
    )


def claim(lake: Lake, origin: str) -> None:
    """Say whose answers the lake keeps, before the first: the sample's and real ones never mix.

    Raises:
        BusyError: somebody else has been writing for ten seconds.
        LakeError: it keeps others.
    """
    with recording(lake):
        _claim(lake, origin)


def _claim(lake: Lake, origin: str) -> None:
    held = origin_of(lake)
    if held is None:
        make_folder(lake.recordings)
        write_json(lake.recordings / ORIGIN, {"origin": origin})
    elif held != origin:
        raise LakeError(f"{lake.recordings} holds answers of another origin ({held}) than {origin}")


def keep(
    lake: Lake,
    source: str,
    feed: str,
    moment: str,
    body: bytes,
    *,
    read_from: str = "",
    origin: str = "upstream",
) -> Recording | None:
    """Keep what a feed answered, byte for byte; None where an answer of that moment is kept already.

    `read_from` names the file of an archive that the answer was read from. An answer of the same second is
    nothing new of a live feed; of a file it is an error where it says something else.

    Raises:
        BusyError: somebody else has been writing for ten seconds.
        DamagedError: the answer that is kept of the moment cannot be compared.
        LakeError: the moment is none, or the file says something else of a moment that is kept.
    """
    if not is_moment(moment):
        raise LakeError(f"{read_from or feed}: {moment!r} is no moment in UTC such as 20260430T124000Z")
    home = below(lake.recordings, source, feed)
    made = Recording(home / day_of(moment) / f"{moment}{_ENDING}", moment)
    with recording(lake):
        # Once more, for the lake may have been cleaned since the feed was asked.
        _claim(lake, origin)
        if made.path.exists():
            if read_from and read(made) != body:
                raise LakeError(
                    f"{read_from} says something else than {made.path}, which was kept of the same moment: look "
                    "at both, and remove the one that is wrong"
                )
            return None
        make_folder(made.path.parent)
        if not _linked(_before(home, moment), body, made.path):
            _write(lake, made.path, body)
        sync_folder(made.path.parent)
    reach("recording.kept")
    return made


def _before(home: Path, moment: str) -> Recording | None:
    """Return the last answer of a feed before a moment; looks at as few days as it can."""
    for day in sorted((path for path in home.iterdir() if path.name <= day_of(moment)), reverse=True):
        earlier = [one for one in _of_day(day) if one.moment < moment]
        if earlier:
            return max(earlier, key=lambda one: one.moment)
    return None


def _linked(before: Recording | None, body: bytes, path: Path) -> bool:
    """Link the answer before under a new moment, if it is the same; say whether that was done."""
    if before is None:
        return False
    try:
        if read(before) != body:
            return False
        os.link(before.path, path)
    except (DamagedError, OSError):
        # Damaged, or linked as often as the file system lets a file be: the answer gets a file of its own.
        return False
    return True


def _write(lake: Lake, path: Path, body: bytes) -> None:
    """Write a new file, whole or not at all."""
    # Not beside it: what a killed process leaves is looked for in one folder and not in that of every day.
    temporary = temporary_name(lake.recordings / path.name)
    temporary.unlink(missing_ok=True)  # of a killed process with the same number, and not to be written to
    try:
        with temporary.open("wb") as file:
            # Without the time of writing in it: the same answer is the same file, wherever it is written.
            file.write(gzip.compress(body, mtime=0))
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        temporary.unlink(missing_ok=True)  # a full disk, say: who asks again and again lives on
        raise
    protect(temporary)
    reach("recording.written")
    temporary.rename(path)


def kept(lake: Lake, source: str, feed: str) -> list[Recording]:
    """Return all that is kept of a feed, by moment. Names are looked at, and no file is read."""
    home = below(lake.recordings, source, feed)
    found = [one for day in home.glob("*") for one in _of_day(day)]
    return sorted(found, key=lambda one: one.moment)


def _of_day(day: Path) -> Iterator[Recording]:
    for path in day.glob(f"[!.]*{_ENDING}"):
        moment = path.name.removesuffix(_ENDING)
        if is_moment(moment) and day_of(moment) == day.name:
            yield Recording(path, moment)


def longest_hole(answers: list[Recording]) -> tuple[Recording, Recording] | None:
    """Return the two answers, one after the other, with the longest time between them: nobody asked then."""
    between = itertools.pairwise(answers)
    return max(between, key=lambda pair: pair[1].at - pair[0].at, default=None)


def strange(lake: Lake) -> Iterator[Path]:
    """Yield the files that lie among the recordings and are none: nobody reads them."""
    known = {one.path for source, feed in feeds(lake) for one in kept(lake, source, feed)}
    known.add(lake.recordings / ORIGIN)
    for path in sorted(lake.recordings.rglob("*")):
        if path not in known and not path.is_dir() and writer_of(path.name) is None:
            yield path


def feeds(lake: Lake) -> list[tuple[str, str]]:
    """Return the feeds of which something is kept, (source, feed)."""
    folders = [path for path in lake.recordings.glob("[!.]*/[!.]*") if path.is_dir()]
    return sorted((path.parent.name, path.name) for path in folders)


def read(one: Recording) -> bytes:
    """Return what a feed answered, as it was said.

    Raises:
        DamagedError: the file is gone or damaged; the message names it and says what to do.
    """
    try:
        with open_file(one.path, mend=_MEND) as file:
            return gzip.decompress(file.read())
    except FileNotFoundError as error:
        raise DamagedError(f"{one.path} is missing; {_MEND}") from error
    except (OSError, EOFError, zlib.error) as error:
        raise DamagedError(f"{one.path} is no whole recording ({error}); {_MEND}") from error
