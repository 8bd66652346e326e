"""What a context of SQLMesh is loaded with. No model is built."""

from __future__ import annotations

from unittest.mock import Mock

import pytest
from dbt.adapters.factory import FACTORY

from orchestration.mesh import apply as mesh

pytestmark = pytest.mark.slow


def test_no_adapter_of_a_dbt_command_before_is_taken_for_its_own(tmp_path, monkeypatch):
    """It knows no packages, and the project would not load."""
    found = []

    class Probe:
        def __init__(self, **_):
            found.append(dict(FACTORY.adapters))

        def close(self):
            """Close nothing."""

    monkeypatch.setitem(FACTORY.adapters, "duckdb", Mock())
    monkeypatch.setattr("sqlmesh.Context", Probe)
    with mesh.context(tmp_path, tmp_path / "mesh.duckdb"):
        assert found == [{}]
