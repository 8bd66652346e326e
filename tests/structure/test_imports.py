"""Nothing heavy is imported before it is needed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

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
