"""Documents are code: every path, module and make target they name exists."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted(
    path
    for path in ROOT.rglob("*.md")
    if not any(
        part in {".venv", ".airflow", "node_modules", "target"} for part in path.relative_to(ROOT).parts
    )
    and not str(path.relative_to(ROOT)).startswith(("lake/snapshots", "lake/work", "lake/quarantine"))
)
TOP = {path.name for path in ROOT.iterdir()}
#: What the pipeline writes, so that it is not there before a run.
WRITTEN = (
    "lake/bronze",
    "lake/snapshots",
    "lake/current",
    "lake/accepted",
    "lake/quarantine",
    "lake/reports",
    "lake/work",
    "lake/pin.json",
    "target/",
)
COMMAND = re.compile(r"\bmake ([a-z][a-z-]*)")
CODE = re.compile(r"`([^`\n]+)`|^    (\S.*)$", re.MULTILINE)
FENCED = re.compile(r"```[a-z]*\n(.*?)```", re.DOTALL)


def ids(path):
    return str(path.relative_to(ROOT))


def pieces(text):
    """Return the code in a document: spans in backquotes and fenced blocks, without their comments."""
    blocks = [re.sub(r"\s#.*", "", block) for block in FENCED.findall(text)]
    spans = re.findall(r"`([^`\n]+)`", FENCED.sub("", text))
    return [*blocks, *spans]


def paths_named(text):
    for piece in pieces(text):
        for word in re.findall(r"[\w./-]+", piece):
            name = word.strip(".").rstrip("/") if not word.startswith(".") else word.rstrip("/.")
            first = name.split("/")[0]
            if "/" in word and first in TOP and not any(c in piece for c in "<>{*…"):
                yield name


@pytest.mark.parametrize("document", DOCUMENTS, ids=ids)
def test_every_path_exists(document):
    named = set(paths_named(document.read_text(encoding="utf-8")))
    missing = [name for name in named if not name.startswith(WRITTEN) and not (ROOT / name).exists()]
    installed = [name for name in missing if name.startswith(".venv/bin/")]
    assert sorted(set(missing) - set(installed)) == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=ids)
def test_every_make_target_exists(document):
    makefile = (ROOT / "Makefile").read_text()
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    used = {target for piece in pieces(document.read_text()) for target in COMMAND.findall(piece)}
    assert used - targets == set()


@pytest.mark.parametrize("document", DOCUMENTS, ids=ids)
def test_every_python_name_exists(document):
    """`lake.snapshots`, `bronze.offers.Offer`: a dotted name of one of our packages can be imported."""
    import importlib

    dotted = re.compile(r"^(?:lake|bronze|orchestration)(?:\.[A-Za-z_]+)+$")
    for piece in pieces(document.read_text()):
        name = piece.removesuffix("()")
        if not dotted.match(name) or name.endswith((".py", ".md", ".json")):
            continue
        module, _, attribute = name.rpartition(".")
        try:
            importlib.import_module(name)
        except ModuleNotFoundError:
            assert hasattr(importlib.import_module(module), attribute), name


@pytest.mark.parametrize(
    "layer", ["bronze", "silver", "gold", "serving", "orchestration", "analysis", "tests", "lake"]
)
def test_every_layer_has_a_short_claude_md(layer):
    lines = (ROOT / layer / "CLAUDE.md").read_text().splitlines()
    assert lines, layer
    assert len(lines) < 120


def test_the_root_claude_md_stays_short():
    assert len((ROOT / "CLAUDE.md").read_text().splitlines()) < 150


def test_make_help_lists_every_target():
    shown = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for target in ("run", "test", "check", "sql", "status", "clean"):
        assert f"make {target} " in shown


def test_ci_runs_the_two_commands_of_the_readme():
    script = (ROOT / ".ci" / "run").read_text()
    readme = (ROOT / "README.md").read_text()
    for command in ("make check", "make test"):
        assert command in script
        assert command in readme


def test_every_dependency_says_why_or_is_a_part_of_the_platform():
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    lock = (ROOT / "requirements.lock").read_text()
    for requirement in [*project["project"]["dependencies"], *project["dependency-groups"]["dev"]]:
        name = re.match(r"[A-Za-z0-9-]+", requirement)[0]
        assert re.search(rf"^{name}==", lock, re.MULTILINE), f"{name} is not in requirements.lock: make lock"
