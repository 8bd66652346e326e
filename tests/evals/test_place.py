"""What an agent is given is the project, but for what would tell it how it is graded."""

from __future__ import annotations

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
