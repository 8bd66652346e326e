"""Versions in bronze: one landing of one batch each, with its record and its verdict.

A version appears whole, by one rename, with its `record.json` inside. A verdict is what the gate or a
person said of it; its earlier verdicts are kept inside it.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import NoneType
from typing import Any, Literal

from lake.decisions import (
    DECISIONS,
    STATES,
    VERDICT,
    has,
    is_persons,
    keep_decision,
    read_decisions,
    settle_decisions,
)
from lake.errors import DamagedError, LakeError, OvertakenError
from lake.faults import reach
from lake.files import make_folder, read_json, sync_folder, sync_tree, utc_now, write_json
from lake.inventory import digest, protect
from lake.layout import Lake, writer_of
from lake.locks import publishing
from lake.paths import below

State = Literal["accepted", "refused", "held", "unjudged"]
#: For `decide`: whatever verdict there is, it is replaced.
_ANY: dict[str, Any] = {}
#: The file for people in the folder of a refusal.
REPORT = "report.md"
_BATCH = re.compile(r"[a-z0-9][a-z0-9-]*")
_VERSION = re.compile(r"version=([1-9][0-9]*)")
_RECORD: dict[str, Any] = dict.fromkeys(
    ("source", "table", "batch", "origin", "key", "content_hash", "landed_at"), str
)
_RECORD |= dict.fromkeys(("version", "rows_counted", "rows_landed"), int)
_RECORD |= dict.fromkeys(("months", "files"), list)
_RECORD |= {"etag": (str, NoneType)}


@dataclass(frozen=True)
class Version:
    """One landing of a batch. `path` is its folder below bronze."""

    source: str
    table: str
    batch: str
    number: int
    path: Path

    def __str__(self) -> str:
        return f"{self.batch} version {self.number}"

    @cached_property
    def record(self) -> dict[str, Any]:
        """What landing wrote down: hash, ETag, key, members, rows counted and landed, files.

        Raises:
            DamagedError: it cannot be read, or is not what landing writes.
        """
        mend = f"restore it from a copy, or remove {self.path}, and `make run` lands the batch again"
        path = self.path / "record.json"
        record: dict[str, Any] = read_json(path, _RECORD, mend=mend)
        kinds = {"name": str, "bytes": int}
        if not all(has(file, kinds) for file in record["files"]):
            raise DamagedError(f"{path} is not what this lake writes: look at files in it; {mend}")
        return record

    @cached_property
    def verdict(self) -> dict[str, Any] | None:
        """The verdict that was in force when first asked for, or None while nobody had judged this version.

        Kept, so that a snapshot is planned, linked and described by the same verdicts, whatever a person
        decides in between. Where its file was lost, what a person had decided is still in force.

        Raises:
            DamagedError: it cannot be read, or is not what was written.
        """
        path = self.path / "verdict.json"
        mend = "remove it, and `make run` judges the version anew; what a person decided is kept beside it"
        if not path.exists():
            return read_decisions(self.path.parent).get(str(self.number))
        verdict: dict[str, Any] = read_json(path, VERDICT, mend=mend)
        if verdict["state"] not in STATES:
            raise DamagedError(f"{path} is not what this lake writes: look at state in it; {mend}")
        return verdict

    @property
    def state(self) -> State:
        """What the verdict says."""
        verdict = self.verdict
        return verdict["state"] if verdict else "unjudged"

    @property
    def report(self) -> Path | None:
        """The gate's report, where the verdict has one.

        Where it lies is told from where the version does: the verdict's path may be of before a move.
        It only tells what was refused on a branch from what that has of its lake, where the reports stay.
        """
        said = (self.verdict or {}).get("report")
        if not said:
            return None
        lake = Lake(self.path.parents[4])
        return quarantine(lake if branch_reports(lake) in said else lake.home, self) / REPORT

    @property
    def other_fields(self) -> list[str]:
        """Names of what was published beside the table's columns; older versions say nothing of it."""
        found: list[str] = self.record.get("other_fields", [])
        return found

    @property
    def files(self) -> list[Path]:
        """The Parquet files, as recorded."""
        return [below(self.path, str(file["name"])) for file in self.record["files"]]


def quarantine(lake: Lake, version: Version) -> Path:
    """Return the folder in which a lake keeps what its gate refused of a version, and the report on it."""
    return lake.quarantine / version.source / version.table / f"{version.batch}-version-{version.number}"


def branch_reports(lake: Lake) -> str:
    """Return what stands in a verdict's path of a report that lies on this branch."""
    return f"{Lake.branches.name}/{lake.root.name}/{Lake.quarantine.name}/"


def batch_folder(lake: Lake, source: str, table: str, batch: str) -> Path:
    """Return the folder of a batch below bronze.

    Raises:
        LakeError: the batch's name is not one word of lower-case letters, digits and hyphens.
    """
    if not _BATCH.fullmatch(batch):
        raise LakeError(f"batch name {batch!r}: use lower-case letters, digits and hyphens only")
    return lake.bronze / source / table / f"batch={batch}"


def _numbers(folder: Path) -> list[int]:
    """Return the numbers of the folders of versions in a batch's folder, landed or not; others are not ours."""
    named = (_VERSION.fullmatch(path.name) for path in folder.glob("version=*"))
    return sorted(int(found[1]) for found in named if found)


def batch_versions(lake: Lake, source: str, table: str, batch: str) -> list[Version]:
    """Return the landed versions of one batch, oldest first."""
    folder = batch_folder(lake, source, table, batch)
    versions = (Version(source, table, batch, n, folder / f"version={n}") for n in _numbers(folder))
    return [version for version in versions if (version.path / "record.json").exists()]


