"""What a person decides on a batch, whatever the gate says: accept or hold it, with a reason."""

from __future__ import annotations

import contextlib

from lake.errors import DamagedError, LakeError
from lake.layout import Lake
from lake.versions import State, Version, all_versions, batch_versions, decide, in_force


def decide_by_person(
    lake: Lake,
    batch: str,
    state: State,
    *,
    by: str,
    reason: str,
    table: str | None = None,
    number: int | None = None,
) -> list[Version]:
    """Let a person accept or hold a version of a batch (the newest, if no number is given), with a reason.

    A hold is one of its content: every other version with the same is held with it. Returns the version, and
    behind it those.

    Raises:
        LakeError: there is no such batch or version, several tables have it, or the reason is empty.
    """
    if not batch:
        raise LakeError("which batch? Such as BATCH=jc-2024-05; `make status` lists them")
    if not reason.strip():
        raise LakeError("a reason is needed: it is shown wherever the data is")
    known = [v for v in all_versions(lake) if v.batch == batch and table in (None, v.table)]
    tables = sorted({version.table for version in known})
    if len(tables) > 1:
        raise LakeError(f"{batch} is a batch of {' and '.join(tables)}: say which with TABLE={tables[0]}")
    chosen = [version for version in known if number is None or version.number == number]
    if not chosen:
        names = sorted({version.batch for version in all_versions(lake)})
        have = f"versions {[v.number for v in known]}" if known else f"batches {', '.join(names) or 'none'}"
        raise LakeError(f"no {batch}{f' version {number}' if number else ''} in the lake; there are {have}")
    decided = chosen[-1]
    decide(decided, state, by=by, reason=reason)
    along = _alike(decided, known) if state == "held" else []
    for version in along:
        decide(version, state, by=by, reason=reason)
    return [decided, *along]


def _alike(decided: Version, known: list[Version]) -> list[Version]:
    """Return the other versions with the content of this one that are not held yet, as far as records tell."""

    def content(version: Version) -> str | None:
        with contextlib.suppress(DamagedError):
            found: str = version.record["content_hash"]
            return found
        return None

    held = content(decided)
    others = [version for version in known if version.number != decided.number and version.state != "held"]
    return [version for version in others if held is not None and content(version) == held]


def serving(lake: Lake, version: Version) -> str:
    """Say which version of a batch the next snapshot has, after a decision on one of them."""
    siblings = batch_versions(lake, version.source, version.table, version.batch)
    chosen = in_force(siblings)
    if not chosen:
        return "no version of it is in force"
    number = chosen[0].number
    is_older = version.state == "held" and number < version.number
    return f"version {number} is in force" + (f" (VERSION={number} holds it as well)" if is_older else "")
