"""A file can be read in one sitting; the long machines of the properties cannot be cut."""

from __future__ import annotations

from pathlib import Path

import owners

ROOT = Path(__file__).parents[2]
MOST = 350
KINDS = {".py", ".sql", ".yml", ".md", ".toml", ".j2", ".css"}
#: A machine of hypothesis is one class, whose rules share its state.
MACHINES = {"tests/properties/test_lake_machine.py"}


def test_a_file_is_read_in_one_sitting():
    lines = {
        path: len((ROOT / path).read_text(encoding="utf-8").splitlines())
        for path in owners.files()
        if Path(path).suffix in KINDS
    }
    assert len(lines) > len(MACHINES)
    longer = {path: count for path, count in lines.items() if count > MOST and path not in MACHINES}
    assert longer == {}, "give the parts of these files rooms of their own"


def test_a_machine_that_became_short_is_no_exception():
    assert {path for path in MACHINES if len((ROOT / path).read_text().splitlines()) <= MOST} == set()
