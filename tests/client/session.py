"""The real client in a world of its own: a throwaway home, a throwaway copy of the project, a scripted model.

The client is `CLAUDE_BIN`, else `claude` on the path. Nothing of the caller's environment reaches it but the
path, so it has no credential but a dummy and no address but the loopback's.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.client.messages import SESSION, Call, Model, Result, Turn
from tests.structure.copies import copied

#: Tools that say what they were asked for and do nothing: only whether they may be run is looked at.
STUB = '#!/bin/sh\necho "ran $0 $*"\n'
MAKEFILE = ".DEFAULT: ; @echo ran $@\nall: ; @echo ran\n"
TOOLS = ("python", "pytest", "ruff", "mypy", "lint-imports", "sqlfluff", "sqlmesh", "dbt", "pre-commit")
#: No person is there to be asked; prompts come in and events go out line by line.
HEADLESS = ("-p", "--verbose", "--input-format", "stream-json", "--output-format", "stream-json")
NOWHERE = "http://127.0.0.1:9"
Ended = subprocess.CompletedProcess[str]


def binary() -> str | None:
    """Return the client there is, if any."""
    return os.environ.get("CLAUDE_BIN") or shutil.which("claude")


@dataclass(frozen=True)
class Ran:
    """What is left of a run of the client."""

    model: Model
    events: list[Mapping[str, Any]]
    errors: str

    @property
    def start(self) -> Mapping[str, Any]:
        """What the client says of itself when it starts: agents, commands, tools."""
        return next(event for event in self.events if event.get("subtype") == "init")

    @property
    def end(self) -> Mapping[str, Any]:
        """What it says at the end: the last words, and which calls were refused for want of leave."""
        return [event for event in self.events if event["type"] == "result"][-1]

    def results(self, speaker: str = SESSION) -> list[Result]:
        """Return what came of the calls of a speaker's script."""
        return list(self.model.of(speaker)[-1].results())

    def without_leave(self) -> set[str]:
        """Return the commands for which a person would have been asked."""
        return {denied["tool_input"].get("command", "") for denied in self.end["permission_denials"]}


class World:
    """A home that trusts one folder, and it: the project as git knows it, with tools that do nothing."""

    def __init__(self, folder: Path) -> None:
        self.home, self.root = folder / "home", folder / "project"
        self.home.mkdir()
        copied(self.root)
        (self.root / "Makefile").write_text(MAKEFILE)
        tools = self.root / ".venv" / "bin"
        tools.mkdir(parents=True)
        for name in TOOLS:
            (tools / name).write_text(STUB)
            (tools / name).chmod(0o755)
        for command in (["init", "-q", "-b", "main"], ["add", "-A"], ["commit", "-q", "-m", "all"]):
            subprocess.run(["git", *command], cwd=self.root, env=self.environment(), check=True)
        self.trust(self.root)

    def without_hooks(self) -> None:
        """Leave the hooks out, where only rules are looked at: each call would start Python."""
        self.settings({"disableAllHooks": True})

    def settings(self, kept: Mapping[str, Any]) -> None:
        """Keep settings as a person does for oneself, beside those of the project."""
        (self.root / ".claude" / "settings.local.json").write_text(json.dumps(kept))

    def trust(self, *folders: Path) -> None:
        """Have the client trust these folders alone, as a person says in its first dialog."""
        projects = {str(folder): {"hasTrustDialogAccepted": True} for folder in folders}
        (self.home / ".claude.json").write_text(json.dumps({"projects": projects}))

    def environment(self, url: str = NOWHERE) -> dict[str, str]:
        """Return all that the client's process knows."""
        named = dict.fromkeys(("GIT_AUTHOR_NAME", "GIT_COMMITTER_NAME"), "A Person")
        named |= dict.fromkeys(("GIT_AUTHOR_EMAIL", "GIT_COMMITTER_EMAIL"), "person@example.org")
        return named | {
            "PATH": os.environ["PATH"],
            "HOME": str(self.home),
            "LANG": "C.UTF-8",
            "ANTHROPIC_BASE_URL": url,
            "ANTHROPIC_API_KEY": "none",  # pragma: allowlist secret
            # Whatever else it might call leads nowhere.
            "HTTPS_PROXY": NOWHERE,
            "HTTP_PROXY": NOWHERE,
            "NO_PROXY": "127.0.0.1",
            "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
            "DISABLE_TELEMETRY": "1",
            "DISABLE_ERROR_REPORTING": "1",
            "DISABLE_AUTOUPDATER": "1",
        }

    def command(self, *arguments: str, url: str = NOWHERE, cwd: Path | None = None, said: str = "") -> Ended:
        """Run the client and return the process that has ended."""
        return subprocess.run(
            [str(binary()), *arguments],
            cwd=cwd or self.root, env=self.environment(url), input=said, capture_output=True, text=True,
            timeout=300, check=False,
        )  # fmt: skip

    def run(
        self,
        script: Mapping[str, Sequence[Turn]],
        *prompts: str,
        cwd: Path | None = None,
        flags: Sequence[str] = (),
    ) -> Ran:
        """Run one session that nobody watches, prompt after prompt."""
        model = Model({SESSION: [], **script})
        messages = [{"role": "user", "content": prompt} for prompt in prompts or ("go",)]
        said = "".join(json.dumps({"type": "user", "message": message}) + "\n" for message in messages)
        done = self.command(*HEADLESS, *flags, url=model.url, cwd=cwd, said=said)
        model.shutdown()
        model.server_close()
        return Ran(model, [json.loads(line) for line in done.stdout.splitlines()], done.stderr)


def bash(*commands: str) -> list[Call]:
    """Return a turn that asks for commands, each by itself."""
    return [Call("Bash", {"command": command, "description": "try"}) for command in commands]
