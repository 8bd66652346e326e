"""Documents are code: what they name exists, and they stay short."""

from __future__ import annotations

import ast
import re
import subprocess
from pathlib import Path

import owners
import pytest

from tests.structure import documents

ROOT = Path(__file__).parents[2]
DOCUMENTS = [
    ROOT / name for name in owners.files() if name.endswith(".md") and not (ROOT / name).is_symlink()
]
#: Code, but for the lies that checks of documents are tried on.
CODE = [name for name in owners.files() if name.endswith(".py") and not name.startswith("tests/structure/")]


#: What of a document's names is looked for.
NAMED = (
    documents.paths,
    documents.targets,
    documents.tools,
    documents.modules,
    documents.models,
    documents.agents,
    documents.names,
    documents.identifiers,
    documents.settings,
)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_what_a_document_names_exists(document):
    text = document.read_text(encoding="utf-8")
    lies = {check.__name__: found for check in NAMED if (found := check(text))}
    assert lies == {}, f"{document.relative_to(ROOT)} names what is nowhere else, by kind of name: {lies}"


def statements(tree):
    """Yield a module and its statements: expressions, of which there are most, have no docstring."""
    left = [tree]
    while left:
        yield (node := left.pop())
        inner = ast.iter_child_nodes(node)
        left += [one for one in inner if isinstance(one, ast.stmt | ast.excepthandler | ast.match_case)]


def test_what_a_docstring_names_exists():
    described = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    checks = (documents.paths, documents.targets, documents.models, documents.names)
    wrong = {}
    for name in CODE:
        nodes = statements(ast.parse((ROOT / name).read_text(encoding="utf-8")))
        told = "\n".join(ast.get_docstring(node) or "" for node in nodes if isinstance(node, described))
        if lies := {lie for check in checks for lie in check(told)}:
            wrong[name] = lies
    assert wrong == {}


