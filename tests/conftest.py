from __future__ import annotations

import os

import pytest

# Before anything of the project is imported: no test may reach an upstream or wait for one.
os.environ["DBT_SEND_ANONYMOUS_USAGE_STATS"] = "false"
os.environ["GX_ANALYTICS_ENABLED"] = "false"
os.environ["RUNTIME__REQUEST_BACKOFF_FACTOR"] = "0.01"
for name in [name for name in os.environ if name.startswith("SOURCES__")]:
    del os.environ[name]


@pytest.fixture(autouse=True)
def own_lake(tmp_path, monkeypatch):
    """Give every test a lake of its own; the project's lake is never touched."""
    root = tmp_path / "lake"
    root.mkdir()
    monkeypatch.setenv("LAKE_ROOT", str(root))
    return root
