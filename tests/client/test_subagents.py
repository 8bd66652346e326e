"""What a subagent is in the real client: its tools, what it is started with, and when it vanishes."""

from __future__ import annotations

import re

import owners
import pytest

from tests.client.messages import Call
from tests.client.session import bash
from tests.structure.test_agents import FAULTS, GOOD, SKILLS, SOURCES, parsed

pytestmark = pytest.mark.slow

NAMES = [path.stem for path in SOURCES]


def guides(name):
    """Return the CLAUDE.md files of the folders that a subagent owns."""
    known = owners.owners()
    return [
        path
        for path in owners.files()
        if path.endswith("/CLAUDE.md") and owners.owners_of(path, known) == [name]
    ]


def started(*names, **given):
    """Return a turn that starts subagents and waits for them."""
    return [
        Call("Agent", {"description": "try", "prompt": f"the task of {name}", "subagent_type": name, **given})
        for name in names
    ]


@pytest.fixture(scope="module")
def ran(world):
    """One session that starts all of them; each reads a file of its layer."""
    world.without_hooks()
    looks = {
        name: [
            [
                Call("Read", {"file_path": str((world.root / path).with_name("__init__.py"))})
                for path in guides(name)
            ]
        ]
        for name in NAMES
    }
    return world.run({"session": [started(*NAMES, run_in_background=False)], **looks})


def test_all_are_there(ran):
    assert set(NAMES) <= set(ran.start["agents"])
    assert {path.parent.name for path in SKILLS} <= set(ran.start["skills"])


@pytest.mark.parametrize("path", SOURCES, ids=NAMES)
def test_a_subagent_is_started_with_its_text_its_tools_and_the_guides(world, ran, path):
    front, body = parsed(path.read_text())
    asked = ran.model.of(path.stem)
    first, last = asked[0], asked[-1]
    assert body.strip() in first.system
    assert first.tools == set(re.findall(r"\w+", front["tools"])), "tools it says it has, and those it has"
    assert f"the task of {path.stem}" in first.told
    assert first.told.count((world.root / "CLAUDE.md").read_text().strip()) == 1, "AGENTS.md says it as well"
    for guide in guides(path.stem):
        text = (world.root / guide).read_text().strip()
        assert text not in first.told
        assert last.told.count(text) == 1, "read with the first file of its folder"


def test_an_agent_with_one_of_these_faults_vanishes_or_cannot_start(world):
    """The check of documents refuses the same (`tests/structure/test_agents.py`)."""
    folder = world.root / ".claude" / "agents"
    for name, (said, instead) in FAULTS.items():
        text = GOOD.replace("data-analysis", name).replace(said, instead, 1)
        assert text != GOOD.replace("data-analysis", name)
        (folder / f"{name}.md").write_text(text)
    ran = world.run({"session": [started("lower-case-tools", run_in_background=False)]})
    assert set(FAULTS) & set(ran.start["agents"]) == {"lower-case-tools"}
    (refused,) = ran.results()
    assert "zero tools" in refused.text


def test_without_a_limit_of_ours_one_in_the_background_is_stopped_and_nobody_is_told(world):
    world.settings({"disableAllHooks": True, "env": {"CLAUDE_CODE_PRINT_BG_WAIT_CEILING_MS": "500"}})
    ran = world.run({"session": [started("data-quality")], "data-quality": [bash("sleep 4"), "the report"]})
    assert ran.end["subagent_stats"]["killed"]["system"] == 1
    assert ran.end["subtype"] == "success"
