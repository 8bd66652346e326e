"""The hooks of `.claude/settings.json`, run as Claude Code runs them: a command, an event on its input.

A process takes a tenth of a second. Where many cases go through the guard, it hears the same event in this process.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from unittest import mock

import events
import guard

ROOT = Path(__file__).parents[2]
SETTINGS = json.loads((ROOT / ".claude" / "settings.json").read_text())


def started(command, said, project, environment):
    """Run the command of a hook."""
    done = subprocess.run(
        ["bash", "-c", command],
        input=said,
        env=environment,
        cwd=project.parent,
        capture_output=True,
        text=True,
    )
    return done.returncode, done.stdout, done.stderr


def here(command, said, project, environment):
    """Let the hook that a command starts hear the event in this process, and return the same."""
    (name,) = re.findall(r"/\.awos/hooks/(\w+)\.py", command)
    main = importlib.import_module(name).main
    out, err, status = io.StringIO(), io.StringIO(), 0
    with contextlib.ExitStack() as entered:
        entered.enter_context(mock.patch.dict(os.environ, environment, clear=True))
        entered.enter_context(mock.patch.object(events, "ROOT", project))
        entered.enter_context(mock.patch.object(sys, "stdin", io.StringIO(said)))
        entered.enter_context(mock.patch("signal.alarm"))  # it is that of the test's own limit
        entered.enter_context(contextlib.chdir(project.parent))
        entered.enter_context(contextlib.redirect_stdout(out))
        entered.enter_context(contextlib.redirect_stderr(err))
        try:
            main()
        except SystemExit as left:
            status = left.code if isinstance(left.code, int) else 1
    return status, out.getvalue(), err.getvalue()


def call(project, event, lake_root=None, run=started, **asked):
    """Run the hooks of an event, and return the exit status and what the agent, or a person, is told."""
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
        status, said, complained = run(command, json.dumps(told), project, environment)
        assert status in (0, 2), complained
        if status:
            return 2, complained
        if said:
            answer = json.loads(said)["hookSpecificOutput"]
            assert answer["hookEventName"] == event
            why = answer.get("permissionDecisionReason") or answer["additionalContext"]
            return {"deny": 2, "ask": 0, None: 0}[answer.get("permissionDecision")], why
    return 0, ""


def use(project, tool, run=here, **asked):
    """Ask the hooks about a tool and what it is given."""
    more = {name: asked.pop(name) for name in ("agent_type", "lake_root", "cwd") if name in asked}
    return call(project, "PreToolUse", run=run, tool_name=tool, tool_input=asked, **more)


def bash(project, command, **asked):
    """Ask the hooks about a command, as they are started."""
    return use(project, "Bash", run=started, command=command, **asked)


def judge(project, command, **asked):
    """Judge a command in this process: why it is refused, and what a person is asked about."""
    event = {"cwd": str(project), "tool_name": "Bash", "tool_input": {"command": command}, **asked}
    return guard.judge(event, project)
