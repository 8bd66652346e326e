"""Seeded months of New York size, and the server that publishes them from a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bronze import sources
from tests.benchmarks.measure import ROOT, BenchError, measure

FIRST_YEAR = 2024
_OURS = ("SOURCES__", "LAKE", "PYTHONDONTWRITEBYTECODE")


def months(count: int) -> list[str]:
    """Return the first `count` months from January 2024 on, as `YYYY-MM`."""
    return [f"{FIRST_YEAR + number // 12}-{number % 12 + 1:02}" for number in range(count)]


def environment() -> dict[str, str]:
    """Return this process' environment without what would change a run.

    Nobody's scope, lake or addresses get in. Compiled modules are kept: else every start takes seconds more.
    """
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_OURS)}
    return kept | {"DBT_SEND_ANONYMOUS_USAGE_STATS": "false", "GX_ANALYTICS_ENABLED": "false"}


def prepare(work: Path, count: int, rows: int) -> Path:
    """Return a folder with `count` months of `rows` trips each, generated unless it is there already.

    Another process generates, so that this one stays small.

    Raises:
        BenchError: the generator failed.
    """
    folder = work / "upstream" / f"{count}-months-of-{rows}"
    if not folder.exists():
        unfinished = folder.with_name(f".unfinished-{folder.name}")
        command = [sys.executable, "-m", "bronze.sample.big", "--folder", str(unfinished)]
        command += ["--months", ",".join(months(count)), "--rows", str(rows)]
        measure(command, environment(), work / "logs" / "generate.txt")
        unfinished.rename(folder)
    return folder


@contextmanager
def served(folder: Path) -> Iterator[dict[str, str]]:
    """Serve a folder on the loopback during the block and yield the environment of a run that asks it.

    The server is a process of its own: what it uses is not ours.

    Raises:
        BenchError: the server did not start.
    """
    command = [sys.executable, "-m", "bronze.sample.server", "--folder", str(folder)]
    command += ["--port", "0", "--page-size", "1000"]
    with subprocess.Popen(command, cwd=ROOT, env=environment(), stdout=subprocess.PIPE, text=True) as server:
        try:
            # One line a source, of the variable and its value.
            lines = [server.stdout.readline().strip() for _ in sources.names()]
            if not all(lines):
                raise BenchError(f"{' '.join(command)}\ndid not start")
            addresses = dict(line.split("=", 1) for line in lines)
            bucket = addresses[sources.variable("citibike")]
            # Its first listing reads every archive for the ETags: that is not a run's to wait for.
            direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
            with direct.open(f"{bucket}?list-type=2") as answer:
                answer.read()
            yield environment() | addresses | {"SOURCES__CITIBIKE__CITIES": '["nyc"]'}
        finally:
            server.terminate()
