"""Reading and hashing all that was written down, to see whether it is what landed and what was published."""

from __future__ import annotations

import contextlib
import shlex
import stat
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from lake import recordings
from lake.branches import branches, read_begun
from lake.decisions import DECISIONS, is_persons, read_decisions
from lake.errors import DamagedError, LakeError
from lake.files import is_sealed, read_json
from lake.filesystem import check_link
from lake.holds import hold
from lake.ids import TRASH, is_id
from lake.inventory import INVENTORY, Inventory, digest, files_below, published_list, side_by_side
from lake.layout import ENTRIES, Kind, Lake, is_data, writer_of
from lake.listing import read_listing
from lake.meaning import MEANING, check_meanings
from lake.pin import published_by, read_pin
from lake.snapshots import BUILDING, current_id, is_complete, load
from lake.tags import read_tags
from lake.versions import Version, all_versions, strange

#: What lies in a version's folder beside its Parquet files.
_FACTS = ("record.json", "verdict.json", "upstream.json")
_NO_FILE = "is no file"
_LOOK = "look at it, and remove it"
_UNSEALED = "does not begin with its own hash, as it was written"


@dataclass(frozen=True)
class Fault:
    """Something that is not as it was written: what is wrong, how to mend it, and which snapshots have it."""

    path: Path
    what: str
    mend: str
    snapshots: tuple[str, ...] = ()


@dataclass
class Verified:
    """What `verify` found. `read` is in bytes; `unhashed` counts files from before hashes were written down."""

    faults: list[Fault] = field(default_factory=list)
    files: int = 0
    read: int = 0
    unhashed: int = 0
    seconds: float = 0.0


@dataclass(frozen=True)
class _Listed:
    """A file that a record or a snapshot lists; `mend` says what helps where no sound copy is in the lake."""

    path: Path
    size: int
    made: str | None
    mend: str
    snapshot: str | None = None


def verify(lake: Lake) -> Verified:
    """Read every file of bronze and of all snapshots, and compare it with what was written down of it.

    Changes nothing, and may go on beside a run. The snapshot that a run builds is left out; what it has not
    judged yet, or is taking away, is among the faults: it looks like what was lost, or left by a killed one.
    Branches are read with their lake: what they share with it is hashed once.
    """
    begun = time.monotonic()
    done = Verified()
    lakes = [lake, *branches(lake)]
    with contextlib.ExitStack() as held:
        _compare(
            [one for of in lakes for one in (*_of_versions(of, done), *_of_snapshots(of, done, held))], done
        )
    done.faults += [*_of_recordings(lake, done), *(fault for one in lakes for fault in _beside(one))]
    known = {one.root for one in lakes}
    strays = [path for path in lake.branches.glob("*") if path not in known and not writer_of(path.name)]
    done.faults += [Fault(path, "is no branch", _LOOK) for path in strays]
    # What several versions share is met with each of them.
    done.faults = sorted(dict.fromkeys(done.faults), key=lambda fault: fault.path)
    done.seconds = round(time.monotonic() - begun, 3)
    return done


def _tried(done: Verified, path: Path, read: Callable[[], Any], mend: str = "") -> Any:
    """Return what is read, or None and a fault where it is damaged: `mend`, or the error, says what helps."""
    try:
        return read()
    except LakeError as error:
        what, _, said = str(error).removeprefix(f"{path} ").partition("; ")
    except OSError as error:
        what, said = _unread(error), ""
    done.faults.append(Fault(path, what, mend or said or "restore it from a copy"))
    return None


def _unread(error: OSError) -> str:
    return f"cannot be read: {error.strerror}"


def _hash(path: Path) -> str | OSError:
    try:
        return digest(path)
    except OSError as error:
        return error


def _of_versions(lake: Lake, done: Verified) -> Iterator[_Listed]:
    done.faults += [Fault(path, what, _LOOK) for path, what in strange(lake)]
    # Where a batch has no version any more, it stops its landing all the same.
    for kept in sorted(lake.bronze.glob(f"*/*/batch=*/{DECISIONS}")):
        _tried(done, kept, partial(read_decisions, kept.parent))
    for version in all_versions(lake):
        record = _tried(done, version.path / "record.json", partial(getattr, version, "record"))
        later = version.path / "upstream.json"
        if later.exists():
            _tried(done, later, partial(read_json, later, mend="remove it"))
        done.faults += _of_verdict(version, done)
        if record is not None:
            yield from _of_version(version, done)


