"""Every command that a document or the guard names has a verdict, and the real client gives it the same."""

from __future__ import annotations

import re

import advice
import goals
import guard
import keys
import pytest

from tests.client.commands import BEGINS, ROOT, RUNS, commands, filled, told, verdict
from tests.client.session import bash

pytestmark = pytest.mark.slow

TOLD = told()
#: As agents write them: elsewhere on the line, with what is around them, with the root's own path. Whether rules alone
#: let them run; with the hooks they are tried in `test_hooks.py`.
SPELT = {
    "{root}/.venv/bin/ruff check {root}/bronze/http.py": True,
    "{root}/.venv/bin/mypy": True,
    "{root}/.venv/bin/python -m pytest -q tests/lake": True,
    "python3 {root}/.awos/scripts/owners.py {root}/bronze/http.py": True,
    "cd {root} && make lint": True,
    "make lint 2>&1 | tail -20": True,
    "make lint && make test ARGS=tests/lake": True,
    "make sql LAKE_ROOT=target/x Q='from gold.mart_routes limit 5'": True,
    "make sql SNAPSHOT=before-easter Q='from gold.mart_routes limit 5'": True,
    "make branch NAME=x && make run BRANCH=x": True,
    "make merge NAME=x": False,
    "make drop NAME=x": False,
    'git add -A && git commit -m "feat: a word"': True,
    "git switch -c feature/traffic": True,
    "git restore --staged bronze": True,
    "git restore bronze": False,
    "make LAKE_ROOT=target/x clean": False,
    "make -k rollback REASON=x": False,
    "make lint && make gc KEEP=1": False,
    "make docs PORT=8090 SERVE=1": False,
    "make plan LAKE_ROOT=target/x JSON=1": True,
    "make diff FROM=2026-05-01": True,
    "make run DIFF=1 PUBLISH__LIMITS=none": False,
    "make run FULL=1 WORKERS=2": True,
    "make poll LAKE_ROOT=target/x": True,
    "make poll LAKE_ROOT=target/x EVERY=60": False,
    "make unheard-of": False,
    "git push": False,
    ".venv/bin/python -c 'print(1)'": False,
    "curl http://127.0.0.1:1/": False,
}


#: What the guard says to type instead.
TEXTS = [
    *advice.INSTEAD.values(), *guard.MADE.values(), guard.NO_DATA, guard.NO_GUARD,
    keys.NO_KEYS, keys.BELOW, keys.NO_ENVIRONMENT, goals.UNCOMMITTED, goals.UNTRACKED,
]  # fmt: skip
ADVISED = {
    filled(command)
    for text in TEXTS
    for command in commands(text)
    if BEGINS.match(command) or re.match(r"(grep|find|printenv) [^ ]", command)
}


@pytest.fixture(scope="module")
def asked(world):
    """The commands, of all that are told and spelt, for which the client asks a person."""
    world.without_hooks()
    spelt = {command.format(root=world.root): command for command in SPELT}
    lines = [*dict.fromkeys([*TOLD, *spelt, *ADVISED])]
    ran = world.run({"session": [bash(*lines)]})
    assert len(ran.results()) == len(lines)
    return {spelt.get(command, command) for command in ran.without_leave()}


def test_a_document_names_no_command_that_its_reader_may_not_run(asked):
    wrong = {
        command: f"{verdict(command)}, and {'asks' if command in asked else 'is let run'}: {', '.join(named)}"
        for command, named in TOLD.items()
        if (command in asked) != (verdict(command) != RUNS)
    }
    assert wrong == {}


def test_what_the_guard_says_to_type_instead_needs_no_leave_either(asked):
    assert len(ADVISED) > 15
    assert {command for command in ADVISED if (command in asked) != (verdict(command) != RUNS)} == set()
    assert {command for command in ADVISED if verdict(command) == RUNS and judged(command)[0]} == set()


def test_a_command_may_be_spelt_as_agents_do(asked):
    assert {command: command not in asked for command in SPELT} == SPELT


def test_the_guard_lets_pass_what_a_document_names():
    harmless = judged("true")
    told = [command for command in TOLD if verdict(command) == RUNS]
    assert {command: said for command in told if (said := judged(command)) != harmless} == {}


def judged(command):
    return guard.judge({"tool_name": "Bash", "tool_input": {"command": command}}, ROOT)


DOCUMENT = """Say `make test ARGS="-k 'a b'"`, `make` alone, or `make sql
Q="from x"`; `bronze/` is a folder, `python3 .awos/scripts/spec.py next [feature]` a command.

```
make run    # and why
.venv/bin/sqlmesh table_diff a:b \\
    -o key
```

```python
make = 1
```

`.venv/bin/mypy` and `.venv/bin/python` in the end, `FULL=1`, `owners.py <path>`.
"""


def test_commands_are_found_in_blocks_and_in_text():
    found = [filled(command) for command in commands(DOCUMENT) if BEGINS.match(command)]
    assert sorted(found) == [
        ".venv/bin/mypy",
        ".venv/bin/sqlmesh table_diff a:b -o key",
        "make run",
        'make sql Q="from x"',
        "make test ARGS=\"-k 'a b'\"",
        "python3 .awos/scripts/spec.py next",
    ]
