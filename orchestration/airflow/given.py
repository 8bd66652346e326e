"""What one task takes from others: whether it is there, and belongs to the lake that this one works on."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from lake.errors import LakeError
from lake.layout import Lake, locate
from lake.snapshots import Snapshot, is_complete
from orchestration import steps

#: What has to be done before a snapshot is published, as the tasks say how long it took.
_BEFORE = ("land", "begin snapshot", "build silver", "gate silver", "build gold", "gate gold")
_BY_HAND = "was its task marked as done by hand?"


def taken(given: dict[str, Any] | None, task: str) -> Lake:
    """Return the lake that a task works on, after a look at what `task` returned, which it goes by.

    Raises:
        LakeError: that returned nothing, or was on another lake: somebody else's worker has taken this task up.
    """
    if given is None:
        raise LakeError(
            f"nothing is known of `{task}` in this run ({_BY_HAND}): clear `{task}` with what follows it"
        )
    lake = locate()
    if "lake" in given and Path(given["lake"]) != lake.root.resolve():
        raise LakeError(
            f"this run was begun on the lake {given['lake']}, and this task would go on with it on {lake.root}: all "
            "workers of an Airflow need the same LAKE_ROOT; begin a new run"
        )
    return lake


def all_of(parts: Iterable[Any]) -> list[dict[str, Any]]:
    """Return what each task before publishing returned; of a mapped one, what each of its instances did.

    Raises:
        LakeError: one returned nothing.
    """
    found: list[Any] = [
        one for part in parts for one in ([part] if part is None or isinstance(part, dict) else part)
    ]
    if None in found:
        said = {step for one in found if one for step in one.get("seconds", {})}
        missing = [step for step in _BEFORE if step not in said]
        first = "landed" if "land" in missing else "begin"
        raise LakeError(
            f"nothing is known of {', '.join(missing) or 'a part'} in this run ({_BY_HAND}): clear `{first}` with what "
            "follows it"
        )
    return found


def unpublished(lake: Lake, begun: dict[str, Any]) -> Snapshot:
    """Return the snapshot that a run has begun, to go on with it.

    Raises:
        GoneError: another run, or a collection, has cleared it.
        LakeError: it is published already.
    """
    snapshot = steps.resume(lake, begun["snapshot"])
    if is_complete(lake, snapshot.id):
        raise LakeError(
            f"snapshot {snapshot.id} is published and is never changed; begin a new one: clear `begin` with what follows it"
        )
    return snapshot