def _of_recordings(lake: Lake, done: Verified) -> Iterator[Fault]:
    """Read what is kept of feeds, each file once: a packed one tells by itself whether it is whole."""
    yield from (Fault(path, "is no recording", _LOOK) for path in recordings.strange(lake))
    _tried(done, lake.recordings / recordings.ORIGIN, partial(recordings.origin_of, lake))
    seen = set()
    for source, feed in recordings.feeds(lake):
        for one in recordings.kept(lake, source, feed):
            with contextlib.suppress(OSError):  # what is wrong with it, reading tells
                facts = one.path.stat()
                if facts.st_ino in seen:
                    continue
                seen.add(facts.st_ino)
                done.files, done.read = done.files + 1, done.read + facts.st_size
            _tried(done, one.path, partial(recordings.read, one))


def _of_verdict(version: Version, done: Verified) -> Iterator[Fault]:
    path, kept = version.path / "verdict.json", version.path.parent / DECISIONS
    decisions = _tried(done, kept, partial(read_decisions, version.path.parent))
    verdict = _tried(done, path, partial(getattr, version, "verdict")) if path.exists() else None
    if not path.exists():
        mend = "`make run` judges the version anew; what a person had decided stays in force"
        yield Fault(path, "is missing", mend)
    elif verdict is not None and not is_sealed(path) and is_sealed(version.path / "record.json"):
        yield Fault(path, _UNSEALED, "remove it, and `make run` judges the version anew")
    elif verdict is not None and is_persons(verdict) and is_sealed(path):
        kept_it = kept.exists() and is_sealed(kept) and (decisions or {}).get(str(version.number)) == verdict
        if decisions is not None and not kept_it:
            again = "remove it, and `make hold` or `make accept` writes it again"
            yield Fault(kept, f"does not hold what {verdict['by']} decided on {version}", again)


def _of_version(version: Version, done: Verified) -> Iterator[_Listed]:
    files = version.record["files"]
    mend = f"remove {version.path}, and `make run` lands {version.batch} again; or restore it from a copy"
    if any("sha256" in file for file in files) and not is_sealed(version.path / "record.json"):
        done.faults.append(Fault(version.path / "record.json", _UNSEALED, mend))
    names = {str(file["name"]) for file in files}
    for path in sorted(version.path.glob("*")):
        if path.name not in names and path.name not in _FACTS and not writer_of(path.name):
            done.faults.append(Fault(path, "did not land with its version", _LOOK))
    for path, file in zip(version.files, files, strict=True):
        yield _Listed(path, file["bytes"], file.get("sha256"), mend)


def _of_snapshots(lake: Lake, done: Verified, held: contextlib.ExitStack) -> Iterator[_Listed]:
    published = _tried(done, lake.current, partial(current_id, lake))
    for folder in sorted(lake.snapshots.glob("[!.]*")):
        if not is_id(folder.name):
            done.faults.append(Fault(folder, "is no snapshot", _LOOK))
            continue
        facts, mend = folder / "snapshot.json", _rebuilt(folder, published)
        if (folder / BUILDING).exists() and folder.name != published:
            continue  # a run is building it, or the next one clears it
        if not facts.exists():
            done.faults.append(Fault(facts, "is missing, so it is no snapshot", mend))
            continue
        try:
            held.enter_context(hold(folder))
        except FileNotFoundError:
            continue  # collected since
        except OSError as error:
            done.faults.append(Fault(facts, _unread(error), mend))
            continue
        except DamagedError:
            pass  # told by who reads it
        snapshot = _tried(done, facts, partial(load, lake, folder.name), mend)
        if snapshot is None:
            continue
        made = snapshot.facts.get("files_sha256")
        if made is None:
            done.unhashed += sum(1 for _ in files_below(folder))
            continue
        if not is_sealed(facts):
            done.faults.append(Fault(facts, _UNSEALED, mend))
        told = snapshot.facts.get("meaning_sha256")
        _tried(done, folder / MEANING, partial(check_meanings, folder, told), mend)
        listed = _tried(done, folder / INVENTORY, partial(published_list, folder, made), mend)
        if listed is not None:
            yield from _of_snapshot(folder, listed, mend, done)


def _of_snapshot(folder: Path, listed: Inventory, mend: str, done: Verified) -> Iterator[_Listed]:
    for path in files_below(folder):
        if path.relative_to(folder).as_posix() not in listed:
            what = "was not published; readers of the folder see it, `lake.connect` does not"
            done.faults.append(Fault(path, what, _LOOK, (folder.name,)))
    for name, (size, made) in listed.items():
        yield _Listed(folder / name, size, made, mend, folder.name)


