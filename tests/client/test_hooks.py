"""What hooks say reaches whom it is meant for."""

from __future__ import annotations

import sys

import pytest

from tests.client.messages import Call
from tests.client.session import bash
from tests.client.test_commands import SPELT

pytestmark = pytest.mark.slow

#: Ruff finds fault as long as a file is there; the hook runs on the Python of the tests.
RUFF = """#!/bin/sh
if [ "$1" = check ] && [ -e bronze/broken.py ]; then echo "broken.py: does not parse"; exit 1; fi
"""
PYTHON = f'#!/bin/sh\nexec {sys.executable} "$@"\n'


#: What is not written to, and what the model is to hear of it.
PROTECTED = {
    "lake/bronze/trips/x.parquet": "hard-linked",
    "lake/snapshots/1/x.parquet": "hard-linked",
    "lake/listing.json": "hard-linked",
    "lake/pin.json": "hard-linked",
    ".claude/agents/new.md": ".awos/subagents",
    ".claude/commands/awos/new.md": ".awos/commands",
    ".claude/skills/new/SKILL.md": ".awos/skills",
    ".agents/skills/new/SKILL.md": ".awos/skills",
    "requirements.lock": "make lock",
    ".dlt/secrets.toml": "key",
    ".venv/lib/x.py": "make setup",
}


def test_whoever_writes_where_nobody_may_hears_what_to_do_instead(world):
    writes = [Call("Write", {"file_path": str(world.root / path), "content": "x"}) for path in PROTECTED]
    touched = [path for path in PROTECTED if not path.startswith(".venv")]  # a broken one is removed by hand
    touches = bash(*(f"touch {path}" for path in touched))
    results = world.run({"session": [[*writes, *touches]]}).results()
    for path, result in zip([*PROTECTED, *touched], results, strict=True):
        assert result.failed, path
        assert PROTECTED[path] in result.text, path


#: What a person is asked about with the hooks on, and what the model hears of it.
ASKED = dict.fromkeys((line for line, free in SPELT.items() if not free), "") | {
    # Of these a rule asks too, whose own words tell the model nothing.
    "make release": "`make release` is for a person to decide",
    "make accept BATCH=x REASON=x": "`make accept` is for a person to decide",
    "make agents clean": "`make clean` is for a person to decide",
    "make lint LAKE_ROOT=target/x clean": "`make clean` is for a person to decide",
    "make -k help rollback": "`make rollback` is for a person to decide",
    "cd bronze && make -C .. gc": "`make gc` is for a person to decide",
    "make dashboard &": "`make dashboard` is not among",
    "git restore Makefile": "git show HEAD:",
    "git checkout HEAD Makefile": "git show HEAD:",
    "git -C {root} restore Makefile": "git show HEAD:",
    "git checkout -b x --force": "git show HEAD:",
    "git stash": "git show HEAD:",
    "git reset --hard": "git show HEAD:",
    "git clean -fd": "git status --short",
    "python3 - <<'EOF'\nprint(1)\nEOF": "a test tries code",
    ".venv/bin/python target/try.py": "a test tries code",
    "pip install requests": "make lock",
    "uv run pytest": "make test ARGS=",
    "duckdb -c 'select 1'": "make sql Q=",
    "echo 'select 1' | make sql": "make sql Q=",
    "curl https://upstream.invalid/x": "stand-in",
    "make status | tee target/x.txt": "> target/",
    "git --no-pager log": "without options before its verb",
}
#: Near to them, and let run.
FREE = (
    'make test ARGS="-k clean"',
    "git checkout -b feature/x",
    'git commit --allow-empty -m "fix: a word" -m ""',
)


def test_what_a_person_is_asked_about_is_asked_with_the_hooks_on_and_the_model_hears_why(world):
    lines = {line.format(root=world.root): heard for line, heard in ASKED.items()}
    ran = world.run({"session": [bash(*lines, *FREE)]})
    assert ran.without_leave() == set(lines)
    told = ran.model.of("session")[-1].told
    assert {line: heard for line, heard in lines.items() if heard not in told} == {}
    assert [result.text for result in ran.results() if result.failed and " is refused" in result.text] == []
    assert not any(result.failed for result in ran.results()[-len(FREE) :])


def test_a_subagent_hears_whose_a_file_is(world):
    write = Call(
        "Write", {"file_path": str(world.root / "silver" / "models" / "new.sql"), "content": "select 1"}
    )
    task = {"description": "try", "prompt": "x", "subagent_type": "dlt-ingestion", "run_in_background": False}
    ran = world.run({"session": [[Call("Agent", task)]], "dlt-ingestion": [[write]]})
    (refused,) = ran.results("dlt-ingestion")
    assert refused.failed
    assert "dbt-modeling" in refused.text


def test_a_stop_is_held_up_until_the_checks_are_green_and_the_session_gets_the_last_words_only(world):
    (world.root / ".venv" / ".ready").touch()
    for name, text in (("ruff", RUFF), ("python", PYTHON)):
        (world.root / ".venv" / "bin" / name).write_text(text)
    task = {
        "description": "try",
        "prompt": "land it",
        "subagent_type": "dlt-ingestion",
        "run_in_background": False,
    }
    writes = [Call("Write", {"file_path": str(world.root / "bronze" / "broken.py"), "content": "def\n"})]
    turns = [writes, "first report: table counts", bash("rm bronze/broken.py"), "last report: mended"]
    ran = world.run({"session": [[Call("Agent", task)]], "dlt-ingestion": turns})
    _, held, mended, _ = ran.model.of("dlt-ingestion")
    assert "does not parse" in held.told, "the editing hook tells at once what is left to mend"
    assert "Checks of the files you own are red" not in held.told
    assert "Checks of the files you own are red" in mended.told
    (got,) = ran.results()
    assert "last report: mended" in got.text
    assert "first report" not in got.text
