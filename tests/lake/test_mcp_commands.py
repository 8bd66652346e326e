"""What a command of the project answers is handed on, bounded: diff, plan, lineage."""

from __future__ import annotations

import json
import subprocess

import pytest

from lake import LakeError, mcp
from lake.bounded import BYTES


@pytest.mark.parametrize(
    ("status", "said", "complained", "expected"),
    [
        (0, '{"a": 1}', "", {"a": 1}),
        (1, '{"differs": true}', "", {"differs": True}),
        (0, "no JSON", "", LakeError("it said nothing")),
        (2, '{"error": "wrong\\u001b"}', "", LakeError("wrong\\x1b")),
        (2, "", "error: nothing there\n", LakeError("nothing there")),
    ],
)
def test_what_a_command_answers_is_told(own_lake, monkeypatch, status, said, complained, expected):
    words = []

    def ran(command, **_):
        words.extend(command)
        return subprocess.CompletedProcess(command, status, said, complained)

    monkeypatch.setattr(subprocess, "run", ran)
    if isinstance(expected, LakeError):
        with pytest.raises(LakeError) as stopped:
            mcp.plan()
        assert str(stopped.value) == str(expected)
    else:
        assert mcp.diff("parent", "2026-05-01T08:00") == {"snapshot": None, "answer": expected}
        assert words[1:] == ["-m", "orchestration", "diff", "parent", "2026-05-01T08:00", "--json"]


def test_a_long_answer_of_a_command_has_the_first_of_each_list(own_lake, monkeypatch):
    long = {"before": "a", "tables": [{"table": f"t{n}", "sample": ["x" * 90] * 40} for n in range(30)]}
    done = subprocess.CompletedProcess([], 1, json.dumps(long), "")
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: done)
    told = mcp.diff()
    assert len(json.dumps(told["answer"])) <= BYTES
    assert told["answer"]["before"] == "a"
    assert [one["table"] for one in told["answer"]["tables"]] == [f"t{n}" for n in range(20)]
    assert told["left_out"] == {"tables": 10, "tables.sample": 20 * 20}


def test_what_is_too_long_even_so_is_told(own_lake, monkeypatch):
    done = subprocess.CompletedProcess([], 0, json.dumps({"text": "x" * 2 * BYTES}), "")
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: done)
    with pytest.raises(LakeError, match="longer than a tool may give"):
        mcp.plan()
