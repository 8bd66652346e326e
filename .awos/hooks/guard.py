"""PreToolUse: what no tool of an agent does, and what to do instead; what a person is asked about.

Refused are writes into the lake's data, into files that are made from others, and by a subagent into files of another
owner, and whatever shows keys. Asked about are goals of `make` that a person decides, wherever they stand in a line, and
what of git takes uncommitted work away. Where something else does what a command is for, and needs nobody's leave, that
is said (`advice.py`). Tools are judged by the file they name, commands by what `shell.py` reads from them. What a
program does by itself is not seen: the project's own code goes through `lake.versions` and `lake.snapshots`. Which ways
to keys are seen, and which are not promised, stands in `keys.py`.

No rule of `.claude/settings.json` denies the same: Claude Code would ask the rule first, and this advice would not be
heard. So this fails closed: whatever ends it otherwise than with status 0 refuses the call (the settings see to that),
as a hook of Claude Code lets pass whatever crashes or takes too long.
"""

from __future__ import annotations

import importlib.util
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import advice
import events
import goals
import keys
import shell

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "scripts"))
#: Seconds until a judgement is given up, which refuses the call: fewer than the settings give the hook.
LIMIT = 15


def _layout() -> Any:
    """Load the list of what lies in a lake, from its file: no other module of the project has to be sound."""
    spec = importlib.util.spec_from_file_location("lake_layout", events.ROOT / "lake" / "layout.py")
    if spec is None or spec.loader is None:
        raise ImportError("lake/layout.py cannot be loaded")
    # Its dataclasses look themselves up there.
    module = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


layout = _layout()
NO_DATA = (
    "is data of the lake: its files are hard-linked between snapshots, and a write to one changes them all. "
    "Code writes through lake.versions and lake.snapshots. `make run` lands and builds, `make hold` and "
    "`make rollback` take something out of force, `make gc` removes old snapshots, `make clean` all data. "
    "For trials run on a lake of its own: LAKE_ROOT=target/try."
)
#: Files that are made from others, and what to do instead.
MADE = {
    ".claude/agents": "is a copy: edit .awos/subagents/ and run `make agents`.",
    ".claude/commands/awos": "is a copy: edit .awos/commands/ and run `make agents`.",
    ".claude/skills": "is a copy: edit .awos/skills/ and run `make agents`.",
    ".agents/skills": "is a copy: edit .awos/skills/ and run `make agents`.",
    "requirements.lock": "is written by `make lock` from pyproject.toml.",
    "requirements-interop.lock": "is written by `make lock` from pyproject.toml.",
    "requirements-elsewhere.lock": "is written by `make lock` from pyproject.toml.",
    ".venv": "follows requirements.lock: declare the package in pyproject.toml, `make lock`, `make setup`.",
}
#: What the guard is made of: it may be edited, and without it nothing passes.
ITS_OWN = (".awos/hooks", ".awos/scripts", ".awos/owners.toml", ".claude/settings.json", "lake/layout.py")
NO_GUARD = (
    "holds what the guard itself is made of, and without that it lets nothing pass until a person has put it back: edit "
    "it where it is, or name what else there has to go."
)
#: Tools that only read the file they name.
READING = {"Read", "Grep"}
#: Nobody's: for what is tried.
SCRATCH = "target"


def lakes(root: Path) -> Iterator[Path]:
    """Yield the project's lakes: the usual one, `LAKE_ROOT`'s, and any other in the project's root."""
    yield root / "lake"
    if os.environ.get("LAKE_ROOT"):
        moved = root / os.environ["LAKE_ROOT"]
        yield from (moved, moved.resolve())
    for folder in root.iterdir():
        there = layout.Lake(folder)
        if there.snapshots.is_dir() or there.current.is_symlink():
            yield folder


def holds_data(path: Path, lake: Path, whole: bool) -> bool:
    """Say whether a path is data of a lake or, with `whole`, has such data below it."""
    if path.is_relative_to(lake) and path != lake:
        return bool(layout.is_data(path.relative_to(lake).parts[0]))
    return whole and lake.is_relative_to(path) and any(layout.is_data(found.name) for found in lake.glob("*"))


def wrong(path: Path, root: Path, whole: bool = False) -> str | None:
    """Say why a path must not be written to, if so; `whole`: nor what lies below it (`rm -rf lake`)."""
    # As it is written and where its links lead: lake/current is one, and lake/bronze may be another.
    for spelt in (Path(os.path.normpath(path)), path.resolve()):
        if any(holds_data(spelt, lake, whole) for lake in lakes(root)):
            return NO_DATA
        for name, instead in MADE.items():
            if spelt.is_relative_to(root / name):
                return instead
        if whole and any((root / name).is_relative_to(spelt) for name in ITS_OWN):
            return NO_GUARD
    if keys.is_keys(path, root) or (whole and keys.holds_keys(path, root)):
        return keys.NO_KEYS
    return None


