"""The guard judges any line: where it failed it would refuse it, and every other one like it."""

from __future__ import annotations

import guard
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.structure.hooks import judge

#: What lines are made of, put together in any way.
WORDS = st.sampled_from(
    [
        *"abc;&|<>()\n\"'`$\\{}*?[]~=-#!%@:,. \0",
        "''", '""', "$(", "${", "&&", "||", ">>", "<<EOF\n", "\nEOF\n", "2>&1", "<(", "cat", "rm -rf", "find . -exec", "xargs", "read",
        "git", "git -C", "-C", "make", "cd", "pushd", "popd", "env", "tar", "grep -r", "--exclude-dir", "--include=", "lake", ".dlt", "../..",
        "for x in", "do", "done", "python -c", "echo", "X=$X", "$PWD", "ln -s", "sed -i", "chmod -R", "~nobody", "/", "é",
    ]
)  # fmt: skip


@given(
    parts=st.lists(WORDS, max_size=12),
    agent=st.sampled_from([None, "dbt-modeling"]),
    gap=st.sampled_from(["", " "]),
)
def test_no_line_makes_it_fail(project, parts, agent, gap):
    line = gap.join(parts)
    judge(project, line, **({"agent_type": agent} if agent else {}))
    guard.advised({"cwd": str(project), "tool_input": {"command": line}}, project)


@given(line=st.text())
@example("rm \0")
@example("x \0 7 <<EOF\ny\nEOF")
def test_no_text_makes_it_fail(project, line):
    judge(project, line)


@pytest.mark.parametrize("tool", ["cd", "touch", "rm", ">", "git checkout", "make -C", "perl -i -0pe"])
def test_no_word_is_too_long_for_it(project, tool):
    """A name of more than 255 bytes is no file's, and asking for one is an error."""
    command = f"{tool} {'é' * 200} && make lint"
    judge(project, command, agent_type="dbt-modeling")
    guard.advised({"cwd": str(project), "tool_input": {"command": command}}, project)
