"""Whole runs on small upstreams, shared by the tests that look at what a run leaves behind."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from rich.console import Console

from bronze.sample.server import Endpoints, serve
from lake import Lake, locate
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
        patch.setenv("SOURCES__CITIBIKE__BASE_URL", endpoints.tripdata)
        patch.setenv("SOURCES__OPEN_METEO__BASE_URL", endpoints.weather)
        patch.setenv("SOURCES__NAGER__BASE_URL", endpoints.holidays)
        patch.setenv("SOURCES__CITIBIKE__CITIES", cities)
        patch.setenv("SOURCES__MONTHS", months)
        yield endpoints
