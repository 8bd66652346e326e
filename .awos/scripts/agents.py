"""Copy `.awos/subagents/` to `.claude/agents/`, where Claude Code looks; `--check` tells what differs."""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def differences(root: Path | None = None) -> dict[str, str]:
    """Return what is wrong with a copy, by file name: missing, differs, or stale (made from nothing)."""
    root = root or ROOT
    sources = {path.name: path for path in (root / ".awos" / "subagents").glob("*.md")}
    copies = {path.name: path for path in (root / ".claude" / "agents").glob("*.md")}
    found = dict.fromkeys(sources.keys() - copies.keys(), "missing")
    found |= dict.fromkeys(copies.keys() - sources.keys(), "stale")
    for name in sources.keys() & copies.keys():
        if sources[name].read_bytes() != copies[name].read_bytes():
            found[name] = "differs"
    return dict(sorted(found.items()))


def copy(root: Path | None = None) -> dict[str, str]:
    """Make the copies equal to what they are made from, and return what was wrong."""
    root = root or ROOT
    found = differences(root)
    folder = root / ".claude" / "agents"
    folder.mkdir(parents=True, exist_ok=True)
    for name, wrong in found.items():
        if wrong == "stale":
            (folder / name).unlink()
        else:
            (folder / name).write_bytes((root / ".awos" / "subagents" / name).read_bytes())
    return found


def main(arguments: list[str]) -> int:
    """Copy, or compare with `--check`; exit status 1 says that copies differ."""
    check = arguments == ["--check"]
    if arguments and not check:
        print("usage: agents.py [--check]", file=sys.stderr)
        return 2
    found = differences() if check else copy()
    for name, wrong in found.items():
        print(f".claude/agents/{name}: {wrong}{', make agents copies it anew' if check else ', mended'}")
    return 1 if check and found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
