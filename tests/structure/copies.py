"""Copies of the project that a test may break, and how a place in them is broken."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]
#: For a module: its last line, to undo or replace there what it has defined, however that is laid out.
END = r"\Z"


def copied(folder: Path) -> dict[Path, bytes]:
    """Copy what git knows; return what was written."""
    listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    names = subprocess.run(listed, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\0")
    files = {folder / name: (ROOT / name).read_bytes() for name in names if name and (ROOT / name).is_file()}
    restore(folder, files)
    return files


def restore(folder: Path, files: dict[Path, bytes]) -> None:
    """Write what is missing or changed, and remove what is new."""
    for file in [file for file in folder.rglob("*") if file.is_file() and file not in files]:
        file.unlink()
    for file, content in files.items():
        if not file.exists() or file.read_bytes() != content:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)


def edit(root: Path, file: str, old: str, new: str) -> None:
    """Replace what matches in one place; nowhere or in several, the test says nothing of what it breaks."""
    text, count = re.subn(old, new, (root / file).read_text())
    assert count == 1, f"{file} holds {old!r} {count} times: this test is to be changed with it"
    (root / file).write_text(text)
