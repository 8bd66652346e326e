"""A worker of `make test` ends at once, and leaves nothing behind."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests import conftest

#: With a folder from before these hooks are asked, as plug-ins have some: all folders then go at that one's turn.
HOOKS = (
    Path(conftest.__file__).read_text()
    + """
import tempfile
FIRST = tempfile.TemporaryDirectory()
"""
)
MODULE = """
import atexit, tempfile
from pathlib import Path

KEPT = tempfile.TemporaryDirectory(dir={place!r})

class Kept:
    def __del__(self):
        Path({place!r}, "taken-apart").touch()

kept = Kept()

def test_one():
    Path({place!r}, "ran").touch()
    atexit.register(Path({place!r}, "told-the-end").touch)
"""


def test_the_folders_of_a_worker_go_with_it_and_what_it_imported_is_not_taken_apart(tmp_path):
    place = tmp_path / "place"
    place.mkdir()
    tmp_path.joinpath("conftest.py").write_text(HOOKS)
    tmp_path.joinpath("test_one.py").write_text(MODULE.format(place=str(place)))
    command = [sys.executable, "-m", "pytest", "-q", "-n1", "-p", "no:cacheprovider", str(tmp_path)]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    ended = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert sorted(path.name for path in place.iterdir()) == ["ran", "told-the-end"]
