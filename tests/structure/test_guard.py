"""The guard: no tool of an agent writes into the lake's data, or into files made from others."""

from __future__ import annotations

import pytest

from tests.structure.hooks import SETTINGS, bash, here, judge, started, use


def judged(project, command):
    """Judge a command in this process: there are many of them. Return why it is refused, if so."""
    return judge(project, command)[0]


@pytest.mark.parametrize(
    ("tool", "path"),
    [
        ("Write", "lake/bronze/trips/new.parquet"),
        ("Edit", "{project}/lake/bronze/trips/new.parquet"),
        ("MultiEdit", "lake/current/silver/a.parquet"),
        ("Edit", "{project}/lake/silver/a.parquet"),
        ("Write", "lake/pin.json"),
        ("Write", "lake/listing.json"),
        ("Write", "lake/work/run.lock"),
        ("Write", "lake/.bronze.4711.writing/trips/new.parquet"),
        ("Edit", "silver/../lake/snapshots/1/snapshot.json"),
        ("Edit", "{project}/../{project.name}/lake/work/x"),
        ("Edit", "lake-live/snapshots/1/snapshot.json"),
    ],
)
def test_an_edit_of_data_is_refused_with_what_to_do_instead(project, tool, path):
    status, told = use(project, tool, file_path=path.format(project=project))
    assert status == 2
    assert "make gc" in told
    assert "lake.versions" in told


@pytest.mark.parametrize(
    ("tool", "asked", "status"),
    [
        ("Write", {"file_path": "lake/pin.json"}, 2),
        ("NotebookEdit", {"notebook_path": "lake/reports/notebooks/01.ipynb"}, 2),
        ("Edit", {"file_path": "lake/layout.py"}, 0),
        ("Edit", {"file_path": "silver/model.sql", "agent_type": "dlt-ingestion"}, 2),
        ("Read", {"file_path": ".dlt/secrets.toml"}, 2),
        ("Grep", {"pattern": ".", "glob": "secrets.toml", "path": ".dlt"}, 2),
        ("Grep", {"pattern": ".", "glob": "*.py", "path": "."}, 0),
        ("Bash", {"command": "rm -rf snapshots", "cwd": "{project}/lake"}, 2),
        ("Bash", {"command": "make clean"}, 0),
    ],
)
def test_it_says_the_same_where_it_is_started_and_in_this_process(project, tool, asked, status):
    asked = {name: text.format(project=project) for name, text in asked.items()}
    answers = [use(project, tool, run=run, **asked) for run in (started, here)]
    assert answers[0] == answers[1]
    assert answers[0][0] == status


def test_data_that_lake_root_has_moved_is_guarded_as_well(project, tmp_path):
    moved = str(tmp_path / "elsewhere")
    assert bash(project, f"rm -rf {moved}/bronze", lake_root=moved)[0] == 2
    assert use(project, "Bash", command='rm -rf "$LAKE_ROOT/snapshots"', lake_root=moved)[0] == 2
    assert use(project, "Bash", command=f"rm -rf {tmp_path}/other", lake_root=moved)[0] == 0


def test_a_link_from_elsewhere_into_the_data_is_followed(project, tmp_path):
    (tmp_path / "notes").symlink_to(project / "lake" / "work")
    assert use(project, "Write", file_path=str(tmp_path / "notes" / "x.json"))[0] == 2


@pytest.mark.parametrize(
    ("path", "instead"),
    [
        (".claude/agents/dbt-modeling.md", "make agents"),
        ("requirements.lock", "make lock"),
        (".dlt/secrets.toml", "make run"),
        ("requirements-interop.lock", "make lock"),
        (".venv/bin/ruff", "make setup"),
    ],
)
def test_an_edit_of_what_is_made_from_something_else_is_pointed_there(project, path, instead):
    status, told = use(project, "Edit", file_path=path)
    assert status == 2
    assert instead in told


@pytest.mark.parametrize(
    "path",
    ["lake/files.py", "lake/CLAUDE.md", "bronze/landing.py", ".awos/subagents/x.md", "/srv/lake/bronze/x"],
)
def test_an_edit_of_code_goes_through(project, path):
    assert use(project, "Write", file_path=path) == (0, "")


def test_a_notebook_names_its_file_in_another_field(project):
    assert use(project, "NotebookEdit", notebook_path="lake/reports/notebooks/01.ipynb")[0] == 2


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
        'echo "it\'s $(rm -rf lake/bronze)"',
        "echo `rm -rf lake/bronze`",
        "bash <<'EOF'\nrm -rf lake/bronze\nEOF",
        "bash -ec 'rm -rf lake/bronze'",
        "bash <<< 'rm -rf lake/bronze'",
        "eval 'rm -rf lake/bronze'",
        "cat <<EOF\nit's $(rm -rf lake/bronze)\nEOF",
        "rm -rf lake-live/snapshots",
        "find lake/snapshots -type f | xargs -I % rm %",
        "env -u X rm -rf lake/bronze",
        "pushd lake && rm -rf bronze",
        "cd bronze && cd - && rm -rf lake/bronze",
        "git -C lake clean -fdx",
        "git -C lake rm -r bronze",
        "chmod -R u+w lake",
        "cp .awos/subagents/a.md .claude/agents/a.md",
        "echo x > requirements.lock",
    ],
)
def test_a_command_that_writes_into_data_is_refused(project, command, monkeypatch):
    monkeypatch.delenv("LAKE_ROOT", raising=False)
    assert "make " in (judged(project, command) or "")


