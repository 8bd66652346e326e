"""Going back to an older snapshot, and going on again."""

from __future__ import annotations

from dataclasses import asdict

from lake.errors import GoneError, LakeError
from lake.faults import reach
from lake.files import swap_link, sync_folder, utc_now, write_json
from lake.layout import Lake
from lake.locks import publishing
from lake.pin import Pin, read_pin
from lake.snapshots import Snapshot, check, current_id, list_snapshots, load, make_links, settle


def _before(lake: Lake, now: str | None) -> str:
    """Return the snapshot to go back to: the parent of the published one, else the newest older one."""
    known = [snapshot.id for snapshot in list_snapshots(lake)]
    older = [one for one in known if now is None or one < now]
    parent = next((one.parent for one in list_snapshots(lake) if one.id == now), None)
    chosen = parent if parent in known else older[0] if older else None
    if chosen is None:
        before = f" before {now}" if now else ""
        raise GoneError(f"there is no snapshot{before}: nothing to go back to")
    return chosen


def rollback(lake: Lake, snapshot_id: str | None = None, *, by: str, reason: str) -> Snapshot:
    """Publish an older snapshot again and pin the lake to it; without an id, the one before.

    Runs go on landing and judging, and publish nothing until `release`. Called again after an interruption,
    it finishes what was begun.

    Raises:
        LakeError: the reason is empty.
        GoneError: there is no such snapshot, or none before the published one.
        DamagedError: that snapshot or the pin cannot be read, not all of the snapshot is there, or something else lies in
            the place of a link.
        BusyError: others have been publishing or deciding for ten seconds.
    """
    if not reason.strip():
        raise LakeError('a reason is needed: REASON="…"; it is shown until the release')
    with publishing(lake):
        pin = read_pin(lake)
        now = current_id(lake)
        # Killed between the pin and the swap: the pin says where the way was to lead.
        begun = pin.snapshot if pin and pin.snapshot != now else None
        target = load(lake, snapshot_id or begun or _before(lake, now))
        check(target)
        make_links(lake)
        settle(lake)
        write_json(lake.pin, asdict(Pin(target.id, by, reason, utc_now())))
        reach("rollback.pinned")
        swap_link(lake.current, f"snapshots/{target.id}")
        reach("rollback.swapped")
    return target


def release(lake: Lake) -> Pin:
    """Take the pin away, so that the next run publishes again; return what it was.

    Raises:
        LakeError: the lake is not pinned.
        DamagedError: the pin cannot be read, or something else lies in the place of a link.
        BusyError: others have been publishing or deciding for ten seconds.
    """
    with publishing(lake):
        pin = read_pin(lake)
        if pin is None:
            raise LakeError(f"{lake.short(lake.root)} is not pinned: nothing to release")
        make_links(lake)
        lake.pin.unlink()
        sync_folder(lake.root)
        reach("release.done")
    return pin
