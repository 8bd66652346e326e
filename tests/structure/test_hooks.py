"""What hooks do with an edit and at an agent's end, and that the settings name what exists."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import before_stop
import owners
import pytest

from tests.structure.hooks import SETTINGS, call, here

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("said", ["", "no json", "[]", '{"tool_input": null}', '{"tool_name": "Bash"}'])
@pytest.mark.parametrize("hook", ["after_edit.py", "before_stop.py"])
def test_an_input_that_is_none_stops_nobody(project, hook, said):
    assert here(f"python3 /.awos/hooks/{hook}", said, project, dict(os.environ)) == (0, "", "")


@pytest.mark.parametrize("said", ["no json"])
@pytest.mark.parametrize("hook", ["after_edit.py", "before_stop.py"])
def test_nor_where_the_hook_is_started(project, hook, said):
    done = subprocess.run(
        ["python3", project / ".awos" / "hooks" / hook], input=said, capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("said", ["", "no json", "[]", "{}", '{"tool_name": "Bash", "tool_input": [1]}'])
def test_what_the_guard_cannot_read_does_not_pass(project, said):
    command = SETTINGS["hooks"]["PreToolUse"][0]["hooks"][0]["command"]
    environment = {**os.environ, "CLAUDE_PROJECT_DIR": str(project)}
    done = subprocess.run(
        ["sh", "-c", command], input=said, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2


def after_edit(project, path):
    return call(project, "PostToolUse", tool_name="Edit", tool_input={"file_path": str(path)})


def test_nothing_is_formatted_before_there_is_an_environment(project):
    (project / "bronze" / "landing.py").write_text("import os,sys\n")
    assert after_edit(project, project / "bronze" / "landing.py") == (0, "")
    assert (project / "bronze" / "landing.py").read_text() == "import os,sys\n"


@pytest.fixture
def tooled(project):
    (project / ".venv").symlink_to(ROOT / ".venv")
    (project / "silver" / "macros").mkdir(exist_ok=True)
    shutil.copy(ROOT / "pyproject.toml", project)
    yield project
    (project / ".venv").unlink()


def test_an_edited_module_is_formatted_and_what_is_left_is_told(tooled):
    module = tooled / "bronze" / "landing.py"
    module.write_text('"""Landing."""\nimport os\nimport re\n\nFOUND = re.findall( "a" , "b")\n')
    status, told = after_edit(tooled, module)
    assert status == 2
    assert "F401" in told
    assert 'FOUND = re.findall("a", "b")' in module.read_text()
    assert "import os" in module.read_text()  # its use may come with the next edit
    module.write_text('"""Landing."""\nimport re\nFOUND = re.findall( "a" , "b")\n')
    assert after_edit(tooled, module) == (0, "")


@pytest.mark.slow
def test_an_edited_model_is_mended_and_what_is_left_is_told(tooled):
    model = tooled / "silver" / "model.sql"
    model.write_text("SELECT\n    trip_id as a,\n    city as a\nfrom trips\n")
    status, told = after_edit(tooled, model)
    assert model.read_text().startswith("select\n")
    assert status == 2
    assert "AL08" in told


def test_a_file_of_another_kind_or_place_is_left_alone(tooled, tmp_path):
    other = tmp_path / "other.py"
    other.write_text("import os,sys\n")
    assert after_edit(tooled, other) == (0, "")
    assert other.read_text() == "import os,sys\n"
    assert after_edit(tooled, tooled / "gone.py") == (0, "")


OWNERS = """
[dbt-modeling]
owns = ["silver/**"]
checks = ["make silver"]
[dlt-ingestion]
owns = ["bronze/**"]
checks = ["make bronze"]
[orchestrator]
owns = ["**"]
checks = ["make all"]
"""
MAKEFILE = """.PHONY: silver bronze all
silver bronze all:
	@echo checking $@; echo $@ >> checked; test ! -e red-$@ || { cat red-$@; exit 1; }
