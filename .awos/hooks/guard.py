"""PreToolUse: refuse what writes into the lake's data, or into files that are made from others.

Editing tools are judged by the file they name, Bash by what `shell.py` reads from the command. What a program
writes by itself is not seen: the project's own code goes through `lake.versions` and `lake.snapshots`.
"""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import events
import shell


def _layout() -> Any:
    """Load the list of what lies in a lake, from its file: no other module of the project has to be sound."""
    spec = importlib.util.spec_from_file_location("lake_layout", events.ROOT / "lake" / "layout.py")
    if spec is None or spec.loader is None:
        raise ImportError("lake/layout.py cannot be loaded")
    # Its dataclasses look themselves up there.
    module = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


layout = _layout()
NO_DATA = (
    "is data of the lake: its files are hard-linked between snapshots, and a write to one changes them all. "
    "Code writes through lake.versions and lake.snapshots. `make run` lands and builds, `make hold` and "
    "`make rollback` take something out of force, `make gc` removes old snapshots, `make clean` all data. "
    "For trials run on a lake of its own: LAKE_ROOT=target/try."
)
#: Files that are made from others, and what to do instead.
MADE = {
    ".claude/agents": "is a copy: edit .awos/subagents/ and run `make agents`.",
    "requirements.lock": "is written by `make lock` from pyproject.toml.",
    "requirements-interop.lock": "is written by `make lock` from pyproject.toml.",
    ".venv": "follows requirements.lock: declare the package in pyproject.toml, `make lock`, `make setup`.",
}


def lakes(root: Path) -> Iterator[Path]:
    """Yield the project's lakes: the usual one, `LAKE_ROOT`'s, and any other in the project's root."""
    yield root / "lake"
    if os.environ.get("LAKE_ROOT"):
        moved = root / os.environ["LAKE_ROOT"]
        yield from (moved, moved.resolve())
    for folder in root.iterdir():
        there = layout.Lake(folder)
        if there.snapshots.is_dir() or there.current.is_symlink():
            yield folder


def holds_data(path: Path, lake: Path, whole: bool) -> bool:
    """Say whether a path is data of a lake or, with `whole`, has such data below it."""
    if path.is_relative_to(lake) and path != lake:
        return bool(layout.is_data(path.relative_to(lake).parts[0]))
    return whole and lake.is_relative_to(path) and any(layout.is_data(found.name) for found in lake.glob("*"))


def wrong(path: Path, root: Path, whole: bool = False) -> str | None:
    """Say why a path must not be written to, if so; `whole`: nor what lies below it (`rm -rf lake`)."""
    # As it is written and where its links lead: lake/current is one, and lake/bronze may be another.
    for spelt in (Path(os.path.normpath(path)), path.resolve()):
        if any(holds_data(spelt, lake, whole) for lake in lakes(root)):
            return NO_DATA
        for name, instead in MADE.items():
            if spelt.is_relative_to(root / name):
                return instead
    return None


def judge(event: dict[str, Any], root: Path) -> str | None:
    """Say why a tool call is refused, if so."""
    path = events.edited(event)
    why = wrong(path, root) if path else None
    if why:
        return f"{path} {why}"
    command = (event.get("tool_input") or {}).get("command")
    if event.get("tool_name") == "Bash" and isinstance(command, str):
        for write in shell.Shell(Path(event.get("cwd") or root)).writes(command):
            why = wrong(write.path, root, write.whole)
            if why and why != MADE[".venv"]:  # a broken environment may be removed by hand
                return f"`{write.by}` is refused: {write.path} {why}"
    return None


def main() -> None:
    """Judge the tool call that Claude Code is about to make."""
    why = judge(events.read(), events.ROOT)
    if why:
        events.refuse(why)


if __name__ == "__main__":
    main()
