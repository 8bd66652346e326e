"""What an agent is given is the project, but for what would tell it how it is graded."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.evals.checks import has_its_test, nothing_loosened
from tests.evals.place import HIDDEN, ROOT, Place, _copied
from tests.evals.task import load


def test_a_clone_has_links_as_links_and_no_tasks(tmp_path):
    _copied(tmp_path)
    links = [path for path in ROOT.glob("*/AGENTS.md") if path.is_symlink()]
    assert links, "other tools find the guides by links"
    for link in links:
        assert (tmp_path / link.relative_to(ROOT)).readlink() == link.readlink()
    assert (tmp_path / "Makefile").read_bytes() == (ROOT / "Makefile").read_bytes()
    assert not (tmp_path / HIDDEN).exists()


def test_without_guides_there_is_none_and_no_link_to_one(tmp_path):
    place = Place(tmp_path, load("doubled_month"), guides=False)
    _copied(place.clone)
    place._forget_guides()
    left = {str(path.relative_to(place.clone)) for path in place.clone.rglob("*")}
    assert not {name for name in left if name.endswith(("CLAUDE.md", "AGENTS.md", "SKILL.md"))}
    assert not {name for name in left if name.startswith((".awos/subagents", ".claude/agents"))}
    assert {".awos/hooks/guard.py", ".awos/scripts/source.py", ".claude/settings.json"} <= left
    assert not [path for path in place.clone.rglob("*") if path.is_symlink() and not path.exists()]


@pytest.fixture
def place(tmp_path):
    """Return a place whose project is one module and what tests it."""
    made = Place(tmp_path, load("doubled_month"))
    write(made, "ferry.py", "")
    write(made, "tests/test_a.py", "def test_a():\n    assert True\n")
    write(made, "silver/models/fct_rain.sql", "select 1 as rain\n")
    (made.clone / ".venv").symlink_to(sys.prefix)
    made.git("init", "-q")
    made.git("add", "-A")
    made.git("commit", "-q", "-m", "The project")
    return made


def write(place: Place, name: str, text: str) -> None:
    path: Path = place.clone / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


@pytest.mark.slow
@pytest.mark.parametrize(("said", "faults"), [("print(offers)", 1), ("assert offers == 7", 0)])
def test_importing_alone_is_no_test_whatever_other_tests_are_changed(place, said, faults):
    write(place, "ferry.py", "offers = 7\n")
    write(place, "tests/test_a.py", f"from ferry import offers\n\n\ndef test_a():\n    {said}\n")
    write(place, "tests/test_b.py", "def test_b():\n    pass\n")
    assert len(has_its_test(place)) == faults


def test_a_model_that_moved_is_not_gone(place):
    (place.clone / "silver/models/fct_rain.sql").unlink()
    assert nothing_loosened(place)
    write(place, "silver/models/core/fct_rain.sql", "select 2 as rain\n")
    assert nothing_loosened(place) == []


def test_a_moved_file_has_changed_in_both_places(place):
    write(place, "silver/models/core/fct_rain.sql", "select 1 as rain\n")
    (place.clone / "silver/models/fct_rain.sql").unlink()
    assert place.changed() == ["silver/models/core/fct_rain.sql", "silver/models/fct_rain.sql"]


def test_a_test_that_is_dropped_while_its_file_moves_is_told(place):
    write(place, "tests/silver/test_a.py", "\n")
    (place.clone / "tests/test_a.py").unlink()
    assert nothing_loosened(place) == [
        "tests/test_a.py: the test test_a",
        "tests/test_a.py: the test test_a, without a skip",
    ]


@pytest.mark.parametrize(
    "patch", sorted(ROOT.glob("tests/evals/tasks/*/*.patch")), ids=lambda path: path.parent.name
)
def test_a_right_answer_that_is_a_patch_applies(patch):
    """To what is there now: else a task has no answer until somebody runs it, which takes minutes."""
    done = subprocess.run(["git", "apply", "--check", str(patch)], cwd=ROOT, capture_output=True, text=True)
    assert done.stderr == ""