"""


@pytest.fixture
def repository(tmp_path):
    """A repository whose checks write down that they ran, and fail where a file `red-<check>` lies."""
    for folder in (".awos/hooks", ".awos/scripts"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / ".awos" / "owners.toml").write_text(OWNERS)
    (tmp_path / "Makefile").write_text(MAKEFILE)
    (tmp_path / ".gitignore").write_text(".venv\n__pycache__\nchecked\nred-*\n")
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    (tmp_path / ".venv" / ".ready").touch()
    (tmp_path / ".venv" / "bin" / "python").symlink_to(ROOT / ".venv" / "bin" / "python")
    for folder in ("silver", "bronze"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "a.txt").touch()
    git(tmp_path, "init", "-q", "-b", "main")
    commit(tmp_path)
    return tmp_path


def git(root, *arguments):
    subprocess.run(["git", "-c", "user.name=t", "-c", "user.email=t@t", *arguments], cwd=root, check=True)


def commit(root):
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", "test: a state")


def stop(repository, agent, **more):
    said = {} if agent is None else {"agent_type": agent}
    status, told = call(repository, "SubagentStop", **said, **more)
    checked = repository / "checked"
    ran = checked.read_text().split() if checked.exists() else []
    checked.unlink(missing_ok=True)
    return status, ran, told


def test_an_agent_that_changed_nothing_stops(repository):
    assert stop(repository, "dbt-modeling") == (0, [], "")


def test_an_agent_is_checked_when_files_it_owns_changed(repository):
    (repository / "silver" / "new.txt").touch()
    assert stop(repository, "dbt-modeling") == (0, ["silver"], "")
    assert stop(repository, "dlt-ingestion") == (0, [], "")


def test_a_red_check_holds_the_stop_up_once(repository):
    (repository / "silver" / "a.txt").write_text("changed")
    (repository / "red-silver").touch()
    status, ran, told = stop(repository, "dbt-modeling", stop_hook_active=False)
    assert (status, ran) == (2, ["silver"])
    assert "$ make silver" in told
    assert "checking silver" in told
    assert stop(repository, "dbt-modeling", stop_hook_active=True) == (0, [], "")


def test_who_is_held_up_is_told_that_only_the_last_message_arrives(repository):
    (repository / "silver" / "a.txt").write_text("changed")
    (repository / "red-silver").touch()
    _, _, told = stop(repository, "dbt-modeling")
    assert "Only your last message reaches the session" in told
    assert "whole report once more" in told


@pytest.mark.parametrize(
    ("said", "held_up"),
    [
        ("bronze/a.txt:3: a name that nobody knows", False),
        ("{root}/bronze/a.txt:3: a name that nobody knows\nMakefile:2", False),
        ("bronze/a.txt:3: a name\n --> silver/a.txt:1:1", True),
        ("silver/a.txt:3: a name", True),
        ("bronze.b is not allowed to import silver.c:\n- bronze.b -> silver.c (l.16)", False),
        ("silver.b is not allowed to import silver.c", True),
        ("an import that is none", True),
        ("no/such/file.txt:3: a name", True),
        ("Makefile:2: what nobody but the session has changed", True),
    ],
)
def test_a_check_that_is_red_for_another_owners_file_holds_nobody_up(tmp_path, said, held_up):
    """Two subagents at once share the working tree, and each other's half-written files."""
    for folder in ("silver", "bronze"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "a.txt").touch()
        (tmp_path / folder / "b.py").touch()
    (tmp_path / "Makefile").touch()
    told = f"checking silver\n{said.format(root=tmp_path)}\nmake: *** [Makefile:3: silver] Error 1"
    assert before_stop.concerns(told, ["dbt-modeling"], tmp_path, tomllib.loads(OWNERS)) is held_up


@pytest.mark.parametrize(
    ("said", "held_up"), [("{root}/bronze/a.txt:3: a name", False), ("bronze/a.txt:3\nsilver/a.txt:1", True)]
)
def test_nor_where_the_check_runs(repository, said, held_up):
    for folder in ("silver", "bronze"):
        (repository / folder / "a.txt").write_text("changed")
    (repository / "red-silver").write_text(said.format(root=repository))
    status, ran, _ = stop(repository, "dbt-modeling")
    assert (status, ran) == (2 if held_up else 0, ["silver"])


def test_without_a_name_all_whose_files_changed_are_checked(repository):
    (repository / "silver" / "a.txt").write_text("changed")
    git(repository, "mv", "bronze/a.txt", "bronze/b.txt")
    (repository / "Makefile").write_text(MAKEFILE + "# changed\n")
    assert stop(repository, None) == (0, ["silver", "bronze"], "")


def test_helpers_without_an_owner_are_let_go(repository):
    (repository / "silver" / "a.txt").write_text("changed")
    hook = [repository / ".venv" / "bin" / "python", repository / ".awos" / "hooks" / "before_stop.py"]
    for agent in ("", "Explore"):
        subprocess.run(hook, input=json.dumps({"agent_type": agent}), text=True, check=True)
    assert not (repository / "checked").exists()


def test_what_a_branch_has_committed_counts_as_changed(repository):
    git(repository, "checkout", "-q", "-b", "feature")
    (repository / "silver" / "a.txt").write_text("changed")
    commit(repository)
    assert stop(repository, "dbt-modeling") == (0, ["silver"], "")


def test_nothing_is_checked_before_there_is_an_environment(repository):
    (repository / "silver" / "a.txt").write_text("changed")
    (repository / ".venv" / ".ready").unlink()
    assert stop(repository, "dbt-modeling") == (0, [], "")


def test_the_settings_name_hooks_targets_and_agents_that_exist():
    groups = [group for event in SETTINGS["hooks"].values() for group in event]
    commands = [hook["command"] for group in groups for hook in group["hooks"]]
    for name in re.findall(r"\.awos/hooks/\w+\.py", " ".join(commands)):
        assert (ROOT / name).exists()
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    rules = [rule for kind in ("allow", "ask") for rule in SETTINGS["permissions"][kind]]
    assert {t for rule in rules for t in re.findall(r"^Bash\(make ([a-z-]+)", rule)} <= targets
    matcher = SETTINGS["hooks"]["SubagentStop"][0]["matcher"]
    agents = owners.owners().keys() - {owners.ORCHESTRATOR}
    assert set(matcher.strip("^()$").split("|")) == agents
