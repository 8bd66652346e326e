"""Branches: lakes beside a lake, made of hard links to it, on which everything can be tried.

`branches/<name>/` is a lake like any other. It begins with the versions, the decisions and the published snapshot
of its lake, and shares with it afterwards what feeds answered and nothing else: nobody can ask for that again, so
all branches keep it in one place, and none takes it along when it is dropped.
"""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from lake.contents import identities
from lake.decisions import DECISIONS
from lake.errors import DamagedError, GoneError, LakeError, OvertakenError
from lake.faults import reach
from lake.files import make_folder, read_json, sync_folder, utc_now, write_json, write_text
from lake.filesystem import link_file
from lake.holds import nobody_reading
from lake.inventory import digest
from lake.layout import ENTRIES, Lake, temporary_name, writer_of
from lake.locks import publishing, running
from lake.paths import below, remove_tree
from lake.snapshots import BUILDING, current_id, hold_snapshot
from lake.tags import check_name
from lake.versions import all_versions, in_force

#: A snapshot's facts, on which its readers' locks lie: linked, a reader of the one lake would be one of the other.
_LOCKED = "snapshot.json"
#: What says something of versions, and is written anew (never into) where that changes.
FACTS = ("record.json", "verdict.json", DECISIONS)


@dataclass(frozen=True)
class Begun:
    """What a branch was when it began: by whom and when (UTC), from which snapshot of its lake.

    `accepted` is what was accepted there, as `lake.contents.identities` says it; `facts` are the hashes of the
    files that said so, by their path below bronze.
    """

    snapshot: str
    by: str
    begun_at: str
    accepted: list[list[Any]]
    facts: dict[str, str]


def read_begun(branch: Lake) -> Begun:
    """Return what a branch was when it began.

    Raises:
        DamagedError: the file is damaged; the message says what to do.
    """
    mend = f"`make drop NAME={branch.root.name}`, and begin another"
    keys = {"snapshot": str, "by": str, "begun_at": str, "accepted": list, "facts": dict}
    found = read_json(branch.branch, keys, mend=mend)
    try:
        return Begun(**found)
    except TypeError as error:
        raise DamagedError(f"{branch.branch} is not what this lake writes; {mend}") from error


def branches(lake: Lake) -> list[Lake]:
    """Return the branches of a lake, by name."""
    return [Lake(path.parent) for path in sorted(lake.branches.glob(f"[!.]*/{Lake.branch.name}"))]


def open_branch(lake: Lake, name: str) -> Lake:
    """Return a branch of a lake; a branch is found in itself, too.

    Raises:
        LakeError: the name is no plain one, or the lake is another branch.
        GoneError: there is no such branch.
    """
    if lake.home != lake:
        if lake.root.name == name:
            return lake
        raise LakeError(
            f"{lake.short(lake.root)} is a branch, and has none of its own: name its lake, and BRANCH"
        )
    found = Lake(below(lake.branches, name))
    if name.startswith(".") or not found.branch.exists():
        there = ", ".join(branch.root.name for branch in branches(lake)) or "none"
        raise GoneError(
            f"no branch {name!r} of {lake.short(lake.root)} (there are: {there}); `make branch NAME=…` begins one"
        )
    return found


def branch(lake: Lake, name: str, *, by: str) -> Lake:
    """Begin a branch of a lake: what it is made of are hard links, and it appears whole, by one rename.

    Raises:
        LakeError: the name cannot be given, or the lake is a branch itself.
        NothingPublishedError: nothing has been published to begin from.
        OvertakenError: another snapshot was published just now.
        DamagedError: something of the lake cannot be read.
        BusyError: others have been publishing or deciding for ten seconds.
    """
    if lake.home != lake:
        raise LakeError(
            f"{lake.short(lake.root)} is a branch, and there are no branches of branches: merge it first, or begin "
            "another of its lake, without BRANCH"
        )
    check_name(lake, name)
    made = Lake(temporary_name(lake.branches / name))
    try:
        with hold_snapshot(lake) as snapshot:
            for folder in (lake.branches, lake.recordings):
                make_folder(folder)
            remove_tree(made.root, lake.branches)  # of a killed process of the same number
            link_tree(snapshot.path, made.snapshots / snapshot.id, but=(_LOCKED, BUILDING))
            facts = (snapshot.path / _LOCKED).read_text(encoding="utf-8")
            write_text(made.snapshots / snapshot.id / _LOCKED, facts)
            with publishing(lake):
                check_name(lake, name)
                if current_id(lake) != snapshot.id:
                    raise OvertakenError("another snapshot was published just now: ask for the branch again")
                _fill(lake, made, snapshot.id, by)
                reach("branch.linked")
                made.root.rename(lake.branches / name)
                sync_folder(lake.branches)
    except (Exception, KeyboardInterrupt):
        remove_tree(made.root, lake.branches)
        raise
    return Lake(lake.branches / name)


def _fill(lake: Lake, made: Lake, snapshot_id: str, by: str) -> None:
    """Give a branch all that it has beside the snapshot; under the lake's publish lock."""
    for there, here in ((lake.bronze, made.bronze), (lake.reports / "gates", made.reports / "gates")):
        link_tree(there, here)
    if lake.listing.exists():
        link_file(lake.listing, made.listing)
    made.current.symlink_to(f"snapshots/{snapshot_id}")
    made.recordings.symlink_to(f"../../{Lake.recordings.name}")
    for entry in ENTRIES:
        if entry.target:
            (made.root / entry.name).symlink_to(entry.target)
    accepted = identities(in_force(all_versions(lake)))
    write_json(made.branch, asdict(Begun(snapshot_id, by, utc_now(), accepted, facts_of(made))))
    for folder, _, _ in os.walk(made.root):
        sync_folder(Path(folder))


def facts_of(lake: Lake) -> dict[str, str]:
    """Return the hashes of the files that say something of versions, by their path below bronze."""
    places = ("*/*/batch=*/*.json", "*/*/batch=*/version=*/*.json")
    found = [path for place in places for path in lake.bronze.glob(place) if path.name in FACTS]
    return {path.relative_to(lake.bronze).as_posix(): digest(path) for path in sorted(found)}


def link_tree(source: Path, target: Path, but: tuple[str, ...] = ()) -> None:
    """Hard-link the files below a folder into another, which is made; `but` are names in it that are left out.

    What is being written there, and what is no file, is left out as well.
    """
    target.mkdir(parents=True, exist_ok=True)
    if not source.is_dir():
        return
    with os.scandir(source) as entries:
        for entry in entries:
            if entry.name in but or writer_of(entry.name):
                continue
            if entry.is_dir(follow_symlinks=False):
                link_tree(Path(entry.path), target / entry.name)
            elif entry.is_file(follow_symlinks=False):
                link_file(Path(entry.path), target / entry.name)


def drop(lake: Lake, name: str) -> None:
    """Remove a branch; what feeds answered on it stays.

    Raises:
        GoneError: there is no such branch.
        BusyError: somebody works on it, or reads it. Nothing is removed.
    """
    branch = open_branch(lake, name)
    with running(branch, f"a run is going on on branch {name}; nothing was removed"):
        remove_branch(branch)


def remove_branch(branch: Lake) -> None:
    """Remove a branch whose run lock is held: renamed first, so that it is gone as a whole.

    Raises:
        BusyError: somebody reads it, or has been deciding there for ten seconds. Nothing is removed.
    """
    trash = temporary_name(branch.root)
    with publishing(branch), nobody_reading(branch.snapshots):
        branch.root.rename(trash)
        sync_folder(trash.parent)
    reach("drop.renamed")
    remove_tree(trash, trash.parent, strict=True)
