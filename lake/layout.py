"""Where things lie in the lake: the one list of its folders and files.

The guard of `.awos/hooks` loads this file by itself, with the system's Python: at its top it imports the
standard library only, and nothing of this package.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import overload

_ODD = set("'\"{}[]*?$\\=%")
LAYERS = ("bronze", "silver", "gold")


class Kind(Enum):
    """What an entry of a lake's folder is."""

    DATA = "folder of files that are hard-linked between snapshots"
    REPORTS = "folder of what was said about the data"
    WORK = "folder of downloads, scratch and locks"
    LINK = "symbolic link into the published snapshot"
    JSON = "file of facts, written whole"

    @property
    def is_folder(self) -> bool:
        """Whether there are files below it that are its own, and not another entry's."""
        return self in (Kind.DATA, Kind.REPORTS, Kind.WORK)


@dataclass(frozen=True)
class Entry:
    """Something that lies in a lake's folder. Asked of a lake, it is the path there.

    `target` says where a link leads that never changes.
    """

    name: str
    kind: Kind
    target: str = ""

    @overload
    def __get__(self, lake: None, owner: type[Lake]) -> Entry: ...
    @overload
    def __get__(self, lake: Lake, owner: type[Lake]) -> Path: ...
    def __get__(self, lake: Lake | None, owner: type[Lake]) -> Entry | Path:
        """Return the path in a lake; without one, the entry itself."""
        return self if lake is None else lake.root / self.name


@dataclass(frozen=True)
class Lake:
    """The folders and files of one lake, in the order in which they are taken away. `root` is absolute."""

    root: Path

    #: To the published snapshot, swapped by one rename.
    current = Entry("current", Kind.LINK)
    #: For clients that want a path which stays: always the published snapshot's layers.
    accepted = Entry("accepted", Kind.LINK, "current/bronze")
    silver = Entry("silver", Kind.LINK, "current/silver")
    gold = Entry("gold", Kind.LINK, "current/gold")
    #: What the upstreams listed at the last run.
    listing = Entry("listing.json", Kind.JSON)
    #: There while the lake is pinned to the published snapshot by a rollback.
    pin = Entry("pin.json", Kind.JSON)
    #: Names that keep a snapshot from being collected (`lake.tags`).
    tags = Entry("tags.json", Kind.JSON)
    #: In a branch: of which lake it is, and what that one was when it began (`lake.branches`).
    branch = Entry("branch.json", Kind.JSON)
    #: Lakes beside this one, made of hard links to it: `<name>/` is one, with entries as these are.
    branches = Entry("branches", Kind.DATA)
    #: Landed versions: `<source>/<table>/batch=<batch>/version=<n>/`, append-only.
    bronze = Entry("bronze", Kind.DATA)
    #: One folder per snapshot, published or being built.
    snapshots = Entry("snapshots", Kind.DATA)
    #: What feeds without a past answered (`lake.recordings`), append-only: it cannot be fetched again.
    #: In a branch it is a link to that of its lake.
    recordings = Entry("recordings", Kind.DATA)
    #: Reports and rows of refused versions.
    quarantine = Entry("quarantine", Kind.REPORTS)
    #: What every gate said (`gates/`), and the pages made from that and from the models.
    reports = Entry("reports", Kind.REPORTS)
    #: Downloads, dlt's working folders, the build's scratch database: safe to remove between runs. The locks
    #: lie here as well, so it goes last.
    work = Entry("work", Kind.WORK)

    @property
    def home(self) -> Lake:
        """The lake that this one is a branch of; this one, where it is none."""
        is_branch = self.root.parent.name == Lake.branches.name and self.branch.exists()
        return Lake(self.root.parent.parent) if is_branch else self

    def short(self, path: Path) -> str:
        """Return `path` as a person would type it from the project's root, where that is shorter."""
        try:
            return str(path.relative_to(Path.cwd()))
        except ValueError:
            return str(path)


#: All that a lake's folder holds, beside this package where that is the folder.
ENTRIES = tuple(entry for entry in vars(Lake).values() if isinstance(entry, Entry))


#: What is written or removed, and whose process does it.
_TEMPORARY = re.compile(r"\.(?P<name>.+)\.(?P<process>[0-9]{1,10})\.writing")


def temporary_name(path: Path) -> Path:
    """Return where something lies while this process writes or removes it: `.<name>.<process>.writing`.

    What is called so and whose process is dead is removed, so nothing of a person's may look like it.
    """
    return path.with_name(f".{path.name}.{os.getpid()}.writing")


def writer_of(name: str) -> int | None:
    """Return the process that gave a temporary name, None where it is another name."""
    found = _TEMPORARY.fullmatch(name)
    return int(found["process"]) if found else None


def is_temporary(name: str) -> bool:
    """Say whether an entry of the lake lies under this name while it is written or removed."""
    found = _TEMPORARY.fullmatch(name)
    return found is not None and any(found["name"] == entry.name for entry in ENTRIES)


def is_data(name: str) -> bool:
    """Say whether something of this name in a lake's folder is the lake's own, and no code."""
    return is_temporary(name) or any(name == entry.name for entry in ENTRIES)


def locate(root: Path | str | None = None) -> Lake:
    """Find the lake: `root`, else the environment's LAKE_ROOT, else the folder this package lies in.

    Where no `root` is given, BRANCH in the environment names a branch of it.

    Raises:
        GoneError: it has no such branch.
        LakeError: the path, or the one that links lead to, holds a character that globs, SQL or folder names of
            partitions read as something else.
    """
    chosen = Path(root or os.environ.get("LAKE_ROOT") or Path(__file__).parent).absolute()
    for path in (str(chosen), str(chosen.resolve())):
        if odd := sorted(letter for letter in set(path) if letter in _ODD or not letter.isprintable()):
            from lake.errors import LakeError

            named = " ".join(letter if letter.isprintable() else repr(letter) for letter in odd)
            raise LakeError(
                f"LAKE_ROOT {path}: {named} has a meaning in globs, SQL or names of folders; use another folder"
            )
    lake, name = Lake(chosen), os.environ.get("BRANCH")
    if root or not name:
        return lake
    from lake.branches import open_branch
    from lake.errors import GoneError

    try:
        return open_branch(lake, name)
    except GoneError as error:
        # Said of a setting that may be another tool's.
        raise GoneError(f"BRANCH={name} is set: {error}") from error
