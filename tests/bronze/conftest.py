from __future__ import annotations

from datetime import datetime

import pytest

from bronze.sample.faults import Faults
from bronze.sample.server import serve
from bronze.sample.upstreams import stand_ins
from tests.bronze import signals
from tests.bronze.paged import paged


@pytest.fixture
def upstream(tmp_path, monkeypatch):
    """Serve an empty folder and point the configuration at it; the test fills it."""
    folder = tmp_path / "upstream"
    folder.mkdir()
    faults = Faults()
    with serve(folder, faults=faults, page_size=2) as endpoints:
        for name, url in endpoints.environment.items():
            monkeypatch.setenv(name, url)
        monkeypatch.setenv("SOURCES__MONTHS", "2024-05")
        monkeypatch.setenv("SOURCES__CITIBIKE__CITIES", '["jc"]')
        monkeypatch.setattr("bronze.http._pause", lambda attempt: None)
        yield folder, faults, endpoints


class Clock:
    """The time at which feeds are asked; a quarter of an hour goes by with every question."""

    def __init__(self, patch):
        self.at = signals.NOON
        patch.setattr("bronze.feeds._now", lambda: datetime.strptime(f"{self.at}+0000", "%Y%m%dT%H%M%SZ%z"))


@pytest.fixture
def clock(monkeypatch):
    return Clock(monkeypatch)


@pytest.fixture
def live(tmp_path, monkeypatch, clock):
    """Serve the signals and their sites, as they are now; return the faults and the address."""
    signals.publish()
    signals.install(monkeypatch)
    monkeypatch.setattr("bronze.http._pause", lambda attempt: None)
    monkeypatch.setenv("RUNTIME__REQUEST_MAX_ATTEMPTS", "2")
    monkeypatch.setenv("SOURCES__MONTHS", "2024-05")
    faults = Faults()
    with serve(tmp_path, faults=faults) as endpoints:
        monkeypatch.setenv("SOURCES__SIGNALS__BASE_URL", f"{endpoints.urls['signals']}/now")
        yield faults, endpoints


@pytest.fixture
def served(upstream, monkeypatch):
    """Serve the stations in pages; return their address and the faults."""
    _, faults, endpoints = upstream
    monkeypatch.setenv("RUNTIME__REQUEST_MAX_ATTEMPTS", "3")
    monkeypatch.setattr(stand_ins()["nager"], "answer", paged)
    return endpoints.urls["nager"] + "/stations", faults, endpoints