def cache(path: Path, root: Path) -> bool:
    """Say whether a path is what tools make anew, which anybody may remove: git ignores it, and it is no lake.

    Keys, and data of a lake that is one already, have been judged before.
    """
    top = path.relative_to(root).parts[:1]
    if top in ((), (".claude",), (".venv",)) or top[0].startswith("lake"):
        return False
    # A rule `logs/` fits the name of a folder only.
    known = ["git", "-C", str(root), "check-ignore", "--", str(path), f"{path}/"]
    return subprocess.run(known, check=False, capture_output=True).returncode == 0


def foreign(path: Path, agent: object, root: Path, whole: bool = False) -> str | None:
    """Say whose a path is, where a subagent would change what another one owns; the session may change all.

    `whole`: it would be removed.
    """
    if not agent:
        return None
    import owners  # needs Python 3.11, where all else is content with 3.10

    known = owners.owners(root)
    for spelt in (Path(os.path.normpath(path)), path.resolve()):
        if agent not in known or not spelt.is_relative_to(root) or spelt.is_relative_to(root / SCRATCH):
            continue
        # A pattern `bronze/**` is about what lies in the folder.
        name = f"{spelt.relative_to(root).as_posix()}{'/' if os.path.isdir(spelt) else ''}"
        found = owners.owners_of(name, known)
        if found and agent not in found and not (whole and cache(spelt, root)):
            whose = "the session's" if found == [owners.ORCHESTRATOR] else f"of {' and '.join(found)}"
            return (
                f"is {whose}, and you are {agent}: leave it as it is, and say in your report which change it needs, "
                f"and why; the session hands it on. For trials there is {SCRATCH}/."
            )
    return None


def told(path: Path, tool: str, agent: object, root: Path) -> str | None:
    """Say why a tool must not have the file it names, if so."""
    if tool in READING:
        return keys.NO_KEYS if keys.is_keys(path, root) else None
    return wrong(path, root) or foreign(path, agent, root)


def refused(command: shell.Command, agent: object, root: Path) -> str | None:
    """Say why a command must not run, if so."""
    if why := keys.shows(command, root):
        return f"`{command.name}` is refused: it {why}"
    for write in command.writes():
        why = wrong(write.path, root, write.whole)
        if why == MADE[".venv"]:  # a broken environment may be removed by hand
            continue
        why = why or foreign(write.path, agent, root, write.whole)
        if why:
            return f"`{write.by}` is refused: {write.path} {why}"
    return None


def judge(event: dict[str, Any], root: Path) -> tuple[str | None, str | None]:
    """Return why a tool call is refused, if so, and else what of it a person is asked about, if anything."""
    tool, agent, asked = event.get("tool_name") or "", event.get("agent_type"), event.get("tool_input") or {}
    path = events.named(event)
    why = told(path, tool, agent, root) if path else None
    if why:
        return f"{path} {why}", None
    if tool == "Grep" and keys.sought(asked.get("glob"), path, root):
        return f"`{asked['glob']}` takes in a file that {keys.NO_KEYS}", None
    question = None
    line = asked.get("command")
    if isinstance(line, str):
        for command in shell.Shell(Path(event.get("cwd") or root)).commands(line):
            why = refused(command, agent, root)
            if why:
                return why, None
            question = question or goals.asks(command, root)
    return None, question


def advised(event: dict[str, Any], root: Path) -> str | None:
    """Return what to type instead of a command for which no rule gives leave, if there is something."""
    line = (event.get("tool_input") or {}).get("command")
    commands = (
        shell.Shell(Path(event.get("cwd") or root)).commands(line) if isinstance(line, str) else iter(())
    )
    return next((said for command in commands if (said := advice.instead(command, root))), None)


def main() -> None:
    """Judge the tool call that Claude Code is about to make."""
    signal.alarm(LIMIT)
    event = events.read()
    if not event:
        sys.exit("the guard has not been told which call to judge")
    why, question = judge(event, events.ROOT)
    if why:
        events.decide("deny", why)
    elif question:
        events.decide(
            "ask", f"{question}. Where nobody answers, leave it, and report what is wanted and why."
        )
    elif said := advised(event, events.ROOT):
        events.advise(said)


if __name__ == "__main__":
    main()
