"""What Claude Code tells a hook on standard input, and how a hook answers."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any, NoReturn

ROOT = Path(__file__).resolve().parents[2]


def read() -> dict[str, Any]:
    """Return the event, empty where the input is none."""
    try:
        event = json.load(sys.stdin)
    except ValueError:
        return {}
    return event if isinstance(event, dict) else {}


def edited(event: dict[str, Any]) -> Path | None:
    """Return the file an editing tool is about, absolute; the name is `notebook_path` for NotebookEdit."""
    asked = event.get("tool_input") or {}
    named = asked.get("file_path") or asked.get("notebook_path")
    return Path(event.get("cwd") or ROOT, named) if isinstance(named, str) and named else None


def named(event: dict[str, Any]) -> Path | None:
    """Return the file or folder that a tool is about, absolute: Grep calls it `path`."""
    found = edited(event)
    path = (event.get("tool_input") or {}).get("path")
    return found or (Path(event.get("cwd") or ROOT, path) if isinstance(path, str) and path else None)


def decide(decision: str, why: str) -> None:
    """Answer about a tool call: "deny" it and tell the agent why, or "ask" a person, whatever the rules allow."""
    answer = {"permissionDecision": decision, "permissionDecisionReason": why}
    if decision == "ask":  # where a rule asks as well, the client leaves out why
        answer["additionalContext"] = why
    print(json.dumps({"hookSpecificOutput": {"hookEventName": "PreToolUse", **answer}}))


def advise(said: str) -> None:
    """Tell the agent something about its call, and leave what is to come of that to the rules."""
    answer = {"hookEventName": "PreToolUse", "additionalContext": said}
    print(json.dumps({"hookSpecificOutput": answer}))


def refuse(message: str) -> NoReturn:
    """Stop the tool, or send the agent back to work: exit status 2 gives it what stands on standard error."""
    print(message, file=sys.stderr)
    sys.exit(2)
