"""The script behind the AWOS commands, and that the finished example has the form of the templates."""

from __future__ import annotations

import importlib.util
import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
COMMANDS = ("product", "roadmap", "architecture", "spec", "tech", "tasks", "implement", "verify")
TASKS = """# Bike lanes: tasks

- [ ] **Slice 1: from the upstream to silver**
  - [ ] 1.1 The source, with a long
    line that goes on. **[Agent: dlt-ingestion]**
  - [ ] 1.2 Verify: `make run` publishes. **[Agent: data-quality]**
- [ ] **Slice 2: the mart**
  - [ ] 2.1 Verify: `make run` publishes. **[Agent: orchestrator]**
"""


def loaded():
    found = importlib.util.spec_from_file_location("awos_spec", ROOT / ".awos/scripts/spec.py")
    assert found
    module = importlib.util.module_from_spec(found)
    sys.modules["awos_spec"] = module
    found.loader.exec_module(module)
    return module


spec = loaded()


@pytest.fixture
def root(tmp_path):
    """Return a project with the templates, two agents and no feature."""
    for name in (".awos/templates", ".awos/subagents", "context/spec"):
        (tmp_path / name).mkdir(parents=True)
    for path in (ROOT / ".awos/templates").glob("*.md"):
        (tmp_path / ".awos/templates" / path.name).write_text(path.read_text())
    for agent in ("dlt-ingestion", "data-quality"):
        (tmp_path / f".awos/subagents/{agent}.md").touch()
    return tmp_path


@pytest.fixture
def feature(root):
    """Return a feature that is filled in, with three open tasks and two criteria."""
    folder = spec.new(root, "bike-lanes", "Bike lanes", "Lanes")
    text = re.sub(r"<[^<>]*>", "something", (folder / "functional-spec.md").read_text())
    (folder / "functional-spec.md").write_text(text)
    (folder / "tasks.md").write_text(TASKS)
    return folder


def ask(root, *words):
    return spec.main(["--root", str(root), *words])


def test_a_new_feature_takes_the_next_number_and_the_template(root):
    (root / "context/spec/004-weather").mkdir()
    folder = spec.new(root, "bike-lanes", "Bike lanes", "Lanes beside demand")
    assert folder.name == "005-bike-lanes"
    text = (folder / "functional-spec.md").read_text()
    assert text.startswith("# Bike lanes\n")
    assert "- **Roadmap Item:** Lanes beside demand\n- **Status:** Draft\n" in text


def test_a_feature_that_exists_is_left_as_it_is(root, feature):
    (feature / "functional-spec.md").write_text("mine")
    assert spec.new(root, "bike-lanes", "Other", "") == feature
    assert (feature / "functional-spec.md").read_text() == "mine"
    assert len(spec.folders(root)) == 1


@pytest.mark.parametrize("name", ["Bike", "../away", "bike_lanes", ""])
def test_a_name_that_is_no_folder_name_is_refused(root, name, capsys):
    assert ask(root, "new", name) == 2
    assert "small letters" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["001", "bike-lanes", "001-bike-lanes", "context/spec/001-bike-lanes/"])
def test_a_feature_is_found_by_any_of_its_names(root, feature, name):
    assert spec.find(root, name) == feature


def test_an_unknown_feature_is_told_the_known_ones(root, feature, capsys):
    assert ask(root, "next", "traffic") == 2
    assert "001-bike-lanes" in capsys.readouterr().err


def test_the_next_task_comes_whole_with_its_agent(root, feature, capsys):
    assert ask(root, "next") == 0
    said = capsys.readouterr().out
    assert "task    1.1" in said
    assert "agent   dlt-ingestion" in said
    assert "with a long line that goes on." in said


def test_a_slice_is_ticked_with_its_last_task_and_opened_again_with_any(root, feature):
    spec.tick(feature, "1.1", "make test: 3 passed")
    assert "- [ ] **Slice 1" in (feature / "tasks.md").read_text()
    spec.tick(feature, "1.2", None)
    text = (feature / "tasks.md").read_text()
    assert "- [x] **Slice 1" in text
    assert (
        "    line that goes on. **[Agent: dlt-ingestion]**\n    - Evidence: make test: 3 passed\n  - [x] 1.2"
        in text
    )
    assert spec.next_open(root, None)[1].id == "2.1"
    spec.tick(feature, "1.1", "blocked: no answer", done=False)
    assert "- [ ] **Slice 1" in (feature / "tasks.md").read_text()
    assert spec.next_open(root, None)[1].id == "1.1"


