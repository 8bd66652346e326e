"""Nothing heavy is imported before it is needed, and nothing that a contract of import-linter forbids."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import owners
import pytest

ROOT = Path(__file__).parents[2]
HEAVY = {
    "airflow",
    "dbt",
    "dlt",
    "duckdb",
    "great_expectations",
    "pandas",
    "polars",
    "pyarrow",
    "sqlalchemy",
    "sqlmesh",
    "streamlit",
}
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
#: For each contract, where an import would break it.
BREAKS = {
    "lake imports none of the others": ("lake/__main__.py", "import bronze.http"),
    "bronze imports lake only": ("bronze/landing.py", "import gold.expectations"),
    "analysis imports lake only": ("analysis/notebooks.py", "import bronze.scope"),
    "serving imports lake, and measures and colours of analysis": (
        "serving/screens/health.py",
        "import analysis.frames",
    ),
    "figures of the dashboard know frames only": ("serving/figures/weather.py", "import streamlit"),
    "queries of the dashboard know nothing that draws": (
        "serving/queries/weather.py",
        "import serving.figures.weather",
    ),
    "a page of the dashboard knows no other: its screen": (
        "serving/screens/weather.py",
        "import serving.screens.demand",
    ),
    "a page of the dashboard knows no other: its queries": (
        "serving/queries/demand.py",
        "import serving.queries.overview",
    ),
    "a page of the dashboard knows no other: its figures": (
        "serving/figures/style.py",
        "import serving.figures.health",
    ),
    "nothing imports orchestration": ("serving/screens/health.py", "import orchestration.plan"),
    "the steps and the gate know no driver": ("orchestration/gate/scope.py", "import orchestration.terminal"),
    "the gate knows no steps": ("orchestration/gate/result.py", "import orchestration.decisions"),
    "a driver knows no other driver": ("orchestration/mesh/apply.py", "import orchestration.run"),
    "a source knows no other source": (
        "bronze/sources/open_meteo.py",
        "import bronze.sources.citibike.bucket",
    ),
    "a source knows nothing that lands it, judges it or stands in for it": (
        "bronze/sources/nager.py",
        "import bronze.sample.faults",
    ),
    "what every source needs knows no source": ("bronze/http.py", "import bronze.sources"),
}


def loaded_by(module):
    code = f"import {module}, sys; print(*sorted({{name.split('.')[0] for name in sys.modules}}))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60
    )
    return set(done.stdout.split())


@pytest.mark.parametrize(
    "module",
    [
        "lake",
        "lake.__main__",
        "orchestration.__main__",
        "orchestration.run",
        "orchestration.steps",
        "orchestration.gate",
        "bronze.landing",
    ],
)
def test_a_light_module_loads_nothing_heavy(module):
    assert loaded_by(module) & HEAVY == set()


@pytest.mark.slow
def test_landing_loads_neither_airflow_nor_streamlit():
    """dlt would, to ask them for settings and secrets, unless it is told not to."""
    code = (
        "from bronze import landing; landing.settings(); import dlt, sys; "
        "dlt.config.get('sources.months', str); print({'airflow', 'streamlit'} & {*sys.modules})"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == "set()", done.stderr


def modules():
    """Return the files of Python in the packages that the contracts are about, as paths in the project."""
    packages = CONTRACTS["root_packages"]
    return [Path(path) for path in owners.files() if path.endswith(".py") and path.split("/")[0] in packages]


def test_import_linter_sees_every_module():
    """It passes over folders without `__init__.py`, and over what is wrong in them."""
    blind = {str(one.parent) for one in modules() if not (ROOT / one.parent / "__init__.py").exists()}
    # Airflow runs its files by their path, and they may import any of us.
    assert blind <= {"orchestration/dags"}


def broken_by(project, planted):
    """Return the contracts that these imports break, in a copy of all modules."""
    for module in modules():
        (project / module).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / module, project / module)
    shutil.copy(ROOT / "pyproject.toml", project)
    for file, wrong in planted:
        with (project / file).open("a") as module:
            module.write(f"{wrong}\n")
    linter = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run(
        [linter, "--no-cache", "--no-logo"], cwd=project, capture_output=True, text=True, timeout=60
    )
    return {line.partition(" BROKEN")[0] for line in done.stdout.splitlines() if " BROKEN" in line}


def test_every_contract_refuses_an_import(tmp_path):
    assert [contract["name"] for contract in CONTRACTS["contracts"]] == list(BREAKS)
    assert broken_by(tmp_path / "all", BREAKS.values()) == {*BREAKS}
