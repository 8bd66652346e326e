"""The bench on tiny months: it yields every figure, and both contestants build the same. Never a time.

The run that adds a month to a copy of the lake is not run here; `make bench` does.
"""

from __future__ import annotations

import json
from pathlib import Path

import duckdb
import pytest

from tests.benchmarks import scenarios
from tests.benchmarks.__main__ import main
from tests.benchmarks.agree import PAIRS
from tests.benchmarks.measure import stored_bytes
from tests.benchmarks.runs import Bench, Run

#: A run of the whole pipeline, however slow the machine is.
pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
LAYERS = {"bronze", "silver", "gold"}


def shorten(output: Path, pair):
    """Take the first row out of one table of the bare script's; return its file and what was in it."""
    file = sorted(output.glob(f"{pair.bare}.parquet"))[0]
    whole = file.read_bytes()
    duckdb.sql(f"copy (from read_parquet('{file}') offset 1) to '{file}.less' (format parquet)")
    file.write_bytes(Path(f"{file}.less").read_bytes())
    Path(f"{file}.less").unlink()
    return file, whole


@pytest.fixture(scope="module")
def measured(tmp_path_factory):
    """Return the work folder of a bench that ran, its figures, and what it sees of tables that differ.

    The runs that add a month are not run, but noted: with the months asked for, and those in their lake.
    """
    work = tmp_path_factory.mktemp("bench")
    seen: dict[str, list[str]] = {}
    asked: list[tuple[list[str], list[str]]] = []
    of_growth: list[tuple[int, bool]] = []

    def noted(bench, months, lake=None):
        if bench.upstream.name.endswith("-of-50"):  # the scenario `growth`
            (lake or bench.lake).mkdir(parents=True, exist_ok=True)
            of_growth.append((len(months), lake is not None))
            size = len(months)
            return Run(size, 2 * size, 10 * size, dict.fromkeys(LAYERS, size), {})
        if lake is None:
            return ran(bench, months)
        held = sorted({path.name[-7:] for path in (lake / "bronze" / "citibike" / "trips").glob("batch=*")})
        asked.append((list(months), held))
        assert (lake / "current").resolve().is_relative_to(lake.resolve()), "the copy publishes in itself"
        size = len(held)
        return Run(size, 2 * size, 10 * size, dict.fromkeys(LAYERS, size), {"seconds": {"land": size}})

    def spied(lake, bare):
        found = real(lake, bare)
        for name, pair in PAIRS.items():
            file, whole = shorten(bare, pair)
            seen[name] = [line.partition(":")[0] for line in real(lake, bare)]
            file.write_bytes(whole)
        return found

    real, ran = scenarios.disagreements, Bench.ours
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(scenarios, "disagreements", spied)
        patch.setattr(Bench, "ours", noted)
        patch.setattr(scenarios, "GROWTH_ROWS", 50)
        patch.setattr(scenarios, "GROWTH", {"unchanged": (1, 3), "added": (2,)})
        status = main(["--work", str(work), "--rows", "3000", "--repeat", "1", "--sizes", "2"])
    assert status == 0
    (path,) = work.glob("results-*.json")
    return work, json.loads(path.read_text()), seen, asked, of_growth


def assert_complete(figures, *, stored=LAYERS, steps=True):
    for run in (figures["median"], *figures["runs"]):
        assert run["wall_seconds"] > 0 and run["cpu_seconds"] > 0 and run["peak_bytes"] > 0
        assert {layer for layer, size in run["layer_bytes"].items() if size > 0} == stored
        assert ("seconds" in run["steps"]) == steps


def test_a_fresh_lake_is_measured_beside_the_bare_script(measured):
    _, results, *_ = measured
    fresh = results["fresh"]
    for kind in ("ours", "bare"):
        assert_complete(fresh[kind])
        assert len(fresh[kind]["runs"]) == 1
    assert set(fresh["ratio"]) == {"wall_seconds", "cpu_seconds", "peak_bytes"}
    assert {"land", "build silver", "gate gold", "the rest"} <= set(
        fresh["ours"]["median"]["steps"]["seconds"]
    )
    bare = fresh["bare"]["median"]["steps"]
    assert set(bare["seconds"]) == set(bare["cpu_seconds"]) >= {"unzip", "bronze", "silver trips", "check"}


def test_further_runs_are_measured(measured):
    _, results, *_ = measured
    assert_complete(results["unchanged"], steps=False)


def test_a_month_is_added_to_a_copy_of_the_lake(measured):
    _, results, _, asked, _ = measured
    [(months, held)] = asked
    assert months[:2] == held
    assert len(months) == 3
    assert results["added"]["2"]["median"]["wall_seconds"] == 2
    assert results["added"]["2"]["ratio"] == {"wall_seconds": 1, "cpu_seconds": 1, "peak_bytes": 1}


def test_lakes_grow_and_are_compared_with_the_smallest(measured):
    _, results, *_, runs = measured
    # Built, unchanged; grown, one added to a copy; grown, unchanged.
    assert runs == [(1, False), (1, False), (2, False), (3, True), (3, False), (3, False)]
    assert results["growth"]["unchanged"]["3"]["ratio"]["cpu_seconds"] == 3
    assert results["growth"]["added"]["2"]["ratio"]["cpu_seconds"] == 1


def test_the_machine_and_the_settings_stand_beside_the_figures(measured):
    _, results, *_ = measured
    assert {"date", "cores", "memory_bytes", "python", "duckdb"} <= set(results["machine"])
    assert results["settings"] == {
        "scenario": ["fresh", "unchanged", "added", "growth"],
        "rows": 3000,
        "repeat": 1,
        "sizes": [2],
    }


@pytest.mark.parametrize("table", PAIRS)
def test_a_table_that_differs_is_seen(measured, table):
    """That nothing differs as it is, the bench has seen to itself: it would have ended with 1."""
    assert table in measured[2][table]


def test_archives_stay_and_lakes_go(measured):
    work, *_ = measured
    left = {path.name for path in work.iterdir() if not path.name.startswith("results-")}
    assert left == {"logs", "upstream"}


def test_a_failing_run_shows_its_output(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("BUILD__WORKERS", "nobody")  # what fails before it has asked or loaded anything
    (tmp_path / "upstream" / "2-months-of-3000" / "tripdata").mkdir(parents=True)
    assert main(["--work", str(tmp_path), "--rows", "3000", "--repeat", "1", "--scenario", "unchanged"]) == 1
    shown = capsys.readouterr().out
    assert "orchestration run" in shown
    assert "'nobody' is no number" in shown
    assert not list(tmp_path.glob("results-*.json"))


def test_a_file_of_several_names_counts_once(tmp_path):
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
    (tmp_path / "a" / "file").write_bytes(b"12345")
    (tmp_path / "b" / "file").hardlink_to(tmp_path / "a" / "file")
    (tmp_path / "b" / "link").symlink_to(tmp_path / "a" / "file")
    (tmp_path / "b" / "other").write_bytes(b"123")
    assert stored_bytes([tmp_path / "a", tmp_path / "b", tmp_path / "none"]) == 8
