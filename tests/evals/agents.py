"""Who works on a task: any client that takes a sentence, nobody, or a patch."""

from __future__ import annotations

import json
import shlex
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.evals.place import Place

SENTENCE = "{sentence}"


@dataclass(frozen=True)
class Worked:
    """How a client worked: seconds, how it ended, and what it says it cost, where it says so."""

    seconds: float
    ended: str
    tokens: int | None = None
    dollars: float | None = None


def work(place: Place, agent: str) -> Worked:
    """Let an agent work in a place to its end, or to the task's; what it prints is kept in `agent.log`.

    `agent` is `none`, `patch:<file>`, or a command with `{sentence}` in it, such as `claude -p {sentence}`.

    Raises:
        ValueError: the command has no place for the sentence, or the patch does not fit.
    """
    if agent == "none":
        return Worked(0.0, "nobody was asked")
    if agent.startswith("patch:"):
        patch = Path(agent.removeprefix("patch:")).absolute()
        try:
            place.git("apply", str(patch))
        except subprocess.CalledProcessError as error:
            raise ValueError(f"{patch} does not fit: {error.stderr}") from error
        return Worked(0.0, "the patch was applied")
    words = shlex.split(agent)
    if not any(SENTENCE in word for word in words):
        raise ValueError(f"AGENT={agent!r} has no place for the sentence: claude -p {SENTENCE}")
    words = [word.replace(SENTENCE, place.task.sentence) for word in words]
    began = time.monotonic()
    log = place.root / "agent.log"
    with log.open("w") as told:
        try:
            status = subprocess.run(
                words,
                cwd=place.clone,
                env=place.environment(**place.served),
                stdin=subprocess.DEVNULL,
                stdout=told,
                stderr=subprocess.STDOUT,
                timeout=place.task.minutes * 60,
            ).returncode
            ended = f"exit status {status}"
        except subprocess.TimeoutExpired:
            ended = f"stopped after {place.task.minutes} minutes"
        except OSError as error:
            raise ValueError(f"AGENT={agent!r}: {error}") from error
    return Worked(time.monotonic() - began, ended, *cost(log.read_text(errors="replace")))


def cost(log: str) -> tuple[int | None, float | None]:
    """Return tokens and dollars, where the last line that is a JSON object tells them as Claude Code does."""
    for line in reversed(log.splitlines()):
        try:
            said = json.loads(line)
        except ValueError:
            continue
        if isinstance(said, Mapping):
            usage = said.get("usage") or {}
            counts = [
                usage[name] for name in usage if name.endswith("tokens") and isinstance(usage[name], int)
            ]
            return (sum(counts) if counts else None, said.get("total_cost_usd"))
    return None, None