@pytest.mark.parametrize(
    "command",
    [
        "rm -rf lake",
        "rm lake/layout.py",
        "rm -rf .awos",
        "mv .awos/hooks target/",
        "git rm -r .claude",
        "rm -rf .",
    ],
)
def test_what_the_guard_is_made_of_stays_where_it_is(project, tmp_path, command):
    """Without it nothing passes, and no agent could put it back."""
    empty = tmp_path / "empty"
    for name in ("lake", ".awos/hooks", ".claude"):
        (empty / name).mkdir(parents=True)
    assert "the guard itself" in (judged(empty, command) or "")
    assert judged(project, command) is not None


def test_what_the_guard_is_made_of_may_be_edited(project):
    for path in (".awos/hooks/guard.py", "lake/layout.py"):
        assert use(project, "Edit", file_path=str(project / path)) == (0, "")
        assert judged(project, f"sed -i s/a/b/ {path}") is None
    assert judged(project, "rm lake/files.py") is None


def test_a_command_is_judged_before_it_runs(project):
    status, told = bash(project, "ls lake/bronze && rm -rf lake/bronze")
    assert status == 2
    assert "`rm` is refused" in told
    assert "make clean" in told
    assert bash(project, "ls lake/bronze") == (0, "")


def test_a_command_is_read_from_the_folder_it_starts_in(project):
    assert use(project, "Bash", command="rm -rf snapshots", cwd=str(project / "lake"))[0] == 2
    assert use(project, "Bash", command="rm -rf snapshots", cwd=str(project.parent))[0] == 0


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
        "git clean -ndx",
        "find . -name '*.pyc' | xargs rm",
        "grep -c '>' lake/pin.json",
        'echo ""',
        "git commit --allow-empty-message -m ''",
        "pushd lake && popd && rm -rf work",
        "PATH=$PATH:/x NEW=$NEW:y; rm -rf $NEW $PATH/z",
        "git clean -xfd target",
        "find . -name __pycache__ -exec rm -rf {} +",
        "echo it isn't balanced; ls lake/bronze",
        "python3 - <<'EOF'\nprint('rm -rf lake/bronze')\nEOF",
        "git commit -m 'docs: `rm -rf lake/bronze` and $(rm -rf lake) are refused'",
        "",
    ],
)
def test_a_command_that_reads_data_or_writes_elsewhere_goes_through(project, command, monkeypatch):
    monkeypatch.delenv("LAKE_ROOT", raising=False)
    assert judged(project, command) is None


BROKEN = {
    "a module that is none": ("shell.py", "def broken(:"),
    "an error": ("keys.py", "raise RuntimeError('unforeseen')"),
    "the guard itself": ("guard.py", "def broken(:"),
    "no end": ("guard.py", "import signal, time; signal.setitimer(signal.ITIMER_REAL, 0.2); time.sleep(60)"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_guard_that_fails_lets_nothing_pass(project, name):
    """Claude Code lets pass what a hook leaves with any status but 2."""
    file, text = BROKEN[name]
    module = project / ".awos" / "hooks" / file
    sound = module.read_text()
    try:
        module.write_text(f"{text}\n")
        status, told = bash(project, "ls")
    finally:
        module.write_text(sound)
    assert status == 2
    assert "a person has mended .awos/hooks" in told
    assert "python3 is older than 3.11" in told
    assert bash(project, "ls") == (0, "")


def test_the_guard_gives_up_before_claude_code_does():
    """Whatever takes longer than the settings say passes."""
    import guard

    limits = [hook["timeout"] for group in SETTINGS["hooks"]["PreToolUse"] for hook in group["hooks"]]
    assert min(limits) > guard.LIMIT


def test_no_rule_keeps_the_guard_from_saying_what_to_do_instead():
    """Claude Code asks rules of Edit and Read first, and a hook only about what they let pass."""
    assert "deny" not in SETTINGS["permissions"]


def test_an_advice_is_short(project):
    """It is read once for each refusal."""
    for path in ("lake/pin.json", ".dlt/secrets.toml", ".venv/x", "requirements.lock", ".claude/agents/x.md"):
        status, told = use(project, "Write", file_path=path)
        assert status == 2
        assert len(told.splitlines()) == 1