def test_nothing_but_the_box_and_the_evidence_changes(feature):
    spec.tick(feature, "1.2", None)
    assert (feature / "tasks.md").read_text() == TASKS.replace("- [ ] 1.2", "- [x] 1.2")


def test_a_criterion_is_ticked_in_the_spec(feature):
    spec.tick(feature, "A2", "make sql: 3 rows")
    text = (feature / "functional-spec.md").read_text()
    assert "- [x] A2. something\n  - Evidence: make sql: 3 rows\n" in text
    assert "- [ ] A1." in text


@pytest.mark.parametrize(("box", "told"), [("1", "last task"), ("9.9", "no box"), ("A9", "no box")])
def test_a_box_that_cannot_be_ticked_is_named(root, feature, capsys, box, told):
    assert ask(root, "tick", "001", box) == 2
    assert told in capsys.readouterr().err


def test_only_what_is_done_is_completed(root, feature, capsys):
    assert ask(root, "status", "001", "Completed") == 2
    assert "A1, A2, 1, 1.1" in capsys.readouterr().err
    for box in ("A1", "A2", "1.1", "1.2", "2.1"):
        spec.tick(feature, box, None)
    assert ask(root, "status", "001", "Completed") == 0
    assert ask(root, "next") == 1
    assert ask(root, "check") == 0
    assert ask(root, "list") == 0
    assert "Completed    tasks 3/3    criteria 2/2" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("file", "old", "new", "told"),
    [
        ("tasks.md", " **[Agent: dlt-ingestion]**", "", "1.1 does not end in"),
        ("tasks.md", "[Agent: dlt-ingestion]", "[Agent: dlt]", "1.1: no agent dlt;"),
        ("tasks.md", "2.1 Verify: `make run`", "2.1 Write `make run`", "slice 2 does not end in a task"),
        ("tasks.md", "2.1 Verify: `make run` publishes", "2.1 Verify all", "slice 2 does not end in a task"),
        ("tasks.md", "2.1 Verify", "1.2 Verify", "not a numbered task of its slice: 1.2"),
        ("tasks.md", "- [ ] **Slice 2", "- [x] **Slice 2", "the box of slice 2 differs"),
        ("tasks.md", "1.1 The source", "The source", "not a numbered task of its slice: The source"),
        ("functional-spec.md", "Draft", "Nearly", "must say one of"),
        ("functional-spec.md", "Draft", "Completed", "Completed, but open: A1"),
        ("functional-spec.md", "A1. something", "something", "criterion without a number"),
        ("functional-spec.md", "A2. something", "A2. <the next one>", "placeholder of the template left"),
    ],
)
def test_a_broken_form_is_named(root, feature, capsys, file, old, new, told):
    assert ask(root, "check") == 0
    text = (feature / file).read_text()
    assert old in text
    (feature / file).write_text(text.replace(old, new, 1))
    assert ask(root, "check") == 1
    assert told in capsys.readouterr().out


def test_the_features_of_this_project_have_the_form():
    assert [fault for folder in spec.folders(ROOT) for fault in spec.faults(ROOT, folder)] == []


def headings(path):
    return [line for line in path.read_text().splitlines() if line.startswith("## ")]


@pytest.mark.parametrize(
    "file",
    [
        "product/product-definition.md",
        "product/architecture.md",
        "spec/001-holidays/functional-spec.md",
        "spec/001-holidays/technical-considerations.md",
    ],
)
def test_the_example_has_the_sections_of_its_template(file):
    path = ROOT / "context" / file
    assert headings(path) == headings(ROOT / ".awos/templates" / path.name)


def test_the_example_has_the_slices_of_its_template():
    def slices(path):
        return [box.text for box in spec.boxes(path.read_text()) if box.id.isdigit()]

    example = ROOT / "context/spec/001-holidays/tasks.md"
    assert slices(example) == slices(ROOT / ".awos/templates/tasks.md")


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_says_what_it_takes_and_gives_and_what_if_something_is_missing(name):
    text = (ROOT / f".awos/commands/{name}.md").read_text()
    front = text.split("---\n")[1]
    assert re.search(r"^description: .{20,}$", front, re.MULTILINE)
    assert re.search(r'^argument-hint: ".+"$', front, re.MULTILINE)
    assert "**In**:" in text
    assert "**Out**:" in text
    assert re.search(r"^## When (something is missing|it does not work)$", text, re.MULTILINE)
    assert len(text.splitlines()) < 90


@pytest.mark.parametrize("path", sorted((ROOT / "context").rglob("*.md")), ids=lambda path: path.stem)
def test_documents_of_the_context_stay_short(path):
    assert len(path.read_text().splitlines()) < 150
