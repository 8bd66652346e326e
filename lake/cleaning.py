"""Removing data for good: of a lake, and of a scratch folder with the lakes that were tried in it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from lake.branches import branches
from lake.errors import BusyError, LakeError
from lake.faults import reach
from lake.files import sync_folder
from lake.holds import nobody_reading
from lake.layout import ENTRIES, Kind, Lake, is_data, is_temporary, temporary_name
from lake.locks import publishing, recording, running
from lake.paths import remove_tree


def clean(lake: Lake) -> list[Path]:
    """Remove the lake's data, never code, and return what was removed.

    Raises:
        LakeError: the folder holds something that is neither the lake's data nor this package, or is a branch.
        BusyError: somebody works on the lake or reads it. Nothing is removed in either case.
    """
    if lake.home != lake:
        raise LakeError(
            f"{lake.short(lake.root)} is a branch: `make drop NAME={lake.root.name}` takes it away"
        )
    own = (
        {path.name for path in Path(__file__).parent.iterdir()}
        if lake.root == Path(__file__).parent
        else set()
    )
    there = {path.name for path in lake.root.glob("*")}
    links = {entry.name for entry in ENTRIES if entry.kind is Kind.LINK}
    strange = sorted(
        name
        for name in there - own
        if not is_data(name) or (name in links and not (lake.root / name).is_symlink())
    )
    if strange:
        found = ", ".join(strange)
        raise LakeError(f"{lake.root} also holds {found}: is it the lake? Nothing was removed")
    removed = [lake.root / entry.name for entry in ENTRIES if entry.name in there]
    if any(is_data(name) for name in there):
        with _alone(lake):
            _remove_data(lake)
    return removed


def _temporary(lake: Lake) -> list[Path]:
    """Return what was to become a part of the data, or had been one, when its process was killed."""
    return [path for path in lake.root.glob(".*") if is_temporary(path.name)]


@contextlib.contextmanager
def _alone(lake: Lake) -> Iterator[None]:
    """Keep everybody else away from a lake and its branches for the time of the block.

    Raises:
        BusyError: somebody works on it, or reads it.
    """
    with contextlib.ExitStack() as held:
        for one in (lake, *branches(lake)):
            busy = f"a run is going on in {one.short(one.root)}; nothing was removed"
            for away in (running(one, busy), publishing(one), nobody_reading(one.snapshots)):
                held.enter_context(away)
        held.enter_context(recording(lake))
        yield


def _remove_data(lake: Lake) -> None:
    """Remove the data, renamed first: killed on the way, it is gone as a whole, and others begin anew."""
    for path in _temporary(lake):
        _remove(path)
    for entry in ENTRIES:
        with contextlib.suppress(FileNotFoundError):
            (lake.root / entry.name).rename(temporary_name(lake.root / entry.name))
    sync_folder(lake.root)
    reach("clean.renamed")
    for path in _temporary(lake):
        _remove(path)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        remove_tree(path, path.parent, strict=True)
    else:
        path.unlink()


def clean_scratch(folder: Path) -> list[Path]:
    """Remove a scratch folder with all in it, but for lakes that somebody works on or reads; return these."""
    holding = (Lake.snapshots.name, Lake.bronze.name, Lake.recordings.name)
    lakes = {path.parent for name in holding for path in folder.rglob(name) if path.is_dir()}
    busy: list[Path] = []
    with contextlib.ExitStack() as held:
        for root in sorted(lakes):
            # A snapshot has a folder bronze as well, and branches are their lake's; what lies within a lake that
            # stays, stays with it.
            is_part = root.parent.name == Lake.snapshots.name or Lake(root).home.root in lakes - {root}
            if is_part or any(root.is_relative_to(one) for one in busy):
                continue
            try:
                held.enter_context(_alone(Lake(root.absolute())))
            except BusyError:
                busy.append(root)
        if folder.is_dir():
            _remove_but(folder, busy)
    return busy


def _remove_but(path: Path, kept: list[Path]) -> None:
    """Remove a file, or a folder with all in it, but for the folders that are kept."""
    if not any(one.is_relative_to(path) for one in kept):
        _remove(path)
    elif path not in kept:
        for inside in sorted(path.iterdir()):
            _remove_but(inside, kept)
