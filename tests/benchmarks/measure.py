"""What a process and its descendants take: time on the wall, CPU, memory; and what folders hold."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import subprocess
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import psutil  # type: ignore[import-untyped]

ROOT = Path(__file__).parents[2]
SAMPLE_SECONDS = 0.1


class BenchError(Exception):
    """A measured process failed or did something else than it was measured for; the message shows what."""


@dataclass(frozen=True)
class Measured:
    """One finished process.

    `wall_seconds` runs from its start to its end. `cpu_seconds` are user and system time of it and of all
    descendants that were waited for. `peak_bytes` is the greatest sum of resident sets over the tree, looked
    at every tenth of a second: shared pages count once for each process, and a shorter peak can be missed.
    """

    wall_seconds: float
    cpu_seconds: float
    peak_bytes: int


def measure(command: Sequence[str], environment: Mapping[str, str], log: Path) -> Measured:
    """Run a command from the project's root to its end, its output going to `log`.

    Raises:
        BenchError: it ended with another status than 0; the message holds its output.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    peak, done = [0], threading.Event()
    with log.open("wb") as file:
        begun = time.perf_counter()
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
        )
        watcher = threading.Thread(target=_watch, args=(process.pid, peak, done), daemon=True)
        watcher.start()
        try:
            # Not Popen.wait: only this call tells what this one child has used.
            _, status, used = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        finally:
            wall = time.perf_counter() - begun
            done.set()
            watcher.join()
            if process.returncode is None:  # interrupted: it must not go on alone
                process.terminate()
                process.wait()
    if process.returncode:
        output = log.read_text(encoding="utf-8", errors="replace")
        raise BenchError(f"{' '.join(command)}\nended with status {process.returncode}:\n{output}")
    return Measured(round(wall, 2), round(used.ru_utime + used.ru_stime, 2), peak[0])


def _watch(pid: int, peak: list[int], done: threading.Event) -> None:
    while True:
        peak[0] = max(peak[0], _resident(pid))
        if done.wait(SAMPLE_SECONDS):
            return


def _resident(pid: int) -> int:
    """Return the resident bytes of a process and its descendants; 0 when it is gone."""
    try:
        root = psutil.Process(pid)
        tree = [root, *root.children(recursive=True)]
    except psutil.NoSuchProcess:
        return 0
    total = 0
    for process in tree:
        try:
            total += process.memory_info().rss
        except psutil.NoSuchProcess:
            continue  # it ended between the listing and now
    return total


def stored_bytes(folders: Iterable[Path]) -> int:
    """Return the bytes of the files below folders; one that has several names (hard links) counts once."""
    sizes: dict[tuple[int, int], int] = {}
    for folder in folders:
        for path in folder.rglob("*"):
            facts = path.lstat()
            if path.is_file() and not path.is_symlink():
                sizes[facts.st_dev, facts.st_ino] = facts.st_size
    return sum(sizes.values())


def machine() -> dict[str, str | int | float]:
    """Return what figures depend on: cores, memory in bytes, versions, the moment, and what else goes on.

    `load_before` is the mean number of busy processes in the minute before: above 0.5, somebody else works.
    """
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1,
        "memory_bytes": int(psutil.virtual_memory().total),
        "system": platform.platform(),
        "python": platform.python_version(),
        "duckdb": importlib.metadata.version("duckdb"),
        "dbt-core": importlib.metadata.version("dbt-core"),
        "load_before": round(os.getloadavg()[0], 2),
    }
