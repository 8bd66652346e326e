"""One batch of the sample as a spreadsheet would save it, so that anybody can see the gate refuse one."""

from __future__ import annotations

import os
import re
import shutil
import zipfile
from pathlib import Path

from lake.paths import remove_tree

_TIME = re.compile(rb"(\d\d)(\d\d)-(\d\d)-(\d\d) (\d\d):(\d\d):\d\d(?:\.\d+)?")
#: What a spreadsheet makes of a time: a two-digit year, no seconds, no leading zeros.
_RESAVED = rb"\3/\4/\2 \5:\6"


def break_batch(folder: Path, batch: str, copy: Path) -> Path:
    """Copy a generated sample, by hard links, with the archive of one batch saved by a spreadsheet.

    `batch` is one that has an archive of its own, such as `jc-2021-03`: its times lose century and seconds,
    and cannot be read without guessing. Returns the folder to serve.

    Raises:
        ValueError: no archive is the batch's own; the message names those that are.
    """
    keys = {
        f"{'jc' if found[1] else 'nyc'}-{found[2]}-{found[3]}": path
        for path in sorted((folder / "tripdata").iterdir())
        if (found := re.match(r"(JC-)?(\d{4})(\d\d)\b", path.name)) and path.suffix == ".zip"
    }
    if batch not in keys:
        raise ValueError(f"sample.broken: {batch!r} has no archive of its own; one of {', '.join(keys)} has")
    remove_tree(copy, copy.parent)
    shutil.copytree(folder, copy, copy_function=os.link)
    archive = copy / "tripdata" / keys[batch].name
    archive.unlink()
    with (
        zipfile.ZipFile(keys[batch]) as sound,
        zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as resaved,
    ):
        for member in sound.infolist():
            content = sound.read(member)
            resaved.writestr(
                member, _TIME.sub(_RESAVED, content) if member.filename.endswith(".csv") else content
            )
    return copy
