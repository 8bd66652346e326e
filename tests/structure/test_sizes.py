"""A file can be read in one sitting; the long machines of the properties cannot be cut."""

from __future__ import annotations

from pathlib import Path

import owners
import pytest

ROOT = Path(__file__).parents[2]
MOST = 350
KINDS = {".py", ".sql", ".yml", ".md", ".toml", ".j2", ".css"}
#: A machine of hypothesis is one class, whose rules share its state.
MACHINES = {"tests/properties/test_lake_machine.py"}


@pytest.mark.parametrize("path", [path for path in owners.files() if Path(path).suffix in KINDS])
def test_a_file_is_read_in_one_sitting(path):
    lines = len((ROOT / path).read_text(encoding="utf-8").splitlines())
    assert lines <= MOST or path in MACHINES, f"{path} has {lines} lines: give its parts rooms of their own"


def test_a_machine_that_became_short_is_no_exception():
    assert {path for path in MACHINES if len((ROOT / path).read_text().splitlines()) <= MOST} == set()
