"""The hooks of `.claude/settings.json`, run as Claude Code runs them: a command, an event on its input."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import guard
import pytest

ROOT = Path(__file__).parents[2]
SETTINGS = json.loads((ROOT / ".claude" / "settings.json").read_text())


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A project with data, the hooks, and a stand-in for the tools in `.venv` that writes down its calls."""
    root = tmp_path_factory.mktemp("project")
    for folder in (".awos/hooks", ".awos/scripts"):
        shutil.copytree(ROOT / folder, root / folder, ignore=shutil.ignore_patterns("__pycache__"))
    for folder in ("bronze/trips", "snapshots/1/silver", "work", "quarantine", "reports/gates"):
        (root / "lake" / folder).mkdir(parents=True)
    (root / "lake" / "current").symlink_to("snapshots/1")
    (root / "lake" / "silver").symlink_to("current/silver")
    (root / "lake" / "snapshots" / "1" / "silver" / "a.parquet").touch()
    (root / "lake-live" / "snapshots").mkdir(parents=True)
    for name in ("lake/files.py", "bronze/landing.py", "silver/model.sql"):
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).touch()
    return root


def call(project, event, lake_root=None, **asked):
    """Run the hooks of an event, and return the exit status and what the agent is told."""
    told = {"hook_event_name": event, "cwd": str(project), **asked}
    fitting = [
        hook["command"]
        for group in SETTINGS["hooks"][event]
        if re.fullmatch(group["matcher"], asked.get("tool_name") or asked.get("agent_type") or "dbt-modeling")
        for hook in group["hooks"]
    ]
    environment = {**os.environ, "CLAUDE_PROJECT_DIR": str(project)}
    environment.pop("LAKE_ROOT", None)
    environment |= {"LAKE_ROOT": lake_root} if lake_root else {}
    for command in fitting:
        done = subprocess.run(
            ["bash", "-c", command],
            input=json.dumps(told),
            env=environment,
            cwd=project.parent,
            capture_output=True,
            text=True,
        )
        assert done.returncode in (0, 2), done.stderr
        if done.returncode:
            return 2, done.stderr
    return 0, ""


def bash(project, command, **asked):
    return call(project, "PreToolUse", tool_name="Bash", tool_input={"command": command}, **asked)


def judged(project, command):
    """Judge a command in this process: there are many of them."""
    event = {"cwd": str(project), "tool_name": "Bash", "tool_input": {"command": command}}
    return guard.judge(event, project)


@pytest.mark.parametrize(
    ("tool", "path"),
    [
        ("Write", "lake/bronze/trips/new.parquet"),
        ("Edit", "{project}/lake/bronze/trips/new.parquet"),
        ("MultiEdit", "lake/current/silver/a.parquet"),
        ("Edit", "{project}/lake/silver/a.parquet"),
        ("Write", "lake/pin.json"),
        ("Write", "lake/run.lock"),
        ("Edit", "silver/../lake/snapshots/1/snapshot.json"),
        ("Edit", "{project}/../{project.name}/lake/work/x"),
        ("Edit", "lake-live/snapshots/1/snapshot.json"),
    ],
)
def test_an_edit_of_data_is_refused_with_what_to_do_instead(project, tool, path):
    asked = {"file_path": path.format(project=project)}
    status, told = call(project, "PreToolUse", tool_name=tool, tool_input=asked)
    assert status == 2
    assert "make gc" in told
    assert "lake.versions" in told


def test_data_that_lake_root_has_moved_is_guarded_as_well(project, tmp_path):
    moved = str(tmp_path / "elsewhere")
    assert bash(project, f"rm -rf {moved}/bronze", lake_root=moved)[0] == 2
    assert bash(project, 'rm -rf "$LAKE_ROOT/snapshots"', lake_root=moved)[0] == 2
    assert bash(project, f"rm -rf {tmp_path}/other", lake_root=moved)[0] == 0


def test_a_link_from_elsewhere_into_the_data_is_followed(project, tmp_path):
    (tmp_path / "notes").symlink_to(project / "lake" / "work")
    path = str(tmp_path / "notes" / "x.json")
    assert call(project, "PreToolUse", tool_name="Write", tool_input={"file_path": path})[0] == 2


@pytest.mark.parametrize(
    ("path", "instead"),
    [
        (".claude/agents/dbt-modeling.md", "make agents"),
        ("requirements.lock", "make lock"),
        (".venv/bin/ruff", "make setup"),
    ],
)
def test_an_edit_of_what_is_made_from_something_else_is_pointed_there(project, path, instead):
    status, told = call(project, "PreToolUse", tool_name="Edit", tool_input={"file_path": path})
    assert status == 2
    assert instead in told


@pytest.mark.parametrize(
    "path",
    ["lake/files.py", "lake/CLAUDE.md", "bronze/landing.py", ".awos/subagents/x.md", "/srv/lake/bronze/x"],
)
def test_an_edit_of_code_goes_through(project, path):
    assert call(project, "PreToolUse", tool_name="Write", tool_input={"file_path": path}) == (0, "")


