"""`path` prints the published snapshot's folder, `sql` opens DuckDB on it, `clean` removes the data."""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path

from lake.catalog import pinned, view_script
from lake.layout import Lake, LakeError, locate

#: Everything a lake's folder holds besides this package.
DATA = (
    *("bronze", "snapshots", "quarantine", "reports", "work"),
    *("current", "accepted", "silver", "gold", "listing.json"),
)


def _shell() -> str:
    """Return DuckDB's shell: the one installed beside this Python, else any on the path.

    Raises:
        LakeError: there is none.
    """
    beside = Path(sysconfig.get_path("scripts")) / "duckdb"
    found = str(beside) if beside.exists() else shutil.which("duckdb")
    if not found:
        raise LakeError("the DuckDB shell is missing: install the package duckdb-cli")
    return found


def _open_shell(lake: Lake, snapshot_id: str | None, query: str | None) -> int:
    """Run DuckDB's shell with the lake's views; a reader writes nothing into the lake."""
    script = view_script(pinned(lake, snapshot_id))
    with tempfile.NamedTemporaryFile("w", suffix=".sql", encoding="utf-8") as file:
        file.write("set timezone = 'UTC';\n" + script)
        file.flush()
        command = [_shell(), "-init", file.name, *(["-c", query] if query else [])]
        return subprocess.run(command, check=False).returncode


def clean(lake: Lake) -> list[Path]:
    """Remove the lake's data, never code, and return what was removed.

    Raises:
        LakeError: the folder holds something that is neither the lake's data nor this package.
    """
    data = [lake.root / name for name in DATA]
    own = (
        {path.name for path in Path(__file__).parent.iterdir()}
        if lake.root == Path(__file__).parent
        else set()
    )
    there = {path.name for path in lake.root.glob("*")}
    strange = sorted(there - own - set(DATA))
    if strange:
        found = ", ".join(strange)
        raise LakeError(f"{lake.root} also holds {found}: is it the lake? Nothing was removed")
    removed = [path for path in data if path.is_symlink() or path.exists()]
    for path in removed:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()
    return removed


def main(arguments: list[str] | None = None) -> int:
    """Carry out one command and return its exit status: 0 done, 2 it could not be."""
    parser = argparse.ArgumentParser(prog="python -m lake", description=__doc__)
    parser.add_argument("verb", choices=("path", "sql", "clean"))
    parser.add_argument("--snapshot", help="id of a snapshot; the published one, if not given")
    parser.add_argument("--query", help="answer this and leave")
    asked = parser.parse_args(arguments)
    try:
        lake = locate()
        if asked.verb == "path":
            print(pinned(lake, asked.snapshot).path)
        elif asked.verb == "clean":
            removed = clean(lake)
            print(f"removed {', '.join(path.name for path in removed) or 'nothing'} from {lake.root}")
        else:
            return _open_shell(lake, asked.snapshot, asked.query)
    except (LakeError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
