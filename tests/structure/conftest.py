from __future__ import annotations

import shutil
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A project with data, the hooks, and a stand-in for the tools in `.venv` that writes down its calls."""
    root = tmp_path_factory.mktemp("project")
    for folder in (".awos/hooks", ".awos/scripts"):
        shutil.copytree(ROOT / folder, root / folder, ignore=shutil.ignore_patterns("__pycache__"))
    for folder in ("bronze/trips", "snapshots/1/silver", "work", "quarantine", "reports/gates"):
        (root / "lake" / folder).mkdir(parents=True)
    (root / "lake" / "current").symlink_to("snapshots/1")
    (root / "lake" / "silver").symlink_to("current/silver")
    (root / "lake" / "snapshots" / "1" / "silver" / "a.parquet").touch()
    (root / "lake-live" / "snapshots").mkdir(parents=True)
    shutil.copy(ROOT / "lake" / "layout.py", root / "lake")
    for name in (".awos/owners.toml", ".claude/settings.json"):
        (root / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, root / name)
    for name in (".dlt/secrets.toml", "lake/files.py", "bronze/landing.py", "silver/model.sql"):
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).touch()
    return root