def test_a_notebook_names_its_file_in_another_field(project):
    asked = {"notebook_path": "lake/reports/notebooks/01.ipynb"}
    assert call(project, "PreToolUse", tool_name="NotebookEdit", tool_input=asked)[0] == 2


@pytest.mark.parametrize(
    "command",
    [
        "rm -rf lake/snapshots/1",
        "rm -rf lake",
        "cd lake && rm -rf ./bronze",
        "rm -rf lake/{work,bronze}",
        "rm lake/snap*/1/silver/a.parquet",
        "mv lake/bronze /tmp/elsewhere",
        "mv /tmp/x.parquet lake/bronze/trips/",
        "cp -r /tmp/x lake/bronze/trips",
        "cp -t lake/work /tmp/a /tmp/b",
        "echo '{}' > lake/pin.json",
        "make status >> lake/reports/status.txt 2>&1",
        "cat <<'EOF' > lake/snapshots/1/snapshot.json\n{}\nEOF",
        "make status | tee lake/reports/status.txt",
        "sed -i s/a/b/ lake/bronze/trips/record.json",
        "ln -sfn snapshots/0 lake/current",
        "truncate -s 0 lake/current/silver/a.parquet",
        "find lake/snapshots -name '*.parquet' -delete",
        "find lake/snapshots -type f | xargs rm -f",
        'for d in lake/snapshots/*; do rm -rf "$d"; done',
        "D=lake/snapshots; rm -rf $D/1",
        "D=$PWD/lake; for d in work bronze; do rm -rf $D/$d; done",
        "git status\nrm -rf lake/work/x",
        "bash -c 'rm -rf lake/bronze'",
        "sudo timeout 30 rm -rf lake/bronze",
        "git clean -fdx",
        "git clean -Xfd -e .venv",
        "git stash -a",
        'rm -rf "$PWD/lake/bronze"',
        "rm -rf $(pwd)/lake/bronze",
        "find . -name '*.parquet' -delete",
        "rm -rf lake-live/snapshots",
        "cp .awos/subagents/a.md .claude/agents/a.md",
        "echo x > requirements.lock",
    ],
)
def test_a_command_that_writes_into_data_is_refused(project, command, monkeypatch):
    monkeypatch.delenv("LAKE_ROOT", raising=False)
    assert "make " in (judged(project, command) or "")


def test_a_command_is_judged_before_it_runs(project):
    status, told = bash(project, "ls lake/bronze && rm -rf lake/bronze")
    assert status == 2
    assert "`rm` is refused" in told
    assert "make clean" in told
    assert bash(project, "ls lake/bronze") == (0, "")


def test_a_command_is_read_from_the_folder_it_starts_in(project):
    assert bash(project, "rm -rf snapshots", cwd=str(project / "lake"))[0] == 2
    assert bash(project, "rm -rf snapshots", cwd=str(project.parent))[0] == 0


@pytest.mark.parametrize(
    "command",
    [
        "ls -la lake/bronze",
        "cat lake/bronze/trips/record.json | head -3 > /tmp/head.txt",
        "cp lake/current/silver/a.parquet /tmp/a.parquet",
        "cp -r lake/bronze/trips .",
        "find lake/snapshots -name '*.parquet' | head",
        "sed -n 1,3p lake/bronze/trips/record.json",
        "diff <(ls lake/bronze) <(ls lake/snapshots)",
        "grep -r rm lake/bronze 2>/dev/null",
        "make run > /tmp/run.log 2>&1",
        "make clean && make gc KEEP=2",
        "make sql Q=\"select count(*) from 'lake/silver/a.parquet'\"",
        "rm -rf target /tmp/lake/bronze",
        "mv lake/files.py lake/other.py",
        "rm -rf .venv && make setup",
        "git commit -m 'docs: rm lake/bronze is refused > lake/pin.json'",
        "git commit -F - <<'EOF'\nfix: don't rm -rf lake/bronze\n> lake/pin.json\nEOF",
        "git clean -n",
        "PATH=$PATH:/x NEW=$NEW:y; rm -rf $NEW $PATH/z",
        "git clean -xfd target",
        "find . -name __pycache__ -exec rm -rf {} +",
        "echo it isn't balanced; ls lake/bronze",
        "",
    ],
)
def test_a_command_that_reads_data_or_writes_elsewhere_goes_through(project, command, monkeypatch):
    monkeypatch.delenv("LAKE_ROOT", raising=False)
    assert judged(project, command) is None


@pytest.mark.parametrize("said", ["", "no json", "[]", '{"tool_input": null}', '{"tool_name": "Bash"}'])
@pytest.mark.parametrize("hook", ["guard.py", "after_edit.py", "before_stop.py"])
def test_an_input_that_is_none_stops_nobody(project, hook, said):
    done = subprocess.run(
        ["python3", project / ".awos" / "hooks" / hook], input=said, capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (0, "")


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
	@echo checking $@; echo $@ >> checked; test ! -e red-$@
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
    import owners

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


def test_file_rules_are_of_the_two_kinds_that_count():
    """Claude Code asks Edit and Read rules about every tool that writes or reads, and no rule of Write."""
    kinds = {rule.partition("(")[0] for rule in SETTINGS["permissions"]["deny"]}
    assert kinds == {"Edit", "Read"}
