"""What hooks say reaches whom it is meant for."""

from __future__ import annotations

import sys

import pytest

from tests.client.messages import Call
from tests.client.session import bash

pytestmark = pytest.mark.slow

#: Ruff finds fault as long as a file is there; the hook runs on the Python of the tests.
RUFF = """#!/bin/sh
if [ "$1" = check ] && [ -e bronze/broken.py ]; then echo "broken.py: does not parse"; exit 1; fi
"""
PYTHON = f'#!/bin/sh\nexec {sys.executable} "$@"\n'


def test_the_guards_advice_reaches_the_model(world):
    command = "rm -rf lake/snapshots"
    ran = world.run({"session": [bash(command, "rm -rf target")]})
    refused, done = ran.results()
    assert refused.failed
    assert "hard-linked" in refused.text
    assert not done.failed
    assert ran.without_leave() == {command}


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
