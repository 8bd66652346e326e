"""Names of files made of what others say, and folders removed: never anything outside the folder meant."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
from pathlib import Path

from lake.errors import LakeError

#: Bytes that a file system takes for one name.
_LONGEST = 255


def below(folder: Path, *names: str) -> Path:
    """Return the path of `names`, one below the other, in `folder`.

    Each is one plain name: whatever an upstream, a person or a file says, it cannot lead elsewhere.

    Raises:
        LakeError: a name is empty, a dot or two, too long, or holds a slash, a backslash or a control
            character.
    """
    for name in names:
        odd = any(letter in "/\\" or not letter.isprintable() for letter in name)
        if odd or name.strip(". ") == "" or len(os.fsencode(name)) > _LONGEST:
            raise LakeError(
                f"{name[:80]!r} cannot be the name of a file in {folder}: it is not one plain name"
            )
    return folder.joinpath(*names)


def token(text: str) -> str:
    """Return a plain name that stands for any text, the same for the same text: 32 hexadecimal digits."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def remove_tree(path: Path, within: Path, *, strict: bool = False) -> None:
    """Remove a folder and all below it, where it is there; a link is removed and not followed.

    What cannot be removed now stays, for the next run to find; `strict` raises the OSError instead.

    Raises:
        LakeError: it does not lie below `within`, or a link on the way leads out of it; nothing was removed.
    """
    home, place = within.resolve(), path.parent.resolve() / path.name
    if path.name in ("", ".", "..") or home not in place.parents:
        raise LakeError(f"{path} does not lie below {within}, and was not removed")
    if place.is_symlink():
        with contextlib.suppress(FileNotFoundError):
            place.unlink()
    elif place.exists():
        shutil.rmtree(place, ignore_errors=not strict)
