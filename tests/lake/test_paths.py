"""No text of others becomes a path that leaves its folder, and nothing outside the folder meant is removed."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from lake import Lake, LakeError
from lake.errors import GoneError
from lake.paths import below, remove_tree
from lake.rollback import rollback
from lake.snapshots import is_complete, load, take_hold

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("name", ["jc-2024-05", "version=1", "_schema.parquet", "a b", "Größe", ".lock"])
def test_a_plain_name_is_taken_as_it_is(name):
    assert below(Path("/lake"), name) == Path("/lake") / name


def test_a_link_is_removed_and_what_it_leads_to_is_not(tmp_path):
    home = tmp_path / "home"
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "file").write_text("x")
    home.mkdir()
    (home / "link").symlink_to(tmp_path / "other")
    remove_tree(home / "link", home)
    assert not (home / "link").is_symlink()
    assert (tmp_path / "other" / "file").exists()


@pytest.mark.parametrize("asked", ["../../other", "..", "/etc", "", "a/b"])
def test_a_snapshot_is_asked_for_by_a_plain_name(tmp_path, asked):
    lake = Lake(tmp_path / "lake")
    (lake.snapshots / "s1").mkdir(parents=True)
    assert not is_complete(lake, asked)
    with pytest.raises(GoneError, match="no snapshot"):
        load(lake, asked)
    if asked:
        with pytest.raises(LakeError):
            take_hold(lake, asked)
        with pytest.raises(LakeError):
            rollback(lake, asked, by="anna", reason="a look")


def test_nobody_else_removes_a_tree():
    """One function does, and refuses what lies elsewhere."""
    found = {
        str(file.relative_to(ROOT))
        for folder in ("lake", "bronze", "silver", "gold", "orchestration", "serving", "analysis")
        for file in (ROOT / folder).rglob("*.py")
        if any(
            isinstance(node, ast.Attribute | ast.Name)
            and getattr(node, "attr", getattr(node, "id", "")) == "rmtree"
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        )
    }
    assert found == {"lake/paths.py"}
