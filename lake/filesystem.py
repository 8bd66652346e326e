"""What the lake asks of its file system, tried before a run begins and told where it is refused."""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Iterator
from pathlib import Path

from lake.errors import DamagedError, LakeError
from lake.layout import ENTRIES, Kind, Lake, temporary_name
from lake.paths import remove_tree

#: The answers of file systems that lack something, and of two of them where one is needed.
_REFUSED = {
    *(errno.EPERM, errno.EXDEV, errno.EMLINK, errno.ENOSYS),
    *(errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOLCK),
}


@contextlib.contextmanager
def needed(doing: str) -> Iterator[None]:
    """Do in the block what the lake cannot do without; `doing` says what, for the message.

    Raises:
        LakeError: the file system refuses it. Other trouble (a full disk, rights) passes as it is.
    """
    try:
        yield
    except OSError as error:
        if error.errno not in _REFUSED:
            raise
        raise LakeError(
            "the lake needs one file system with hard links, symbolic links, locks and atomic rename, and "
            f"this one refused {doing} ({error.strerror}). exFAT, some shares, and folders on different "
            "mounts are none: put the lake elsewhere, with LAKE_ROOT"
        ) from error


def link_file(source: Path, target: Path) -> None:
    """Hard-link a file; the folder of `target` must be there.

    Raises:
        LakeError: the file system refuses it, or the file is another user's.
    """
    with needed(f"a hard link from {source} to {target}"):
        try:
            os.link(source, target)
        except PermissionError as error:
            owner = source.stat().st_uid
            if owner == os.geteuid():
                raise
            raise LakeError(
                f"{source} belongs to another user (number {owner}), and this system lets nobody else link it: "
                "run as that user, or give all of the lake to yours with `chown -R`"
            ) from error


def check_link(path: Path) -> None:
    """See that nothing else lies in the place of a link: a copy that followed links has a folder there.

    Raises:
        DamagedError: it does.
    """
    if path.exists() and not path.is_symlink():
        raise DamagedError(f"{path} is no link; remove it, and `make run` makes it again")


def try_file_system(lake: Lake) -> None:
    """Do once, with an empty file, what a run does with its data, and leave nothing of it.

    Call it only under the run's lock.

    Raises:
        LakeError: the file system of the lake, or of a folder in it that lies elsewhere, refuses it.
        DamagedError: something else lies in the place of a link.
    """
    for entry in ENTRIES:
        if entry.kind is Kind.LINK:
            check_link(lake.root / entry.name)
    made, landed, linked, current = (
        temporary_name(folder / "probe") for folder in (lake.work, lake.bronze, lake.snapshots, lake.root)
    )
    try:
        # A process of the same number may have been killed here.
        _remove(made, landed, linked, current)
        for folder in (made, lake.bronze, lake.snapshots):
            folder.mkdir(parents=True, exist_ok=True)
        (made / "file").touch()
        with needed(f"to rename {made} to {landed}"):
            made.rename(landed)
        link_file(landed / "file", linked)
        with needed(f"a symbolic link at {current}"):
            current.symlink_to(landed)
    finally:
        _remove(made, landed, linked, current)


def _remove(*paths: Path) -> None:
    for path in paths:
        if path.is_dir() and not path.is_symlink():
            remove_tree(path, path.parent)
        else:
            path.unlink(missing_ok=True)
