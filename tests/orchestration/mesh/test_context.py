"""What a context of SQLMesh is loaded with, and what is told of a database in use. No model is built."""

from __future__ import annotations

import subprocess
import sys
from unittest.mock import Mock

import duckdb
import pytest
from dbt.adapters.factory import FACTORY

from lake.snapshots import Snapshot
from orchestration.mesh import apply as mesh

pytestmark = pytest.mark.slow
HOLDER = "import duckdb, sys; held = duckdb.connect(sys.argv[1]); print('held', flush=True); sys.stdin.read()"


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


@pytest.fixture
def held(tmp_path):
    """Return the path of a database that another process has open, as another command has."""
    at = tmp_path / "mesh.duckdb"
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(at)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout.readline() == "held\n"
        yield at, holder.pid
        holder.stdin.close()


def asked(at):
    """Ask SQLMesh's database something: it is opened then, and not when the project is loaded."""
    with mesh.context(at.parent, at):
        duckdb.connect(str(at))


@pytest.mark.parametrize("ask", [asked, lambda at: mesh.parity(Snapshot("one", at.parent, None, {}), at)])
def test_a_database_that_another_command_has_open_is_told_with_what_to_do(monkeypatch, held, ask):
    at, process = held
    monkeypatch.setattr("sqlmesh.Context", Mock())
    with pytest.raises(mesh.MeshError) as failed:
        ask(at)
    assert str(failed.value) == (
        f"SQLMesh's database {at} is in use by process {process}, another `make sqlmesh`, `make parity` or sqlmesh: "
        "wait until it is through, and ask again"
    )
