"""What a person decides, wherever it stands in a command.

Goals of `make`, the same as a module of Python, and what of git takes away work that no commit holds.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path

import shell

#: Flags of make that change nothing of what its goals do.
FLAGS = re.compile(
    r"-[knsBqwiO]+|--version|-j\d*|--(dry-run|just-print|silent|quiet|keep-going|always-make|no-print-directory|jobs(=\d+)?)"
)
#: Variables that the Makefile hands on, and settings: of the lake, and dlt's, which have two underscores. REMOTE is none
#: of them: it leads to other machines, and a person names those.
SETTINGS = re.compile(
    r"AGENT|ARGS|BATCH|BRANCH|COLUMN|CONF|DIFF|EVERY|FROM|FULL|JSON|KEEP|PORT|Q|REASON|REPORT|SERVE|SNAPSHOT|SOURCE|TO|WORKERS|HYPOTHESIS_PROFILE"
    r"|KIND|NAME|TABLES?|VERSION"
    r"|LAKE_ROOT|LAKE_KEEP_SNAPSHOTS|CI|NO_COLOR|CLAUDE_BIN|[A-Z]\w*__\w+"
)
UNCOMMITTED = (
    "work that no commit holds, of other agents as well: `git show HEAD:<path>` shows a file as it was, for you to write "
    "it so"
)
UNTRACKED = (
    "what was never committed, of other agents as well: `git status --short` lists it, and `rm` of what you made "
    "yourself takes that and no more"
)
_ASSIGNED = re.compile(r"([.\w]+)\s*(?:[:+?!]{0,3}=)(.*)", re.DOTALL)


def _ruled(root: Path, kind: str) -> set[str]:
    """Return the goals of make that the settings have a rule of this kind for: `allow` or `ask`."""
    rules = json.loads((root / ".claude" / "settings.json").read_text(encoding="utf-8"))["permissions"][kind]
    return {found[1] for rule in rules if (found := re.match(r"Bash\(make ([a-z-]+)", rule))}


def decisive(root: Path) -> set[str]:
    """Return the goals that a person decides: those that the settings ask about."""
    return _ruled(root, "ask")


def _elsewhere(command: shell.Command, root: Path) -> str | None:
    """Say which program or script is not the project's, though rules for the project's may take it for one.

    In a rule `/*/.venv/bin/ruff*` a star stands for anything, spaces and other programs too.
    """
    at = command.shell.folder
    named = [(command.program, root / ".venv" / "bin")] if command.program.startswith("/") else []
    named += [(word, root / ".awos" / "scripts") for word in command.arguments if ".awos/scripts/" in word]
    for word, folder in named:
        if not Path(os.path.normpath(at / word)).is_relative_to(folder):
            return word
    return None


def asks(command: shell.Command, root: Path) -> str | None:
    """Say what of a command a person is to be asked about, if anything."""
    if command.name in ("make", "gmake", "remake"):
        return next(_of_make(command, root), None)
    if program := _elsewhere(command, root):
        return f"`{program}` is no program of the project's"
    if command.name == "git" and (lost := takes_away(command.arguments, command.shell.folder)):
        return f"`git {command.arguments[0]}` takes away {lost}"
    modules = [shell.after(command.arguments, "-m")]
    if command.name.startswith("python") and modules[0] in ("lake", "orchestration"):
        verbs = decisive(root) & set(command.arguments)
        if "poll" in command.arguments and any(word.startswith("--e") for word in command.arguments):
            return "`orchestration poll --every` asks until somebody stops it; `make poll` asks once"
        return f"`{modules[0]} {min(verbs)}` is for a person to decide" if verbs else None
    return None


def takes_away(words: list[str], folder: Path) -> str | None:
    """Say what arguments for git, from its verb on, take away that no commit holds, if anything."""
    verb, rest = (words[0], words[1:]) if words else ("", [])
    if verb == "clean" and not shell.dry(" ".join(rest)):
        return UNTRACKED
    return UNCOMMITTED if _overwrites(verb, rest, folder) else None


def _overwrites(verb: str, rest: list[str], folder: Path) -> bool:
    """Say whether git overwrites files of the working tree that differ from what is committed."""
    if verb == "restore":
        # git takes what begins like `--worktree` for it, and letters together: -SW.
        return not {"--staged", "-S"} & set(rest) or any(re.match(r"--w|-\w*W", word) for word in rest)
    if verb == "stash":
        return not {"list", "show", "apply", "pop"} & set(rest[:1])
    if verb in ("checkout", "switch") and any(re.match(r"-\w*f|--f|--di", word) for word in rest):
        return True
    if verb == "checkout":
        plain = [word for word in rest if not word.startswith("-")]
        branch = any(re.match(r"-[bBt]|--(orphan|track)", word) for word in rest)
        # A path, or what it is to be as and a path; a word alone is a branch where it is no path.
        return "--" in rest or (
            not branch and (len(plain) > 1 or any(os.path.exists(folder / word) for word in plain))
        )
    return verb == "reset" and bool({"--hard", "--merge"} & set(rest))


def _of_make(command: shell.Command, root: Path) -> Iterator[str]:
    """Yield what of a line for make a person decides, or changes what its goals do."""
    at, goals = command.shell, []
    words = [filled for word in command.arguments + command.given for filled in at.filled(word)]
    settings = list(command.settings)
    folder, rest = at.folder, iter(words)
    for word in rest:
        assigned = _ASSIGNED.fullmatch(word)
        if assigned:
            settings.append(assigned[1])
        elif word in ("-C", "--directory") or word.startswith(("-C", "--directory=")):
            folder /= re.sub(r"^(-C|--directory=?)", "", word) or next(rest, ".")
        elif word.startswith("-") and not FLAGS.fullmatch(word):
            yield f"`make {word}` is another make than the project's"
        elif not word.startswith("-"):
            goals.append(word)
    for goal in goals:
        if goal in decisive(root):
            yield f"`make {goal}` is for a person to decide"
        elif goal not in _ruled(root, "allow"):
            yield f"`make {goal}` is not among what runs without asking"
        if goal == "poll" and "EVERY" in settings:
            yield "`make poll EVERY=…` asks until somebody stops it; `make poll` asks once"
        if re.search(r"[$`]", goal):
            yield f"which goal `{goal}` of make stands for is not known before it runs"
    if "PUBLISH__LIMITS" in settings:
        yield "`PUBLISH__LIMITS=…` lets a run publish more than the project allows it to change"
    for name in settings:
        if not SETTINGS.fullmatch(name):
            yield f"`{name}=` may change what make runs"
    if folder.resolve() != root.resolve() and any(
        os.path.exists(folder / name) for name in ("GNUmakefile", "makefile", "Makefile")
    ):
        yield f"{folder} has a Makefile of its own"
