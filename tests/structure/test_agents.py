"""Subagents and commands: Claude Code reads what `.awos` says, and that says when to use it."""

from __future__ import annotations

import re
from pathlib import Path

import agents
import owners
import pytest
import yaml

from tests.structure.test_owners import SUBAGENTS

ROOT = Path(__file__).parents[2]
SOURCES = sorted((ROOT / ".awos" / "subagents").glob("*.md"))
WRITERS = [path for path in SOURCES if path.stem != "reviewer"]
SKILLS = sorted((ROOT / ".awos" / "skills").glob("*/SKILL.md"))
COMMANDS = ["product", "roadmap", "architecture", "spec", "tech", "tasks", "implement", "verify"]
#: Tools of Claude Code that a subagent may have here. Delegating is the session's part: no Agent, no Task.
#: Whoever has Bash is given no Glob and no Grep, whatever the file says.
TOOLS = {
    "Read",
    "Write",
    "Edit",
    "NotebookEdit",
    "Bash",
    "WebFetch",
    "WebSearch",
    "LSP",
    "Skill",
    "TodoWrite",
}


def parsed(text):
    """Return a document's front matter and its body."""
    found = re.fullmatch(r"---\n(.*?)\n---\n(.*)", text, re.DOTALL)
    assert found, "begin with front matter between two lines of ---"
    return yaml.safe_load(found[1]), found[2]


def wrong_with(text, stem):
    """Return what is wrong with a subagent's file."""
    try:
        front, body = parsed(text)
    except (AssertionError, yaml.YAMLError) as error:
        return {"front matter": str(error)}
    owner = owners.owners().get(front.get("name"), {"owns": [], "checks": []})
    described = front.get("description") or ""
    tools = set(re.findall(r"\w+", str(front.get("tools"))))
    mine = [
        path
        for path in owners.files()
        if path.endswith("CLAUDE.md") and owners.owners_of(path, owners.owners()) == [front.get("name")]
    ]
    found = {
        "name": front.get("name") != stem,
        "description, 60 to 700 characters": not 60 <= len(described) <= 700,
        "description, when to use it": not re.search(r"\b[Uu]se", described),
        "front matter": front.keys() - {"name", "description", "tools", "model", "color", "skills"},
        "unknown tools": tools - TOOLS,
        "missing tools": {"Read", "Edit", "Write", "Bash"} - tools,
        "CLAUDE.md to read": [path for path in mine if path not in body],
        "checks of .awos/owners.toml": [check for check in owner["checks"] if check not in body],
        "a section on when it is done": not re.search(r"(?mi)^##.*\bdone\b", body),
        "under 90 lines": len(text.splitlines()) >= 90,
    }
    return {what: value for what, value in found.items() if value}


def test_there_is_a_subagent_for_every_layer():
    assert {path.stem for path in WRITERS} == SUBAGENTS


def test_the_reviewer_reads_and_can_do_nothing_else():
    front, body = parsed((ROOT / ".awos" / "subagents" / "reviewer.md").read_text())
    assert front.keys() == {"name", "description", "tools"}
    assert front["name"] == "reviewer"
    assert set(re.findall(r"\w+", front["tools"])) == {"Read", "Glob", "Grep"}
    assert "CONTRIBUTING.md" in body
    assert len(body.splitlines()) < 60


@pytest.mark.parametrize("path", SKILLS, ids=lambda path: path.parent.name)
def test_a_skill_has_the_open_format_and_points_elsewhere(path):
    text = path.read_text()
    front, body = parsed(text)
    assert front.keys() == {"name", "description"}
    assert front["name"] == path.parent.name
    assert re.search(r"\bUse\b", front["description"])
    assert 60 <= len(front["description"]) <= 700
    assert len(text.splitlines()) < 60
    assert re.search(r"(CLAUDE|CONTRIBUTING|README)\.md", body)


def test_there_are_these_skills():
    named = {path.parent.name for path in SKILLS}
    assert named == {"add-source", "diagnose-refusal", "query-the-lake", "review-change"}


@pytest.mark.parametrize("path", WRITERS, ids=lambda path: path.stem)
def test_a_subagent_says_what_it_must(path):
    assert wrong_with(path.read_text(), path.stem) == {}


GOOD = """---
name: data-analysis
description: Use for questions that need a notebook, statistics on published data, or an estimate.
tools: Read, Write, Edit, Bash
---
# data-analysis: what data say
Read `analysis/CLAUDE.md` first.
## Done
`.venv/bin/ruff check .`, `.venv/bin/mypy`, `.venv/bin/lint-imports --no-logo`,
`make test ARGS=tests/analysis`
"""


