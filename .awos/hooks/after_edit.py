"""PostToolUse: format and lint the file that was edited; what is left to mend goes back to the agent.

Python and notebooks go through ruff, SQL of silver and gold through sqlfluff, set as for `make check`.
Without `.venv` nothing happens: the first `make setup` is still to come.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

import events


def commands(path: Path, root: Path) -> list[list[str]]:
    """Return what to run on a file of the project, the last command telling what is left."""
    if not path.is_file() or not path.is_relative_to(root):
        return []
    name = str(path.relative_to(root))
    if path.suffix in (".py", ".ipynb"):
        # An import often comes an edit before its first use: it is told, and not taken away.
        check = ["ruff", "check", "--quiet", "--force-exclude"]
        tidy = ["ruff", "format", "--quiet", "--force-exclude"]
        return [[*check, "--fix", "--unfixable=F401", name], [*tidy, name], [*check, name]]
    if path.suffix == ".sql" and name.startswith(("silver/", "gold/")):
        return [["sqlfluff", verb, "--disable-progress-bar", name] for verb in ("fix", "lint")]
    return []


def main() -> None:
    """Carry out what the edited file asks for."""
    path = events.edited(events.read())
    left = ""
    for command in commands(path.resolve(), events.ROOT) if path else []:
        tool = events.ROOT / ".venv" / "bin" / command[0]
        if not tool.exists():
            return
        done = subprocess.run(
            [tool, *command[1:]], cwd=events.ROOT, capture_output=True, text=True, check=False
        )
        left = (done.stdout + done.stderr).strip() if done.returncode else ""
        if command[:2] == ["sqlfluff", "fix"] and not left:
            break  # it takes seconds, and has said that nothing is left
    if left:
        events.refuse(f"the edit is made; this is left to mend:\n{left}")


if __name__ == "__main__":
    main()
