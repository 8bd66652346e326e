from __future__ import annotations

import pytest

from bronze.sample.faults import Faults
from bronze.sample.server import serve


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