#: Faults that make Claude Code leave a subagent out, or its tools, without a word: the client is asked in
#: `tests/client/test_subagents.py`.
FAULTS = {
    "no-description": ("description: Use for", "purpose: Use for"),
    "no-name": ("name:", "title:"),
    "tab": ("tools:", "\ttools:"),
    "open-quote": ("description: ", 'description: "'),
    "blank-first-line": ("---", "\n---"),
    "lower-case-tools": ("Read, Write, Edit, Bash", "read, write, edit, bash"),
}


@pytest.mark.parametrize(("said", "instead"), FAULTS.values(), ids=FAULTS)
def test_a_fault_that_makes_an_agent_vanish_is_told(said, instead):
    assert wrong_with(GOOD.replace(said, instead, 1), "data-analysis")


@pytest.mark.parametrize(
    ("said", "instead", "wrong"),
    [
        ("", "", None),
        ("name: data-analysis", "name: analysis", "name"),
        ("Use for questions", "Questions", "description, when to use it"),
        ("Bash", "Bash, Shell", "unknown tools"),
        ("Bash", "Bash, Agent", "unknown tools"),
        ("Bash", "Bash, Grep", "unknown tools"),
        ("Edit, ", "", "missing tools"),
        ("tools:", "allowed-tools: Read\ntools:", "front matter"),
        ("analysis/CLAUDE.md", "CLAUDE.md", "CLAUDE.md to read"),
        ("make test ARGS=tests/analysis", "make test", "checks of .awos/owners.toml"),
        ("## Done", "## Conventions", "a section on when it is done"),
        ("## Done", "\n" * 90 + "## Done", "under 90 lines"),
        ("statistics on published data", "statistics " * 70, "description, 60 to 700 characters"),
    ],
)
def test_what_a_subagent_leaves_out_is_named(said, instead, wrong):
    found = wrong_with(GOOD.replace(said, instead), "data-analysis")
    assert wrong in found if wrong else found == {}


def test_the_copies_are_equal():
    """`make agents` makes them so."""
    assert agents.differences() == {}


@pytest.mark.parametrize(("copies", "sources"), agents.COPIES.items(), ids=lambda path: path)
def test_a_stale_copy_is_told_and_mended(tmp_path, monkeypatch, capsys, copies, sources):
    monkeypatch.setattr(agents, "ROOT", tmp_path)
    for name in ("same", "changed", "new"):
        put(tmp_path / sources / name / "it.md", name)
    for name in ("same", "changed", "gone"):
        put(tmp_path / copies / name / "it.md", name if name == "same" else f"older {name}")
    wrong = {"changed": "differs", "gone": "stale", "new": "missing"}
    wrong = {f"{copies}/{name}/it.md": what for name, what in wrong.items()}
    of_these = {name: what for name, what in agents.differences(tmp_path).items() if name in wrong}
    assert of_these == wrong
    assert agents.main(["--check"]) == 1
    assert "make agents" in capsys.readouterr().out
    assert agents.differences(tmp_path).items() >= wrong.items()  # --check has changed nothing
    assert agents.main([]) == 0
    assert agents.main(["--check"]) == 0
    for name in ("same", "changed", "new"):
        assert (tmp_path / copies / name / "it.md").read_text() == name
    assert not (tmp_path / copies / "gone" / "it.md").exists()


def put(path, text):
    path.parent.mkdir(parents=True)
    path.write_text(text)


def test_the_commands_are_those_of_the_workflow():
    assert {path.stem for path in (ROOT / ".awos/commands").glob("*.md")} == set(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_passes_on_what_was_asked_and_imports_nothing(name):
    """An import is looked for below the folder that the session was started in."""
    text = (ROOT / ".awos" / "commands" / f"{name}.md").read_text()
    assert len(text.splitlines()) < 90
    front, body = parsed(text)
    assert len(front["description"]) > 10
    assert front.keys() <= {"description", "argument-hint", "allowed-tools", "model"}
    assert not re.findall(r"(?<![\w`])@[\w./]+", body)
    assert "$ARGUMENTS" in body


@pytest.mark.parametrize("guide", [path for path in owners.files() if path.endswith("CLAUDE.md")])
def test_other_tools_find_the_same_guide(guide):
    """Claude Code leaves AGENTS.md where it has a CLAUDE.md; codex, opencode, gemini-cli follow the link."""
    agents_md = (ROOT / guide).with_name("AGENTS.md")
    assert agents_md.is_symlink(), f"ln -s CLAUDE.md {agents_md.relative_to(ROOT)}"
    assert agents_md.readlink() == Path("CLAUDE.md")


def test_gemini_is_told_the_name():
    settings = yaml.safe_load((ROOT / ".gemini" / "settings.json").read_text())
    assert settings["context"]["fileName"] == ["AGENTS.md"]
