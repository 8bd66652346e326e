"""SubagentStop: run the checks of the subagent that is about to stop, if files it owns have changed.

`agent_type` is the name in the subagent's front matter. Where it is left out (older versions), all owners
whose files changed are checked. It is empty for helpers that Claude Code starts itself, which own nothing.
A check that is red for files of other owners alone holds nobody up: another subagent may be at work there.
A stop is held up once: with `stop_hook_active` the agent was sent back already, and may stop and report.
"""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import events

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "scripts"))
import owners

#: Seconds one check may take; the hook as a whole may take what `.claude/settings.json` says.
LIMIT = 900
#: Characters of a failing check that are handed back: the end, where the summary stands.
SHOWN = 4000


def stopping(event: dict[str, Any], changed: list[str]) -> list[str]:
    """Return the owners to check, as far as their files changed: the agent, or all where none is named."""
    known = owners.owners()
    touched = {name for path in changed for name in owners.owners_of(path, known)} - {owners.ORCHESTRATOR}
    agent = event.get("agent_type")
    return sorted(touched if agent is None else touched & {agent})


def failure(check: str, root: Path) -> str:
    """Run one check and return what it says if it fails, else nothing."""
    try:
        done = subprocess.run(
            shlex.split(check),
            cwd=root,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=LIMIT,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"has not ended after {LIMIT} seconds"
    return (done.stdout.strip() or f"exit status {done.returncode}") if done.returncode else ""


def concerns(said: str, names: list[str], root: Path, known: dict[str, owners.Owner]) -> bool:
    """Say whether what a failing check says is about files of these owners, or of no other subagent's."""
    words = re.findall(r"[\w./-]{1,200}", said)
    # import-linter and tracebacks name modules: `serving.queries.shared`.
    modules = {f"{word.replace('.', '/')}.py" for word in words if re.fullmatch(r"\w+(\.\w+)+", word)}
    named = {word.removeprefix(f"{root}/") for word in words} | modules
    found = {owner for path in named if (root / path).is_file() for owner in owners.owners_of(path, known)}
    return bool(found & set(names)) or not found - {owners.ORCHESTRATOR}


def main() -> None:
    """Hold up the stop while the agent's own checks are red."""
    event = events.read()
    root = events.ROOT
    if event.get("stop_hook_active") or not (root / ".venv" / ".ready").exists():
        return
    known = owners.owners()
    names = stopping(event, owners.changed(root))
    checks = dict.fromkeys(check for name in names for check in known[name]["checks"])
    red = {check: said for check in checks if (said := failure(check, root))}
    failures = [
        f"$ {check}\n{said[-SHOWN:]}" for check, said in red.items() if concerns(said, names, root, known)
    ]
    if failures:
        events.refuse(
            "Checks of the files you own are red. Mend them; where a file of another owner is in the way, say which "
            "in your report. Only your last message reaches the session that called you: end with the whole report "
            "once more, and not with what you have mended since.\n\n" + "\n\n".join(failures)
        )


if __name__ == "__main__":
    main()