def said(tree):
    """Yield the texts of a module, of which what is filled in is `X`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else "X" for part in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def test_commands_that_a_message_names_exist():
    """What a person is told to do, in a terminal, on a page or by an alert."""
    wrong = {}
    for name in (name for name in CODE if not name.startswith("tests/")):
        told = [text for text in said(ast.parse((ROOT / name).read_text(encoding="utf-8"))) if "`" in text]
        found = {
            lie for text in told for check in (documents.targets, documents.modules) for lie in check(text)
        }
        if found:
            wrong[name] = found
    assert wrong == {}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(document):
    assert documents.links(document.read_text(encoding="utf-8"), document.parent) == set()


@pytest.mark.parametrize(
    "name",
    ["CLAUDE.md", "README.md", "bronze/expectations/CLAUDE.md", "orchestration/dags/README.md"],
)
def test_no_document_is_forgotten(name):
    assert ROOT / name in DOCUMENTS


@pytest.mark.parametrize(
    ("named", "true", "lie"),
    [
        (documents.paths, "see `bronze/http.py`", "bronze/https.py"),
        (documents.paths, "`bronze/sources/*.py`, `silver/models/**/*.sql`", "bronze/*.json"),
        (documents.paths, "```\nmake test ARGS=tests/lake  # or tests/none.py\n```", "tests/lakes"),
        (documents.paths, "`bronze/sources/<name>.py`, `lake/bronze/x/y`", "docs/guide.md"),
        (documents.paths, "`tests/lake/test_clean.py`", "tests/lake/test_clean.py::test_nothing_of_the_kind"),
        (documents.identifiers, "`for_each_raw_table`, `pages.py`, `/awos:spec`", "no_such_function()"),
        (documents.identifiers, "`LAKE_ROOT`, `config.py`", "no_such_file.toml"),
        (documents.identifiers, "`/awos:tasks`", "/awos:deploy"),
        (documents.identifiers, "| `dbt-modeling` | models |", "dbt-modelling"),
        (documents.settings, "`LAKE_ROOT=/data make run`, `SAMPLE__TRIPS`", "LAKE_ROUTE"),
        (documents.settings, "`make docs SERVE=1 PORT=8080`", "make docs SERV=1"),
        (
            documents.settings,
            "`SOURCES__CITIBIKE__BASE_URL=https://example.org`",
            "SOURCES__CITYBIKE__BASE_URL",
        ),
        (documents.targets, "`make run`, but make haste", "make hay"),
        (documents.targets, "```\nmake docs SERVE=1\n```", "make doc"),
        (documents.tools, "`.venv/bin/dbt build`", ".venv/bin/dbtt"),
        (documents.modules, "`.venv/bin/python -m tests.benchmarks`", "python -m tests.lake"),
        (documents.modules, "`python -m pytest tests`", "python -m no_such_module"),
        (documents.models, "`fct_trips`, `mart_routes.trips`, `stg_<source>`", "fct_rides"),
        (documents.models, "`int_trip_keys` and `dim_dates.yml`", "mart_routes.no_such_column"),
        (documents.agents, "**[Agent: dbt-modeling]** or **[Agent: <name>]**", "**[Agent: dbt]**"),
        (documents.names, "`lake.connect(snapshot.id)`, `bronze.offers.Offer`", "lake.snapshots.publishes"),
        (
            documents.names,
            "`silver.conservation`, `gold.mart_routes`, `bronze.trips`",
            "silver.no_such_table",
        ),
        (documents.names, "`analysis.stats.Effect`, `serving.view`", "serving.views"),
        (documents.names, "`tests.serving.lakes`, `os.nothing`", "orchestration.steps.no_step()"),
    ],
)
def test_a_document_that_lies_is_told(named, true, lie):
    assert named(true) == set()
    (found,) = named(f"{true}\n\n{lie if lie.startswith('**') else f'`{lie}`'}")
    assert found.strip("()") in lie


def test_a_link_that_leads_nowhere_is_told(tmp_path):
    (tmp_path / "a.md").touch()
    text = "[a](a.md) [part](a.md#part) [web](https://example.org) ![picture](b.png)"
    assert documents.links(text, tmp_path) == {"b.png"}


@pytest.mark.parametrize("layer", [*documents.PACKAGES, "bronze/expectations"])
def test_every_layer_has_a_claude_md(layer):
    assert (ROOT / layer / "CLAUDE.md").read_text().strip()


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_what_agents_load_stays_short(document):
    name = str(document.relative_to(ROOT))
    most = 150 if name == "CLAUDE.md" or name.startswith("context/") else 120
    if document.name == "CLAUDE.md" or name.startswith("context/"):
        lines = document.read_text(encoding="utf-8").splitlines()
        # Not counted are rows of tables by name: a source has one for each of its tables.
        assert len([line for line in lines if not line.startswith("| `")]) < most


def test_make_help_lists_every_target():
    shown = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    targets = re.findall(r"(?m)^([a-z-]+):", (ROOT / "Makefile").read_text())
    assert [target for target in targets if f"make {target} " not in shown] == []
    phony = (ROOT / "Makefile").read_text().rpartition(".PHONY:")[2].split()
    assert sorted(phony) == sorted(targets)


def test_ci_runs_what_the_two_commands_run():
    script = (ROOT / ".ci" / "run").read_text()
    readme = (ROOT / "README.md").read_text()
    assert "make test" in readme
    assert "make check" in readme
    # The tests of structure are among those of `make test`: CI runs the rest of `make check`, and them once.
    needs = dict(re.findall(r"(?m)^(check|lint): (.*?)  ##", (ROOT / "Makefile").read_text()))
    assert needs == {"check": "lint conformance", "lint": "style"}
    assert {"make -j2 -O style conformance", "make test || failed=1", "exit $failed"} <= set(
        script.splitlines()
    )


def test_every_dependency_says_why_or_is_a_part_of_the_platform():
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    lock = (ROOT / "requirements.lock").read_text()
    for requirement in [*project["project"]["dependencies"], *project["dependency-groups"]["dev"]]:
        name = re.match(r"[A-Za-z0-9-]+", requirement)[0]
        assert re.search(rf"^{name}==", lock, re.MULTILINE), f"{name} is not in requirements.lock: make lock"
    pinned = (ROOT / "requirements-interop.lock").read_text().splitlines()
    for name in project["dependency-groups"]["interop"]:
        assert any(line.startswith(f"{name}==") for line in pinned), f"{name} is not pinned: make lock"
    ours = dict(re.findall(r"(?m)^([a-z-]+)==([^ ;\\]+)", lock))
    for name in ("duckdb", "polars", "pyarrow", "pandas"):
        others = [line for line in pinned if line.startswith(f"{name}==")]
        assert all(line.startswith(f"{name}=={ours[name]} ") for line in others), f"{name}: make lock"


def test_a_plan_gives_its_own_lake_to_every_command_that_reads_one():
    """A verification without it would try the user's lake, or another than the one that was run."""
    text = (ROOT / ".awos" / "templates" / "tasks.md").read_text()
    goals = r"(run|sql|parity|notebooks|dag-run|status|verify|docs|sqlmesh)"
    told = [span for span in re.findall(r"`([^`]+)`", text) if re.match(rf"make {goals}\b", span)]
    assert len(told) > 4
    assert [span for span in told if "LAKE_ROOT=target/<feature>" not in span] == []