def _rebuilt(folder: Path, published: str | None) -> str:
    """Say what helps where something of a snapshot is lost."""
    if folder.name == published:
        return "`make run FULL=1` builds a snapshot anew from bronze; until then `make rollback` shows the one before"
    return f"it is not published: remove {folder}"


def _compare(listed: list[_Listed], done: Verified) -> None:
    """Hash every file once, however many names it has, and add a fault for each that is not as listed."""
    inodes: dict[tuple[int, int], list[_Listed]] = {}
    lost = []
    for one in listed:
        try:
            found = one.path.stat()
        except OSError:
            lost.append((one, "is missing"))
            continue
        if not stat.S_ISREG(found.st_mode):
            lost.append((one, _NO_FILE))
            continue
        inodes.setdefault((found.st_dev, found.st_ino), []).append(one)
    hashes = side_by_side(_hash, (group[0].path for group in inodes.values()))
    hashed = list(zip(inodes.values(), hashes, strict=True))
    done.files += len(hashed)
    sound = {made: group[0].path for group, made in hashed if isinstance(made, str)}
    for group, made in hashed:
        if isinstance(made, OSError):
            done.faults.append(_fault(group, _unread(made), sound))
            continue
        size = group[0].path.stat().st_size
        done.read += size
        # The names of one file may be listed with different hashes: that of another file lies here then.
        # One that landed before hashes were kept goes by its size, and by the hash of another name.
        others = dict.fromkeys(one.made for one in group if one.made != made)
        for wanted in [one for one in others if one] or others:
            wrong = [one for one in group if one.made in (wanted, None)]
            if wanted or wrong[0].size != size:
                other = f"{size:,} bytes for {wrong[0].size:,}" if size != wrong[0].size else "other bytes"
                done.faults.append(_fault(wrong, f"is damaged: it has {other}", sound))
            else:
                done.unhashed += len(wrong)
    done.faults += [_fault([one], what, sound) for one, what in lost]


def _fault(wrong: list[_Listed], what: str, sound: dict[str, Path]) -> Fault:
    """Return the fault of one file under all its names; a sound copy is linked to each."""
    copy = sound.get(wrong[0].made or "")
    mend = (
        "; ".join(f"`{shlex.join(['ln', '-f', str(copy), str(one.path)])}`" for one in wrong)
        if copy
        else wrong[0].mend
    )
    if what == _NO_FILE:
        mend = f"remove it; {mend}"  # a link would come to lie in a folder
    return Fault(wrong[0].path, what, mend, tuple(one.snapshot for one in wrong if one.snapshot))


def _beside(lake: Lake) -> Iterator[Fault]:
    """Yield what is wrong with what lies beside bronze and snapshots in the lake's folder."""
    done = Verified()
    for entry in ENTRIES:
        path = lake.root / entry.name
        if entry.kind is Kind.LINK:
            _tried(done, path, partial(check_link, path))
        if entry.target and path.is_symlink() and str(path.readlink()) != entry.target:
            yield Fault(path, "leads elsewhere", f"`{shlex.join(['ln', '-sfn', entry.target, str(path)])}`")
    published = _tried(done, lake.current, partial(current_id, lake))
    for entry in ENTRIES:
        path = lake.root / entry.name
        # Published first makes them, and then the link that they lead through.
        if published and entry.target and not path.is_symlink() and not path.exists():
            yield Fault(path, "is missing", "`make run` makes it again")
    mend = published_by(lake) if lake.pin.exists() else "`make rollback SNAPSHOT=…` or `make run`"
    if published and not (is_id(published) and (lake.snapshots / published).is_dir()):
        what = f"leads to snapshot {published}, which is gone"
        yield Fault(lake.current, what, mend)
    _tried(done, lake.pin, partial(read_pin, lake))
    if lake.home != lake:
        _tried(done, lake.branch, partial(read_begun, lake))
    _tried(done, lake.tags, partial(read_tags, lake))
    _tried(done, lake.listing, partial(read_listing, lake))
    for path in lake.reports.glob("gates/*/*/[!.]*.json"):
        _tried(done, path, partial(read_json, path, mend="remove it"))
    yield from done.faults
    if lake.root != Path(__file__).parent:
        for path in lake.root.glob("*"):
            if not is_data(path.name):
                yield Fault(path, "is not the lake's", "look at it, and move it elsewhere")
    if (
        not lake.current.exists()
        and published is None
        and any(is_complete(lake, path.name) for path in lake.snapshots.glob("[!.]*"))
    ):
        yield Fault(lake.current, "is missing", mend)
    for path in lake.snapshots.glob(".*"):
        if path.name.startswith(TRASH):
            yield Fault(path, "was taken away and not removed yet", "the next `make run` removes it")
