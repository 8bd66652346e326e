"""Merging: what is published on a branch becomes what is published in its lake, without a build."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from lake.branches import FACTS, Begun, facts_of, link_tree, open_branch, read_begun, remove_branch
from lake.contents import identities
from lake.decisions import DECISIONS
from lake.errors import BusyError, DecidedError, LakeError, OvertakenError, PinnedError
from lake.faults import reach
from lake.files import make_folder, read_json, sync_folder, write_json
from lake.filesystem import link_file
from lake.ids import unused_id
from lake.inventory import INVENTORY, published_list
from lake.layout import Lake, temporary_name
from lake.listing import read_listing
from lake.locks import running
from lake.meaning import MEANING
from lake.paths import remove_tree
from lake.pin import read_pin
from lake.retention import make_ready
from lake.snapshots import BUILDING, Snapshot, check, current, current_id, discard, publish
from lake.versions import Version, all_versions, in_force

#: What a snapshot's facts say when it is published, and not before.
_SAID_LAST = ("completed_at", "files_sha256")
#: How many of the changes that are in the way a message names.
_NAMED = 5


@dataclass(frozen=True)
class Merged:
    """A merge: what is published now, and why the branch is still there, if it is."""

    snapshot: Snapshot
    stays: str | None = None


def merge(lake: Lake, name: str, *, by: str) -> Merged:
    """Publish what is published on a branch, with the versions and decisions of it, and drop the branch.

    Nothing is built and nothing copied. Killed on the way, it is asked for again, and goes on from there.

    Raises:
        OvertakenError: the lake has changed since the branch began, in a way that what was built does not know.
        DecidedError: what is accepted on the branch is not what is published there.
        PinnedError: the lake or the branch is pinned.
        GoneError: there is no such branch.
        LakeError: nothing was published on it.
        BusyError: somebody works on the lake or on the branch.
            Nothing is changed by any of these.
    """
    branch = open_branch(lake, name)
    if branch == lake:
        raise LakeError(f"{lake.short(lake.root)} is the branch itself: name its lake, and no BRANCH")
    with (
        running(lake, f"a run is going on in {lake.short(lake.root)}; wait for it to finish"),
        running(branch, f"a run is going on on branch {name}; wait for it to finish"),
    ):
        begun, ours = read_begun(branch), _ready(branch)
        published = current(lake)
        # Killed between publishing and dropping: the rest is to drop it.
        if published is None or published.facts.get("merged", {}).get("snapshot") != ours.id:
            make_ready(lake)
            published = _publish(lake, branch, begun, ours, by)
        try:
            remove_branch(branch)
        except BusyError as error:
            return Merged(published, str(error))
    return Merged(published)


def _ready(branch: Lake) -> Snapshot:
    """Return what is published on a branch, if it may be merged."""
    name, ours = branch.root.name, current(branch)
    if pin := read_pin(branch):
        raise PinnedError(
            f"branch {name} is pinned to {pin.told()}; `make release BRANCH={name}` lets it go on"
        )
    if ours is None or ours.id == read_begun(branch).snapshot:
        raise LakeError(f"branch {name} has published nothing since it began: there is nothing to merge")
    check(ours)
    if identities(in_force(all_versions(branch))) != ours.facts["accepted"]:
        raise DecidedError(
            f"what is accepted on branch {name} has changed since it published {ours.id}: `make run BRANCH={name}`"
        )
    return ours


def _publish(lake: Lake, branch: Lake, begun: Begun, ours: Snapshot, by: str) -> Snapshot:
    path = lake.snapshots / unused_id(lake, ours.id)
    link_published(ours, path)
    reach("merge.linked")
    facts = {name: said for name, said in ours.facts.items() if name not in _SAID_LAST}
    merged = {"branch": branch.root.name, "snapshot": ours.id, "begun_at": begun.begun_at, "by": by}
    facts |= {"id": path.name, "parent": begun.snapshot, "merged": merged}
    write_json(path / BUILDING, facts)
    snapshot = Snapshot(path.name, path, begun.snapshot, facts)
    try:
        return publish(
            lake, snapshot, {}, bring=partial(_bring, lake, branch, begun, ours), made_as=ours.path
        )
    except (Exception, KeyboardInterrupt):
        discard(lake, snapshot)
        raise


def link_published(snapshot: Snapshot, path: Path) -> None:
    """Hard-link what was published of a snapshot into a new folder, and its facts that are not read-locked."""
    names = [*published_list(snapshot.path, snapshot.facts["files_sha256"]), INVENTORY]
    names += [MEANING] if (snapshot.path / MEANING).exists() else []
    for layer in ("bronze", "silver", "gold"):
        (path / layer).mkdir(parents=True)
    for folder in sorted({(path / name).parent for name in names}):
        folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        link_file(snapshot.path / name, path / name)


def moved(lake: Lake, begun: Begun, mine: list[list[Any]] | None = None) -> list[str]:
    """Say what has changed in a lake since a branch of it began, as far as a merge cares; `mine` is accepted there."""
    now = current_id(lake)
    said = [f"snapshot {now} has been published"] if now != begun.snapshot else []
    accepted = identities(in_force(all_versions(lake)))
    known = begun.accepted + (mine or [])
    said += [f"{_told(one)} was accepted by {one[4]}" for one in accepted if one not in known]
    gone = [
        one
        for one in begun.accepted
        if one not in accepted and not any(one[:3] == new[:3] for new in accepted)
    ]
    return said + [f"{_told(one)} is no longer accepted" for one in gone if mine is None or one in mine]


def _told(identity: list[Any]) -> str:
    return f"{identity[1]} {identity[2]} version {identity[3]}"


@dataclass(frozen=True)
class _Changes:
    """What a branch has that its lake has not: versions, and facts on versions and batches by path below bronze."""

    versions: list[Version]
    facts: list[str]


def _changes(lake: Lake, branch: Lake, begun: Begun, ours: Snapshot) -> _Changes:
    """Return what is to be brought, if what is accepted afterwards is what the branch has published.

    Raises:
        OvertakenError: it is not, or both have changed the same.
    """
    there, here = facts_of(lake), facts_of(branch)
    in_the_way = moved(lake, begun, ours.facts["accepted"])
    new, facts = [], []
    brought = {(v.source, v.table, v.batch, v.number): v for v in all_versions(lake)}
    for version in all_versions(branch):
        place = version.path.relative_to(branch.bronze).as_posix()
        record, verdict = f"{place}/record.json", f"{place}/verdict.json"
        if here[record] != begun.facts.get(record) and here[record] != there.get(record):
            if (lake.bronze / place).exists():
                in_the_way.append(f"{version.table} {version} has landed there, too")
            new.append(version)
        elif here.get(verdict) == begun.facts.get(verdict):
            continue
        brought[version.source, version.table, version.batch, version.number] = version
    landed = {version.path.relative_to(branch.bronze).as_posix() for version in new}
    for name, made in here.items():
        if name.endswith("record.json") or made == begun.facts.get(name) or name.rpartition("/")[0] in landed:
            continue
        if there.get(name) == begun.facts.get(name):
            facts.append(name)
        elif read_json(lake.bronze / name) != _retold(read_json(branch.bronze / name), branch):
            in_the_way.append(f"{name.removesuffix('.json')} has been decided there, too")
    if not in_the_way and identities(in_force(brought.values())) != ours.facts["accepted"]:
        in_the_way.append("other versions are accepted there than the branch has published")
    if in_the_way:
        more = f"; and {len(in_the_way) - _NAMED:,} changes more" if in_the_way[_NAMED:] else ""
        raise OvertakenError(
            f"{lake.short(lake.root)} has moved since branch {branch.root.name} began: {'; '.join(in_the_way[:_NAMED])}"
            f"{more}. Nothing was merged: begin another branch, which has that, and run there"
        )
    return _Changes(new, sorted(facts, key=lambda name: not name.endswith(DECISIONS)))


def _bring(lake: Lake, branch: Lake, begun: Begun, ours: Snapshot) -> None:
    """Bring what was landed, decided and said on a branch into its lake; under the lake's publish lock."""
    changes = _changes(lake, branch, begun, ours)
    facts = list(changes.facts)
    for version in changes.versions:
        decisions = f"{version.path.parent.relative_to(branch.bronze).as_posix()}/{DECISIONS}"
        if decisions in facts:
            # Before the version: a person's verdict without it looks as if it was lost.
            facts.remove(decisions)
            _tell(branch, branch.bronze / decisions, lake.bronze / decisions)
        _land(lake, branch, version)
        reach("merge.landed")
    for name in facts:
        _tell(branch, branch.bronze / name, lake.bronze / name)
    for place in (Lake.quarantine.name, f"{Lake.reports.name}/gates"):
        _add(branch, branch.root / place, lake.root / place)
    asked = read_listing(branch)["asked_at"]
    if asked and asked > (read_listing(lake)["asked_at"] or ""):
        _tell(branch, branch.listing, lake.listing)
    reach("merge.brought")


