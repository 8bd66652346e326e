"""A copy of the project with a skeleton of each kind (`make source`), and what conformance is to say of them."""

from __future__ import annotations

import subprocess
import sys
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

import pytest
import source

from tests.conformance.project import Project
from tests.structure.copies import ROOT, copied

#: Source, its tables, the kind that its module shows.
SKELETONS = {
    "haze": (["probes", "soundings"], "api"),
    "noise": (["noise_levels"], "paged"),
    "crossings": (["crossings"], "file"),
    "street_permits": (["street_works", "street_closures"], "archive"),
    "street_lights": (["lamps", "lamp_posts"], "feed"),
}


def begun() -> set[str]:
    """Return the sources of this project that are not finished."""
    return {source for source, _ in Project(ROOT).marks}


def made(root: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, ".awos/scripts/source.py", *words]
    return subprocess.run(command, cwd=root, capture_output=True, text=True)


def with_skeletons(root: Path) -> list[str]:
    """Copy the project and begin a source of each kind there; return the files that were written."""
    copied(root)
    files = set()
    for name, (tables, kind) in SKELETONS.items():
        with pytest.MonkeyPatch.context() as patch, redirect_stdout(StringIO()) as told:
            patch.setattr(source, "ROOT", root)
            assert source.main([name, ",".join(tables), kind]) == 0
        files |= {line.split()[-1] for line in told.getvalue().splitlines()[:-1]}
    return sorted(files)


def gaps(name: str, tables: list[str]) -> set[str]:
    """Return what conformance is to say of a skeleton: layer, piece, file, and the table that it is about."""
    first = tables[0]
    of_source = {
        f"bronze source bronze/sources/{name}.py:",
        "bronze settings .dlt/config.toml:",
        f"bronze stand-in bronze/sample/upstreams/{name}.py:",
        f"silver freshness silver/models/sources/{name}.yml:",
        f"gold mart gold/models/marts/mart_{first}.sql:",
        f"gold identity gold/tests/{first}_add_up.sql:",
        f"gold suite gold/expectations/mart_{first}.py:",
        "serving page gold/models/exposures_dashboard.yml:",
        f"serving page serving/figures/{name}.py:",
        "serving page serving/pages.py:",
        f"serving page serving/queries/{name}.py: tell it",
        f"serving page serving/queries/{name}.py: ask the mart",
        f"serving page serving/screens/{name}.py:",
        f"serving page tests/serving/test_{name}.py: test it",
        f"serving page tests/serving/test_{name}.py: count it again",
        "analysis notebook gold/models/exposures.yml:",
        "serving README README.md:",
    }
    of_tables = {
        one.format(name=name, table=table)
        for table in tables
        for one in (
            "bronze suite bronze/expectations/{table}.py: {table}:",
            "bronze fixtures tests/bronze/sound.py: {table}:",
            "bronze tests tests/bronze/test_{name}.py: {table}:",
            "bronze CLAUDE.md bronze/CLAUDE.md: {table}:",
            "silver source table silver/models/sources/{name}.yml: {table}:",
            "silver staging silver/models/staging/stg_{table}.sql: {table}:",
            "silver unit test silver/models/staging/stg_{table}.yml: {table}:",
            "silver core model silver/models/intermediate/int_{table}_judged.sql: {table}:",
            "silver core model silver/models/core/fct_{table}.sql: {table}:",
            "silver suite silver/expectations/fct_{table}.py: {table}:",
            "silver account silver/macros/logic/accounts.sql: {table}:",
        )
    }
    return of_source | of_tables
