"""Whole runs on small upstreams, shared by the tests that look at what a run leaves behind."""

from __future__ import annotations

import io
import os
import pickle
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from bronze.sample.server import Endpoints, serve
from lake import Lake, locate
from lake.catalog import relations
from lake.compare import columns_of, compare_rows, comparing
from lake.files import exclusive_lock
from lake.snapshots import Snapshot
from orchestration.run import Outcome, close, run
from orchestration.terminal import Terminal


def go(lake: Lake | None = None, **options: bool) -> tuple[Outcome, str]:
    """Run the pipeline as `make run` does; return the outcome and what the terminal showed."""
    lake = lake or locate()
    shown = io.StringIO()
    terminal = Terminal(Console(file=shown, width=200, highlight=False, soft_wrap=True))
    with terminal:
        outcome = run(lake, terminal, **options)
    close(lake, outcome, terminal)
    return outcome, shown.getvalue()


@contextmanager
def upstream(folder: Path, months: str, cities: str = '["jc"]') -> Iterator[Endpoints]:
    """Serve a folder and point the configuration at it for the time of the block."""
    with serve(folder) as endpoints, pytest.MonkeyPatch.context() as patch:
        for name, url in endpoints.environment.items():
            patch.setenv(name, url)
        patch.setenv("SOURCES__CITIBIKE__CITIES", cities)
        patch.setenv("SOURCES__MONTHS", months)
        yield endpoints


def once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], Any]) -> tuple[Path, Any]:
    """Let whichever test process asks first fill a folder; return a copy of it, and what `make` returned.

    Whole runs are the dearest thing that tests do: modules that need the same one share it. The copy has no
    hard links, and paths in what was returned lead to the original: neither is to be looked at.
    """
    own = factory.getbasetemp()
    # The workers of a session have their folders side by side.
    place = (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / f"once-{name}"
    done = place / "made.pickle"
    with exclusive_lock(place.with_suffix(".lock"), f"{name} is still being made", wait=600):
        if not done.exists():
            shutil.rmtree(place, ignore_errors=True)
            place.mkdir(parents=True)
            returned = make(place)
            written = place.with_suffix(".pickle")
            written.write_bytes(pickle.dumps(returned))
            written.replace(done)
    copy = factory.mktemp(name) / "copy"
    shutil.copytree(place, copy, symlinks=True)
    return copy, pickle.loads(done.read_bytes())  # noqa: S301 - written by this very session


def sample_run(factory: pytest.TempPathFactory) -> tuple[Lake, Outcome, str]:
    """Return a lake on which the pipeline ran once, on 20,000 trips of the sample; outcome and terminal."""

    def make(base: Path) -> tuple[Outcome, str]:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("LAKE_ROOT", str(base / "lake"))
            patch.setenv("SAMPLE__TRIPS", "20000")
            return go(Lake(base / "lake"))

    copy, (outcome, shown) = once(factory, "sample-run", make)
    return Lake(copy / "lake"), outcome, shown


#: Columns that say when something happened, and so differ between lakes that hold the same.
MOMENTS = {"bronze.versions": ["landed_at"]}


def differences(one: Snapshot, other: Snapshot) -> dict[str, int]:
    """Return the tables of two snapshots that differ, with the number of differing rows.

    A table that only one of them has counts as differing by -1 rows, one with other columns by -2.
    """
    mine, theirs = (
        {
            f"{layer}.{table}": sql
            for layer, tables in relations(side.path).items()
            for table, sql in tables.items()
        }
        for side in (one, other)
    )
    found = dict.fromkeys(mine.keys() ^ theirs.keys(), -1)
    with comparing() as connection:
        for name in sorted(mine.keys() & theirs.keys()):
            columns, others = (columns_of(connection, sql) for sql in (mine[name], theirs[name]))
            if list(columns.items()) != list(others.items()):
                found[name] = -2
                continue
            compared = [column for column in columns if column not in MOMENTS.get(name, ())]
            rows = compare_rows(connection, mine[name], theirs[name], compared, shown=0)
            if rows.differ:
                found[name] = rows.added + rows.gone
    return found
