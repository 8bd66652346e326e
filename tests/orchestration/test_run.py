"""The whole pipeline on a small sample: what a run publishes, and that a second run changes nothing."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import duckdb
import polars as pl
import pytest

import lake as lake_package
from bronze import sources
from lake import Lake
from lake.meaning import read_meanings
from orchestration.__main__ import main
from tests.orchestration.lakes import go, sample_run

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
MARTS = {path.stem for path in (ROOT / "gold" / "models" / "marts").glob("*.sql")}


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    """Run the pipeline once on a small sample; the tests only look."""
    return sample_run(tmp_path_factory)


@pytest.fixture(autouse=True)
def on_that_lake(ran, monkeypatch):
    monkeypatch.setenv("LAKE_ROOT", str(ran[0].root))
    monkeypatch.setenv("SAMPLE__TRIPS", "20000")


def test_everything_is_published(ran):
    lake, outcome, shown = ran
    assert outcome.exit_status == 0
    assert outcome.snapshot is not None
    assert f"published snapshot {outcome.snapshot.id}" in shown
    assert "landed weather new-york-2021-01: version 1, 792 rows" in shown
    with lake_package.connect(root=lake.root) as connection:
        tables = connection.sql(
            "select schema_name, view_name from duckdb_views() where not internal and schema_name != 'lake'"
        ).fetchall()
    assert {name for layer, name in tables if layer == "gold"} == MARTS
    assert {"fct_trips", "dim_stations", "dim_dates", "rejected_trips"} <= {name for _, name in tables}
    # Each says what it means, and nothing is told of what is not there.
    assert read_meanings(outcome.snapshot.path).keys() == {f"{layer}.{name}" for layer, name in tables}


def test_every_record_of_the_sample_is_in_bronze(ran):
    lake, _, _ = ran
    written = json.loads((lake.work / "sample" / "sample.json").read_text())["records"]
    with lake_package.connect(root=lake.root) as connection:
        landed = dict(connection.sql("select batch, count(*) from bronze.trips group by batch").fetchall())
    assert landed == written


def test_every_row_is_kept_or_accounted_for(ran):
    lake, _, _ = ran
    with lake_package.connect(root=lake.root) as connection:
        bronze, kept, rejected, duplicate = connection.sql(
            "select (select count(*) from bronze.trips), (select count(*) from silver.fct_trips), "
            "(select count(*) from silver.rejected_trips), (select count(*) from silver.duplicate_trips)"
        ).fetchone()
    assert bronze == kept + rejected + duplicate
    assert min(kept, rejected, duplicate) > 0, "the sample holds some of each"


def test_sample_results_say_so(ran):
    lake, outcome, shown = ran
    assert "SAMPLE DATA" in shown
    assert outcome.snapshot.facts["origin"] == "sample"
    with lake_package.connect(root=lake.root) as connection:
        assert connection.sql("select distinct origin from bronze.versions").fetchall() == [("sample",)]


def test_a_second_run_changes_nothing(ran):
    lake, first, _ = ran
    before = sorted(path for path in lake.snapshots.rglob("*"))
    outcome, shown = go(lake)
    assert outcome.snapshot is None
    assert outcome.exit_status == 0
    assert "nothing new" in shown
    assert {one.outcome for one in outcome.landed} == {"unchanged"}
    assert sorted(lake.snapshots.rglob("*")) == before
    assert lake.current.resolve().name == first.snapshot.id


def test_every_way_of_reading_gives_the_same_figures(ran):
    lake, _, _ = ran
    query = "select sum(trips)::bigint from gold.mart_demand_daily"
    with lake_package.connect(root=lake.root) as connection:
        connected = connection.sql(query).fetchone()[0]
    files = f"{lake.root}/gold/mart_demand_daily/**/*.parquet"
    plain = duckdb.sql(f"select sum(trips)::bigint from read_parquet('{files}')").fetchone()[0]
    polars = pl.scan_parquet(files).select(pl.col("trips").sum()).collect().item()
    shell = subprocess.run(
        [sys.executable, "-m", "lake", "sql", "--query", f"select 'trips=' || ({query}) as said"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert connected == plain == polars
    assert f"trips={connected} " in shell.stdout, shell.stderr


def test_nothing_of_the_work_is_left_behind(ran):
    lake, _, _ = ran
    files = [path for path in lake.work.rglob("*") if path.is_file() and not path.name.endswith(".lock")]
    assert {path.relative_to(lake.work).parts[0] for path in files} <= {"sample"}


def test_status_shows_snapshot_and_batches(ran, capsys):
    _, outcome, _ = ran
    assert main(["status"]) == 0
    shown = capsys.readouterr().out
    assert outcome.snapshot.id in shown
    assert "jc-2020-11" in shown


def test_real_upstreams_are_refused_on_a_lake_of_sample_data(ran, monkeypatch, capsys):
    for source in sources.names():
        monkeypatch.setenv(sources.variable(source), "http://127.0.0.1:9/nothing")
    assert main(["run"]) == 2
    assert "never mix" in capsys.readouterr().out


def test_a_half_configured_upstream_is_named(ran, monkeypatch, capsys):
    monkeypatch.setenv("SOURCES__NAGER__BASE_URL", "http://127.0.0.1:9/nothing")
    assert main(["run"]) == 2
    # But feeds, which nobody has to ask.
    missing = ", ".join(name for name in sources.names() if name != "nager" and not sources.feeds(name))
    assert f"no base_url for {missing}: set sources.citibike.base_url" in capsys.readouterr().out


def test_two_runs_at_once_do_not_get_in_each_others_way(ran, capsys):
    lake, _, _ = ran
    from lake.files import exclusive_lock

    with exclusive_lock(lake.work / "run.lock", "busy"):
        assert main(["run"]) == 2
    assert "another run is working" in capsys.readouterr().out


def test_a_build_that_fails_leaves_the_published_snapshot(ran, monkeypatch, capsys):
    lake, outcome, _ = ran
    from orchestration import steps
    from orchestration.dbt import BuildError

    def fail(*_):
        raise BuildError("dbt failed on silver: a test")

    before = sorted(path.name for path in lake.snapshots.iterdir())
    monkeypatch.setattr(steps, "build_layer", fail)
    assert main(["run", "--full"]) == 2
    shown = capsys.readouterr().out
    assert "dbt failed on silver" in shown
    assert "nothing was published" in shown
    assert sorted(path.name for path in lake.snapshots.iterdir()) == before
    assert lake.current.resolve().name == outcome.snapshot.id


def test_models_that_change_while_they_are_built_are_not_published(ran, monkeypatch, capsys):
    """Another branch checked out meanwhile: what is built is half of one and half of the other, and called the first."""
    lake, outcome, _ = ran
    from orchestration import steps

    def build(_lake, snapshot, layer, _plan):
        (snapshot.path / layer).mkdir(exist_ok=True)
        monkeypatch.setattr(steps, "fingerprint", lambda: "of another branch")
        return steps.Built(layer, 0, 0, [])

    monkeypatch.setattr(steps.dbt, "build", build)
    assert main(["run", "--full"]) == 2
    shown = " ".join(capsys.readouterr().out.split())
    assert "models or engine changed while silver was built" in shown
    assert "nothing was published" in shown
    assert lake.current.resolve().name == outcome.snapshot.id


@pytest.mark.parametrize(
    ("trouble", "said"),
    [
        (OSError(28, "No space left on device"), "has it room?"),
        (KeyboardInterrupt(), "interrupted"),
    ],
)
def test_what_stops_a_build_is_said_and_leaves_nothing_behind(ran, monkeypatch, capsys, trouble, said):
    lake, outcome, _ = ran
    from orchestration import steps

    def stop(*_):
        raise trouble

    before = sorted(path.name for path in lake.snapshots.iterdir())
    monkeypatch.setattr(steps, "gate_layer", stop)
    monkeypatch.setattr(steps, "build_layer", lambda *_: steps.Built("silver", 0, 0, []))
    assert main(["run", "--full"]) == 2
    assert said in capsys.readouterr().out
    assert sorted(path.name for path in lake.snapshots.iterdir()) == before
    assert lake.current.resolve().name == outcome.snapshot.id


def test_a_damaged_record_is_named_and_not_a_traceback(tmp_path, monkeypatch, capsys):
    from tests.lake.rows import land

    monkeypatch.setenv("LAKE_ROOT", str(tmp_path / "damaged"))
    version = land(Lake(tmp_path / "damaged"), "b-1", [1])
    (version.path / "record.json").write_text("{")
    for verb in ("status", "run"):
        assert main([verb]) == 2
        shown = "".join(capsys.readouterr().out.split())
        assert "record.jsonisnotreadableasJSON" in shown
