"""What a context of SQLMesh is loaded with, and what is told of a database in use. No model is built."""

from __future__ import annotations

import subprocess
import sys
from unittest.mock import Mock

import duckdb
import pytest
from dbt.adapters.factory import FACTORY
from sqlmesh.utils.errors import SQLMeshError

from bronze.landing import bronze_schemas
from lake import Lake
from lake.snapshots import Snapshot, begin
from orchestration.mesh import apply as mesh
from tests.lake.rows import SCHEMAS

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


@pytest.fixture
def old(tmp_path):
    """Return a snapshot from before there were bronze tables of today's, or marts."""
    return begin(Lake(tmp_path / "lake"), [], SCHEMAS, parent=None)


TOO_OLD = ": it was built before there was one; `make run FULL=1` builds it"
PINNED = (
    ": it was built before there was one; `make release` (a rollback has pinned the lake) and then `make run"
)


@pytest.mark.parametrize(("is_pinned", "said"), [(False, TOO_OLD), (True, PINNED)])
def test_what_the_snapshot_is_too_old_to_have_is_told_with_what_builds_it(
    tmp_path, monkeypatch, old, is_pinned, said
):
    at = tmp_path / "mesh.duckdb"
    with duckdb.connect(str(at)) as connection:
        connection.execute("create view mart_routes as select 1 as trips")
    if is_pinned:
        (tmp_path / "lake" / "pin.json").touch()
    [one] = mesh.parity(old, at)
    assert one.differences[1].startswith(f"snapshot {old.id} has no mart_routes{said}")
    failing = Mock()
    failing.return_value.plan.side_effect = SQLMeshError("Plan application failed.")
    monkeypatch.setattr("sqlmesh.Context", failing)
    with pytest.raises(mesh.MeshError, match="Plan application failed") as failed:
        mesh.bring_up_to_date(old, at)
    assert f"snapshot {old.id} has no bronze." in str(failed.value)
    assert said in str(failed.value)


def test_a_plan_that_fails_on_a_snapshot_of_today_says_only_why(tmp_path, monkeypatch):
    now = begin(Lake(tmp_path / "lake"), [], bronze_schemas(), parent=None)
    failing = Mock()
    failing.return_value.plan.side_effect = SQLMeshError("Plan application failed.")
    monkeypatch.setattr("sqlmesh.Context", failing)
    with pytest.raises(mesh.MeshError) as failed:
        mesh.bring_up_to_date(now, tmp_path / "mesh.duckdb")
    assert (
        str(failed.value) == "SQLMesh did not apply the plan, and prod is as it was: Plan application failed."
    )


def test_a_database_in_use_is_told_so_on_an_old_snapshot_as_well(monkeypatch, old, held):
    at, process = held
    failing = Mock()
    failing.return_value.plan.side_effect = lambda *_, **__: duckdb.connect(str(at))
    monkeypatch.setattr("sqlmesh.Context", failing)
    with pytest.raises(mesh.InUseError, match=f"in use by process {process}"):
        mesh.bring_up_to_date(old, at)
