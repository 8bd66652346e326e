"""Copy what agents are told from `.awos/` to where clients look for it; `--check` tells what differs."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
#: Folders of copies, with the folder that each is made from. A client finds its copies wherever it is
#: started; an import in them would be looked for below the folder it is started in.
COPIES = {
    ".claude/agents": ".awos/subagents",
    ".claude/commands/awos": ".awos/commands",
    ".claude/skills": ".awos/skills",
    ".agents/skills": ".awos/skills",
}


def files(folder: Path) -> Iterator[Path]:
    """Yield the files in a folder, as seen from it."""
    return (path.relative_to(folder) for path in folder.rglob("*") if path.is_file())


def differences(root: Path | None = None) -> dict[str, str]:
    """Return what is wrong with copies, by path: missing, differs, or stale (made from nothing)."""
    root = root or ROOT
    found: dict[str, str] = {}
    for copies, sources in COPIES.items():
        made, wanted = set(files(root / copies)), set(files(root / sources))
        found |= {f"{copies}/{name}": "missing" for name in wanted - made}
        found |= {f"{copies}/{name}": "stale" for name in made - wanted}
        for name in wanted & made:
            if (root / sources / name).read_bytes() != (root / copies / name).read_bytes():
                found[f"{copies}/{name}"] = "differs"
    return dict(sorted(found.items()))


def copy(root: Path | None = None) -> dict[str, str]:
    """Make the copies equal to what they are made from, and return what was wrong."""
    root = root or ROOT
    found = differences(root)
    for name, wrong in found.items():
        if wrong == "stale":
            (root / name).unlink()
            continue
        copies = next(folder for folder in COPIES if name.startswith(f"{folder}/"))
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes((root / COPIES[copies] / Path(name).relative_to(copies)).read_bytes())
    return found


def main(arguments: list[str]) -> int:
    """Copy, or compare with `--check`; exit status 1 says that copies differ."""
    check = arguments == ["--check"]
    if arguments and not check:
        print("usage: agents.py [--check]", file=sys.stderr)
        return 2
    found = differences() if check else copy()
    for name, wrong in found.items():
        print(f"{name}: {wrong}{', make agents copies it anew' if check else ', mended'}")
    return 1 if check and found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
