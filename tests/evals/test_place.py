"""What an agent is given is the project, but for what would tell it how it is graded."""

from __future__ import annotations

from tests.evals.place import HIDDEN, ROOT, _copied


def test_a_clone_has_links_as_links_and_no_tasks(tmp_path):
    _copied(tmp_path)
    links = [path for path in ROOT.glob("*/AGENTS.md") if path.is_symlink()]
    assert links, "other tools find the guides by links"
    for link in links:
        assert (tmp_path / link.relative_to(ROOT)).readlink() == link.readlink()
    assert (tmp_path / "Makefile").read_bytes() == (ROOT / "Makefile").read_bytes()
    assert not (tmp_path / HIDDEN).exists()
