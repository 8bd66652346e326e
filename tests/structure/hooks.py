"""The hooks of `.claude/settings.json`, run as Claude Code runs them: a command, an event on its input."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path

import guard

ROOT = Path(__file__).parents[2]
SETTINGS = json.loads((ROOT / ".claude" / "settings.json").read_text())


def call(project, event, lake_root=None, **asked):
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
        if done.stdout:
            answer = json.loads(done.stdout)["hookSpecificOutput"]
            assert answer["hookEventName"] == event
            said = answer.get("permissionDecisionReason") or answer["additionalContext"]
            return {"deny": 2, "ask": 0, None: 0}[answer.get("permissionDecision")], said
    return 0, ""


def bash(project, command, **asked):
    """Ask the hooks about a command."""
    return call(project, "PreToolUse", tool_name="Bash", tool_input={"command": command}, **asked)


def judge(project, command, **asked):
    """Judge a command in this process: why it is refused, and what a person is asked about."""
    event = {"cwd": str(project), "tool_name": "Bash", "tool_input": {"command": command}, **asked}
    return guard.judge(event, project)
