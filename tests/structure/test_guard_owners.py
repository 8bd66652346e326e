"""The guard: a subagent changes its own files only, and is told whose another one is."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import owners
import pytest

from tests.structure.hooks import judge, use

ROOT = Path(__file__).parents[2]


def edit(project, path, **asked):
    return use(project, "Edit", file_path=str(path), **asked)


@pytest.mark.parametrize(
    ("agent", "path", "whose"),
    [
        ("dbt-modeling", "bronze/http.py", "dlt-ingestion"),
        ("dbt-modeling", "silver/expectations/trips.py", "data-quality"),
        ("dlt-ingestion", "tests/silver/test_models.py", "dbt-modeling"),
        ("dlt-ingestion", "bronze/expectations/new.py", "data-quality"),
        ("streamlit-viz", "gold/models/exposures.yml", "data-analysis"),
        ("data-analysis", "lake/files.py", "the session's"),
        ("data-analysis", "README.md", "the session's"),
        ("data-quality", "tests/structure/test_suites.py", "the session's"),
        ("airflow-orchestration", ".awos/owners.toml", "the session's"),
    ],
)
def test_a_file_of_another_owner_is_refused_with_whose_it_is(project, agent, path, whose):
    status, told = edit(project, project / path, agent_type=agent)
    assert status == 2
    assert whose in told
    assert f"you are {agent}" in told
    assert "say in your report" in told
    assert edit(project, project / path) == (0, "")  # the session
    assert edit(project, project / path, agent_type="general-purpose") == (0, "")


@pytest.mark.parametrize(
    ("agent", "path"),
    [
        ("dlt-ingestion", "bronze/sources/new.py"),
        ("dlt-ingestion", "tests/bronze/test_new.py"),
        ("data-quality", "tests/bronze/test_expectations.py"),
        ("data-quality", "tests/bronze/sound.py"),
        ("dbt-modeling", "target/try/notes.md"),
        ("dbt-modeling", "/elsewhere/notes.md"),
    ],
)
def test_its_own_and_nobodys_go_through(project, agent, path):
    assert edit(project, path, agent_type=agent) == (0, "")


@pytest.mark.parametrize(
    "command",
    [
        "sed -i s/a/b/ bronze/landing.py",
        "echo x > bronze/landing.py",
        "cat > bronze/new.py <<'EOF'\nx = 1\nEOF",
        "rm bronze/landing.py",
        "rm -rf bronze",
        "mv bronze/landing.py silver/landing.py",
        "git mv silver/model.sql bronze/model.sql",
        "git rm -q bronze/landing.py",
        "cp silver/model.sql bronze/",
        "cd bronze && touch new.py",
        "git diff --output=bronze/new.py",
        "git show HEAD --output bronze/new.py",
        "find bronze -name '*.py' | xargs sed -i 's|a|b|'",
        "ls bronze/*.py | xargs rm",
    ],
)
def test_a_command_is_judged_by_what_it_changes(project, command):
    assert "dlt-ingestion" in str(judge(project, command, agent_type="dbt-modeling")[0])
    assert judge(project, command, agent_type="general-purpose")[0] is None


def test_a_command_on_its_own_goes_through(project):
    for command in (
        "make check 2>&1 | tail -5",
        "rm silver/gone.sql 2>/dev/null",
        "ls >&2",
        "rm silver/model.sql",
        "make run > target/run.log",
        "mkdir -p target",
        "touch silver/new.sql",
        "sed -i 5d silver/model.sql",
        "sed -i -e s,a,b, silver/model.sql",
        "sed -i -e 5d -e 's|a|b|' silver/model.sql",
        "grep -rl word silver | xargs sed -i 's|a|b|'",
        "git grep -l word | xargs sed -i 's|a|b|'",
        "find silver -name '*.py' | xargs sed -i 's|a|b|'",
        "chmod +x silver/model.sql",
        "chmod 644 silver/model.sql",
        "truncate -s 0 silver/model.sql",
        "touch -d yesterday silver/model.sql",
    ):
        assert judge(project, command, agent_type="dbt-modeling")[0] is None


@pytest.fixture
def ignoring(project):
    """The project as git knows it."""
    shutil.copy(ROOT / ".gitignore", project)
    subprocess.run(["git", "init", "-q"], cwd=project, check=True)
    yield project
    shutil.rmtree(project / ".git")
    (project / ".gitignore").unlink()


def test_what_tools_make_anew_may_be_removed_by_anybody(ignoring):
    for path in (".pytest_cache", ".mypy_cache/3.11", "bronze/__pycache__", "logs", ".coverage"):
        assert judge(ignoring, f"rm -rf {path}", agent_type="dbt-modeling")[0] is None, path


def test_what_git_ignores_and_no_tool_makes_anew_may_not(ignoring):
    for path in ("lake/bronze", ".dlt/secrets.toml", ".claude/settings.local.json", "lake-other", "bronze"):
        assert judge(ignoring, f"rm -rf {path}", agent_type="dbt-modeling")[0], path
    assert judge(ignoring, "echo x > .claude/settings.local.json", agent_type="dbt-modeling")[0]


def test_tests_that_mirror_a_folder_belong_to_whose_code_they_test():
    known = owners.owners()
    mirrored = [
        folder.name for folder in (ROOT / "tests").iterdir() if (ROOT / folder.name / "CLAUDE.md").exists()
    ]
    assert len(mirrored) > 5
    for name in mirrored:
        found = [owners.owners_of(f"{place}/no_such_file.py", known) for place in (name, f"tests/{name}")]
        assert found[0] == found[1], name
