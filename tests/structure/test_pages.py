"""One page, one name, four places: screen, queries, figures and tests. What pages share stands apart."""

from __future__ import annotations

import ast
from pathlib import Path

import grimp
import pytest

from serving.pages import PAGES

ROOT = Path(__file__).parents[2]
NAMES = [page.name for page in PAGES]
PLACES = (
    "serving/screens/{}.py",
    "serving/queries/{}.py",
    "serving/figures/{}.py",
    "tests/serving/test_{}.py",
)
#: What stands beside the pages in each room.
SHARED = {"screens": set(), "queries": {"shared"}, "figures": {"axes", "outline", "shared", "style"}}


def of(page, stem):
    """Say whether a module is a page's own: `weather`, or a part that outgrew it, as `weather_whatif`."""
    return stem == page or stem.startswith(f"{page}_")


@pytest.mark.parametrize("page", NAMES)
def test_a_page_has_its_four_places(page):
    assert [place.format(page) for place in PLACES if not (ROOT / place.format(page)).exists()] == []


@pytest.mark.parametrize("page", NAMES)
def test_a_page_opens_with_a_sentence_that_is_computed(page):
    """Which one is asked of its own queries, before any panel."""
    screen = (ROOT / f"serving/screens/{page}.py").read_text(encoding="utf-8")
    called = [one for one in ast.walk(ast.parse(screen)) if isinstance(one, ast.Call)]
    lines = {ast.unparse(one.func): one.lineno for one in reversed(called)}
    asked = [ast.unparse(one.args[0]) for one in called if ast.unparse(one.func) == "finding"]
    assert len(asked) == 1 and ".told(" in asked[0], "serving/CLAUDE.md: one computed sentence"
    assert lines["finding"] < lines["panel"]


@pytest.fixture(scope="module")
def counted_again():
    """Return the queries, by their modules, of which a test asks silver's facts as well."""
    found = set()
    for file in (ROOT / "tests/serving").glob("test_*.py"):
        imported = [
            one
            for one in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
            if isinstance(one, ast.ImportFrom)
        ]
        names = {(one.module, name.name) for one in imported for name in one.names}
        if ("tests.serving.truth", "facts") in names:
            found |= {name for module, name in names if module == "serving.queries"}
    return found


@pytest.mark.parametrize("page", NAMES)
def test_what_a_page_shows_is_counted_again_from_the_facts(page, counted_again):
    """One that takes another column of its mart than it says it shows is right by its mart, and by tests on made-up marts."""
    assert [one for one in counted_again if of(page, one)], (
        "serving/CLAUDE.md: SQL of its own over silver's facts"
    )


@pytest.mark.parametrize("room", SHARED)
def test_a_room_holds_pages_and_what_they_share(room):
    files = [path for path in (ROOT / "serving" / room).glob("*.py") if path.stem != "__init__"]
    # A skeleton is a page once it is written.
    stems = {path.stem for path in files if " serving page): " not in path.read_text(encoding="utf-8")}
    assert {one for one in stems if not any(of(page, one) for page in NAMES)} == SHARED[room]


@pytest.fixture(scope="module")
def imports():
    return grimp.build_graph("serving", cache_dir=None)


@pytest.mark.parametrize("page", NAMES)
def test_a_page_takes_from_the_rooms_its_own_and_what_is_shared(page, imports):
    """Contracts part pages within a room; this keeps a screen off another page's queries and figures."""
    own = [one for one in imports.modules if one.count(".") == 2 and of(page, one.split(".")[2])]
    assert f"serving.screens.{page}" in own
    taken = {one for module in own for one in imports.find_modules_directly_imported_by(module)}
    rooms = [one.split(".")[1:] for one in taken if one.startswith(("serving.queries.", "serving.figures."))]
    assert [one for room, one in rooms if not of(page, one) and one not in SHARED[room]] == []