def _land(lake: Lake, branch: Lake, version: Version) -> None:
    """Let a version of the branch appear in the lake's bronze, whole, by one rename."""
    target = lake.bronze / version.path.relative_to(branch.bronze)
    make_folder(target.parent)
    made = temporary_name(target)
    remove_tree(made, lake.bronze)  # of a killed process of the same number
    link_tree(version.path, made, but=tuple(name for name in FACTS if name != "record.json"))
    if (version.path / "verdict.json").exists():
        _tell(branch, version.path / "verdict.json", made / "verdict.json")
    sync_folder(made)
    made.rename(target)
    sync_folder(target.parent)


def _tell(branch: Lake, source: Path, target: Path) -> None:
    """Put a JSON file of the branch into the lake, with reports where they lie there."""
    make_folder(target.parent)
    told = read_json(source)
    retold = _retold(told, branch)
    if retold != told:
        write_json(target, retold)
        return
    made = temporary_name(target)
    made.unlink(missing_ok=True)
    link_file(source, made)
    made.replace(target)
    sync_folder(target.parent)


def _retold(content: Any, branch: Lake) -> Any:
    """Return facts with the places of reports as they are once the branch is merged."""
    there, here = (
        f"/{Lake.branches.name}/{branch.root.name}/{Lake.quarantine.name}/",
        f"/{Lake.quarantine.name}/",
    )

    def moved(found: dict[str, Any]) -> dict[str, Any]:
        report = found.get("report")
        return found | {"report": report.replace(there, here)} if isinstance(report, str) else found

    return json.loads(json.dumps(content), object_hook=moved)


def _add(branch: Lake, source: Path, target: Path) -> None:
    """Add what gates said and refused on the branch to what is there."""
    for path in _files(source):
        there = target / path.relative_to(source)
        if there.exists():
            continue
        if path.suffix == ".json" and source.name == "gates":
            _tell(branch, path, there)
        else:
            make_folder(there.parent)
            link_file(path, there)


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.rglob("[!.]*")) if path.is_file() and not path.is_symlink())