def all_versions(lake: Lake) -> list[Version]:
    """Return every landed version, by source, table, batch and number. What is not ours is left out."""

    def found() -> Iterator[Version]:
        for folder in sorted(lake.bronze.glob("*/*/batch=*")):
            source, table = folder.parts[-3:-1]
            batch = folder.name.removeprefix("batch=")
            if _BATCH.fullmatch(batch):
                yield from batch_versions(lake, source, table, batch)

    return list(found())


def strange(lake: Lake) -> Iterator[tuple[Path, str]]:
    """Yield what lies in bronze and is no version, with what it is: nobody reads it, and nobody removes it."""
    for path in sorted([*lake.bronze.glob("*"), *lake.bronze.glob("*/*")]):
        if not path.is_dir() and not writer_of(path.name):
            yield path, "is not the folder of a source or table"
    for folder in sorted(lake.bronze.glob("*/*/*")):
        batch = folder.name.removeprefix("batch=")
        if not folder.is_dir() or batch == folder.name or not _BATCH.fullmatch(batch):
            yield folder, "is not the folder of a batch"
            continue
        for path in sorted(folder.glob("*")):
            if path.name == DECISIONS or writer_of(path.name):
                continue
            if not _VERSION.fullmatch(path.name):
                yield path, "is not the folder of a version"
            elif not (path / "record.json").exists():
                yield (
                    path,
                    "has no record.json, so it is no version; the next landing of the batch takes another number",
                )


def next_version(lake: Lake, source: str, table: str, batch: str) -> Version:
    """Return the version that the next landing of a batch becomes; nothing of it exists yet."""
    folder = batch_folder(lake, source, table, batch)
    # Past those whose record was lost, too: what lies there is not written over.
    number = max(_numbers(folder), default=0) + 1
    return Version(source, table, batch, number, folder / f"version={number}")


def add_version(version: Version, folder: Path, record: dict[str, Any]) -> None:
    """Make a folder of Parquet files the version: the record is written into it, then one rename moves it.

    `folder` must lie on the lake's file system. So a version is either there with its record, or not at all.
    The files become read-only, and the record has their sizes and hashes. What a person has held before it
    lands held, with a verdict that says so.

    Raises:
        BusyError: others have been publishing or deciding for ten seconds.
        DamagedError: what persons decided on the batch cannot be read.
        OvertakenError: another process has landed this batch in the meantime.
    """
    identity = {
        "source": version.source,
        "table": version.table,
        "batch": version.batch,
        "version": version.number,
    }
    files = []
    for file in record["files"]:
        path = below(folder, file["name"])
        protect(path)
        files.append(file | {"bytes": path.stat().st_size, "sha256": digest(path)})
    write_json(folder / "record.json", identity | record | {"landed_at": utc_now(), "files": files})
    sync_tree(folder)
    reach("version.recorded")
    make_folder(version.path.parent)
    # Under one lock: a word on this content must not be read as one on what another process lands meanwhile.
    with publishing(Lake(version.path.parents[4])):
        if version.path.exists():
            raise OvertakenError(f"{version} was landed by another process in the meantime; run again")
        held = settle_decisions(version.path.parent, version.number, record["content_hash"])
        if held:
            write_json(folder / "verdict.json", held)
        folder.rename(version.path)
    reach("version.moved")
    sync_folder(version.path.parent)


def decide(
    version: Version,
    state: State,
    *,
    by: str,
    reason: str,
    suite_hash: str | None = None,
    details: dict[str, Any] | None = None,
    instead_of: dict[str, Any] | None = _ANY,
) -> dict[str, Any]:
    """Write the verdict on a version and return it; the verdict before it moves into `history`.

    `by` is the suite or the person, `suite_hash` tells later runs whether the suite has changed since.
    Whoever takes long to judge gives with `instead_of` the verdict that was in force when it began (None:
    there was none). If another one is in force by now, nothing is written and that one is returned.

    Raises:
        BusyError: others have been publishing or deciding for ten seconds.
        DamagedError: the verdict there is cannot be read.
    """
    with publishing(Lake(version.path.parents[4])):
        version.__dict__.pop("verdict", None)
        there = version.verdict
        if there is not None and instead_of is not _ANY and there != instead_of:
            return there
        return _write_verdict(version, state, by, reason, suite_hash, details)


def _write_verdict(
    version: Version,
    state: State,
    by: str,
    reason: str,
    suite_hash: str | None,
    details: dict[str, Any] | None,
) -> dict[str, Any]:
    before = dict(version.verdict or {})
    history = [*before.pop("history", []), before] if before else []
    verdict = {
        "state": state,
        "by": by,
        "reason": reason,
        "suite_hash": suite_hash,
        "decided_at": utc_now(),
        **(details or {}),
        "history": history,
    }
    if is_persons(verdict):
        # A hold needs no record that can be read, and then says of the content what was said before, if that.
        content = before.get("content_hash")
        with contextlib.suppress(DamagedError):
            content = version.record["content_hash"]
        if content is not None:
            verdict["content_hash"] = content
        keep_decision(version.path.parent, version.number, verdict)
        reach("decision.kept")
    write_json(version.path / "verdict.json", verdict)
    version.__dict__["verdict"] = verdict
    reach("verdict.written")
    return verdict


def in_force(versions: Iterable[Version]) -> list[Version]:
    """Return the newest accepted version of each batch: what the next snapshot is made of."""
    newest: dict[tuple[str, str, str], Version] = {}
    for version in versions:
        if version.state == "accepted":
            key = (version.source, version.table, version.batch)
            if key not in newest or newest[key].number < version.number:
                newest[key] = version
    return [newest[key] for key in sorted(newest)]
