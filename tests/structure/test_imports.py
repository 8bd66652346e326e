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
#: Where an import would break a contract of the dashboard.
BREAKS = {
    "figures of the dashboard know frames only": ("figures/weather.py", "import streamlit"),
    "queries of the dashboard know nothing that draws": (
        "queries/weather.py",
        "import serving.figures.weather",
    ),
    "a page of the dashboard knows no other: its screen": (
        "screens/weather.py",
        "import serving.screens.demand",
    ),
    "a page of the dashboard knows no other: its queries": (
        "queries/demand.py",
        "import serving.queries.overview",
    ),
    "a page of the dashboard knows no other: its figures": (
        "figures/style.py",
        "import serving.figures.health",
    ),
    "serving imports lake only": ("screens/health.py", "import orchestration.plan"),
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


def test_landing_does_not_load_airflow():
    """dlt would, to ask it for settings, unless it is told not to."""
    code = (
        "from bronze import landing; landing.settings(); import dlt, sys; "
        "dlt.config.get('sources.months', str); print('airflow' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == "False", done.stderr


def modules():
    """Return the files of Python in the packages that the contracts are about, as paths in the project."""
    packages = CONTRACTS["root_packages"]
    return [Path(path) for path in owners.files() if path.endswith(".py") and path.split("/")[0] in packages]


def test_import_linter_sees_every_module():
    """It passes over folders without `__init__.py`, and over what is wrong in them."""
    blind = {str(one.parent) for one in modules() if not (ROOT / one.parent / "__init__.py").exists()}
    # Airflow runs its files by their path, and they may import any of us.
    assert blind <= {"orchestration/dags"}


def test_an_import_that_breaks_a_room_of_the_dashboard_is_refused(tmp_path):
    for module in modules():
        (tmp_path / module).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / module, tmp_path / module)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for file, wrong in BREAKS.values():
        with (tmp_path / "serving" / file).open("a") as module:
            module.write(f"{wrong}\n")
    linter = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run(
        [linter, "--no-cache", "--no-logo"], cwd=tmp_path, capture_output=True, text=True, timeout=60
    )
    broken = {line.partition(" BROKEN")[0] for line in done.stdout.splitlines() if " BROKEN" in line}
    assert broken == {*BREAKS, "nothing imports orchestration"}, done.stdout + done.stderr
