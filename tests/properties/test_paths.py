"""Whatever text others send: no name made of it leaves its folder, and nothing elsewhere is removed."""

from __future__ import annotations

import os
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from lake.errors import LakeError
from lake.paths import below, remove_tree, token

#: Levels that the folders of a test lie deep: more than any example climbs, so that none leaves them.
DEEP = 12
STEPS = st.sampled_from(["..", ".", "", "/", "\\", "a", "b\0", "~", "…", "c" * 300, "\ud800"])
NAMES = st.lists(st.one_of(STEPS, st.text(max_size=5)), max_size=6).map("/".join) | st.text(max_size=12)


@given(NAMES)
def test_a_name_stays_in_its_folder_or_is_refused(name):
    folder = Path("/lake/work")
    try:
        found = below(folder, name)
    except (LakeError, UnicodeEncodeError):
        return
    assert Path(os.path.normpath(found)).parent == folder
    assert found.name == name


@given(NAMES, NAMES)
def test_a_token_is_a_plain_name_for_any_text(one, other):
    assert below(Path("/lake"), token(one)).name == token(one)
    assert (token(one) == token(other)) == (one == other)


@given(path=NAMES)
def test_only_what_lies_below_is_removed(tmp_path_factory, path):
    base = tmp_path_factory.mktemp("disk").joinpath(*"d" * DEEP)
    home, other = base / "lake" / "work", base / "other"
    for folder in (home / "a", other / "a"):
        folder.mkdir(parents=True)
        (folder / "file").write_text("x")
    (home / "link").symlink_to(other)
    path = path.lstrip("/")
    for asked in (path, f"../{path}", f"../../other/{path}", f"link/{path}", str(other)):
        try:
            remove_tree(home / asked, home)
        except (LakeError, ValueError, OSError):  # no name at all, as one with a NUL byte
            continue
    assert (other / "a" / "file").exists()
    assert home.exists()
