"""Tell which subagent owns a file: `python3 .awos/scripts/owners.py <path>…`, from `.awos/owners.toml`."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import TypedDict

ROOT = Path(__file__).resolve().parents[2]
#: Owns what all share; no subagent file goes with it.
ORCHESTRATOR = "orchestrator"


class Owner(TypedDict):
    """One table of `.awos/owners.toml`."""

    owns: list[str]
    checks: list[str]


def owners(root: Path = ROOT) -> dict[str, Owner]:
    """Return every owner with its patterns and checks."""
    found: dict[str, Owner] = tomllib.loads((root / ".awos" / "owners.toml").read_text(encoding="utf-8"))
    return found


def matches(pattern: str, path: str) -> bool:
    """Say whether a glob takes in a path, both from the root: `*` stays within a folder, `**` does not."""
    parts = re.split(r"(\*\*|\*)", pattern)
    regex = "".join({"**": ".*", "*": "[^/]*"}.get(part, re.escape(part)) for part in parts)
    return re.fullmatch(regex, path) is not None


def owners_of(path: str, known: dict[str, Owner]) -> list[str]:
    """Return who owns a path: one name; none where nothing matches, several where equals do."""
    fitting = [
        (len(pattern.replace("*", "")), name)
        for name, owner in known.items()
        for pattern in owner["owns"]
        if matches(pattern, path)
    ]
    most = max((literal for literal, _ in fitting), default=0)
    return sorted({name for literal, name in fitting if literal == most})


def files(root: Path = ROOT) -> list[str]:
    """Return every file that is tracked, or new and not ignored."""
    listed = _git(root, "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    return sorted(name for name in set(listed) if (root / name).is_file())


def changed(root: Path = ROOT) -> list[str]:
    """Return the files that differ from the last commit, and those changed since the branch left `main`."""
    entries = iter(_git(root, "status", "--porcelain", "-z", "--untracked-files=all"))
    names = set()
    for entry in entries:
        names.add(entry[3:])
        if "R" in entry[:2] or "C" in entry[:2]:  # followed by the name it had
            names.add(next(entries))
    return sorted(names | set(_git(root, "diff", "--name-only", "-z", "main...HEAD")))


def _git(root: Path, *arguments: str) -> list[str]:
    done = subprocess.run(["git", *arguments], cwd=root, capture_output=True, text=True, check=False)
    return [name for name in done.stdout.split("\0") if name]


def main(paths: list[str]) -> int:
    """Print the owner of each path, of each changed file where none is named."""
    known = owners()
    for path in paths or changed():
        print(f"{' and '.join(owners_of(path, known)) or 'nobody':24}{path}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
