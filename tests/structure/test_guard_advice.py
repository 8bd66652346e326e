"""The guard: who types what no rule lets run hears what does the same, and is kept from nothing by that."""

from __future__ import annotations

import guard
import pytest

from tests.structure.hooks import bash, judge


@pytest.fixture
def rooted(project):
    """The project with its Makefile."""
    (project / "Makefile").touch()
    yield project
    (project / "Makefile").unlink()


def advised(project, command):
    """Return what an agent hears beside what comes of its command."""
    return guard.advised({"cwd": str(project), "tool_input": {"command": command}}, project)


@pytest.mark.parametrize(
    ("command", "instead"),
    [
        ("uv run pytest tests/lake", "make test ARGS="),
        ("pytest -q tests/lake", "make test ARGS="),
        ("python3 -m pytest tests/lake", "make test ARGS="),
        ("ruff check .", ".venv/bin/ruff"),
        (".venv/bin/python -m orchestration run", "make run"),
        ("pip install requests", "make lock"),
        ("uv add requests", "make lock"),
        (".venv/bin/python -m pip install requests", "make lock"),
        ("npm install x", "make lock"),
        ("python -c 'import duckdb'", "make sql Q="),
        (".venv/bin/python -c 'print(1)'", "a test tries code"),
        ("python3.11 target/try.py", "a test tries code"),
        (".venv/bin/python - <<'EOF'\nprint(1)\nEOF", "a test tries code"),
        ("duckdb -c 'from range(3)'", "make sql Q="),
        ("echo 'select 1' | make sql", "make sql Q="),
        ("curl https://date.nager.at/api/v3", "stand-in"),
        ("wget https://date.nager.at/api/v3", "stand-in"),
        ("git -C {project} status", "`cd`"),
        ("git --no-pager log", "`cd`"),
        ("make -C {project} lint", "`cd`"),
        ("cd bronze && make lint", "cd {project}"),
        ("find bronze -name '*.py' -exec grep -l key {} +", "xargs grep"),
        ("make status | tee target/x.txt", "> target/"),
        ("make lint; echo $?", "the command alone"),
        ("export LAKE_ROOT=target/try && ls", "make run LAKE_ROOT="),
        ("LAKE_ROOT=target/try make run", "make run LAKE_ROOT="),
        ("CI=1 make -s test", "make test CI="),
        ("CI=1 make", "make run CI="),
        ("cat <<'EOF' | make sql\nselect 1\nEOF", "make sql Q="),
        (".venv/bin/python - <<'EOF' > target/x\nprint(1)\nEOF", "a test tries code"),
        ("pip show dlt", "requirements.lock"),
        ("make LAKE_ROOT=target/try sql", "make sql Q="),
        ("cat > silver/x.py <<'EOF'\nx = {'a': 1}\nEOF", "the tool Write"),
        ("ls && pip install requests", "make lock"),
    ],
)
def test_an_agent_hears_what_runs_without_asking(rooted, command, instead):
    command, instead = (text.replace("{project}", str(rooted)) for text in (command, instead))
    assert instead in (advised(rooted, command) or "")
    assert judge(rooted, command) == (None, None), "it is not kept from what a person gives it leave to do"


@pytest.mark.parametrize(
    "command",
    [
        "make lint",
        "make sql LAKE_ROOT=target/try Q='select 1'",
        "git commit -m 'fix: python -c, pip and make -C'",
        ".venv/bin/pytest -q",
        ".venv/bin/python -m pytest -q tests/lake",
        ".venv/bin/python -m tests.serving.measure",
        "python3 .awos/scripts/owners.py bronze",
        "python3 {project}/.awos/scripts/owners.py bronze",
        "{project}/.venv/bin/ruff check .",
        "grep -rn 'pip install' README.md",
        "cd bronze && cd .. && make lint",
        "make test ARGS='tests/lake -k sql'",
        "find . -name '*.orig' -exec rm {} +",
        "python3 --version",
        "git --version",
        "curl -s http://127.0.0.1:8501/_stcore/health",
        "git commit -F - <<'EOF' > target/x\nfix: a word\nEOF",
        "",
    ],
)
def test_who_types_what_documents_say_hears_nothing(rooted, command):
    assert advised(rooted, command.replace("{project}", str(rooted))) is None


def test_who_says_it_is_the_hook(rooted):
    assert "make sql Q=" in bash(rooted, "duckdb x")[1]
    assert bash(rooted, "ls") == (0, "")
