"""What a person decides on a batch, whatever the gate says: accept or hold it, with a reason."""

from __future__ import annotations

from lake.errors import LakeError
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
) -> Version:
    """Let a person accept or hold a version of a batch (the newest, if no number is given), with a reason.

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
    decide(chosen[-1], state, by=by, reason=reason)
    return chosen[-1]


def serving(lake: Lake, version: Version) -> str:
    """Say which version of a batch the next snapshot has, after a decision on one of them."""
    siblings = batch_versions(lake, version.source, version.table, version.batch)
    chosen = in_force(siblings)
    return f"version {chosen[0].number} is in force" if chosen else "no version of it is in force"
