"""`python -m lake path` prints the published snapshot's folder; `python -m lake sql` opens DuckDB on it."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import sysconfig
from pathlib import Path

from lake.catalog import pinned, view_script
from lake.layout import Lake, LakeError, locate


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


def _open_shell(lake: Lake, snapshot_id: str | None, query: str | None) -> None:
    """Replace this process by DuckDB's shell with the lake's views."""
    script = lake.work / "views.sql"
    script.parent.mkdir(parents=True, exist_ok=True)
    script.write_text("set timezone = 'UTC';\n" + view_script(pinned(lake, snapshot_id)), encoding="utf-8")
    shell = _shell()
    os.execv(shell, [shell, "-init", str(script), *(["-c", query] if query else [])])  # noqa: S606


def main(arguments: list[str] | None = None) -> int:
    """Carry out one command and return its exit status: 0 done, 2 nothing published yet."""
    parser = argparse.ArgumentParser(prog="python -m lake", description=__doc__)
    parser.add_argument("verb", choices=("path", "sql"))
    parser.add_argument("--snapshot", help="id of a snapshot; the published one, if not given")
    parser.add_argument("--query", help="answer this and leave")
    asked = parser.parse_args(arguments)
    lake = locate()
    try:
        if asked.verb == "path":
            print(pinned(lake, asked.snapshot).path)
        else:
            _open_shell(lake, asked.snapshot, asked.query)
    except LakeError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
