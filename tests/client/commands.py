"""Every command that a document tells its reader to run, and what is to come of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import owners

ROOT = Path(__file__).parents[2]
#: What an agent reads as instructions.
DOCUMENTS = re.compile(
    r"(.*/)?(CLAUDE|README|CONTRIBUTING)\.md|\.awos/(subagents|commands|skills|templates)/.*\.md"
)
#: How a command begins: a tool's name alone, as in `make`, is a word about the tool.
BEGINS = re.compile(
    r"(make|git|cd|rm|mkdir|export|unset|docker|curl|claude|npm|python3?|\.venv/bin/python) [^ ]"
    r"|[A-Z_]+=[^ '\"]+ [^ ]|\.venv/bin/(?!python$)"
)
#: What a person decides: what counts as published, what is removed, what a running server is to do.
DECIDES = re.compile(
    r"make (?:accept|clean|drop|eval(?!-)|gc|hold|merge|release|rollback)\b.*"
    r"|make run .*PUBLISH__LIMITS=.*"  # lifts what keeps a run from publishing
    r"|make airflow .*"  # starts runs
    r"|claude .*"
)
#: What does not end by itself: a server, a shell, a recorder.
FOR_EVER = re.compile(
    r"make (?:airflow|dashboard|sql|docs SERVE=1|poll EVERY=\d+)(?: (?:LAKE_ROOT|BRANCH)=\S+)?|\.venv/bin/python -m lake\.mcp"
)
#: What comes of a command.
VERDICTS = RUNS, A_PERSON_DECIDES, RUNS_FOR_EVER = "runs", "a person decides", "runs for ever"
_FENCED = re.compile(r"^```([a-z]*)\n(.*?)^```", re.DOTALL | re.MULTILINE)
#: Blocks that are typed into a shell; those of other languages are code.
_SHELL = {"", "bash", "sh", "console"}


def documents() -> Iterator[Path]:
    """Yield the documents that tell agents what to do."""
    yield from (ROOT / name for name in owners.files() if DOCUMENTS.fullmatch(name))


def commands(text: str) -> Iterator[str]:
    """Yield the commands in a document as it spells them, from its blocks and from its running text."""
    for block in (block for language, block in _FENCED.findall(text) if language in _SHELL):
        for line in re.sub(r"\\\n\s*", "", block).splitlines():
            yield re.sub(r"\s+# .*", "", line).strip().removeprefix("$ ")
    for span in re.findall(r"`([^`]+)`", _FENCED.sub("", text)):
        yield " ".join(span.split())


def filled(command: str) -> str:
    """Return a command that can be run: words for its placeholders, without what may be left out."""
    return re.sub(r"<[^<>]+>|…", "x", re.sub(r" \[[a-z]+\]", "", command))


def verdict(command: str) -> str:
    """Return what is to come of a command that a document names, one of `VERDICTS`: it runs, or a person is asked."""
    if DECIDES.fullmatch(command):
        return A_PERSON_DECIDES
    return RUNS_FOR_EVER if FOR_EVER.fullmatch(command) else RUNS


def told() -> dict[str, list[str]]:
    """Return each command, filled in, with the documents that tell it."""
    found: dict[str, list[str]] = {}
    for path in documents():
        for command in commands(path.read_text(encoding="utf-8")):
            if BEGINS.match(command):
                names = found.setdefault(filled(command), [])
                if (name := str(path.relative_to(ROOT))) not in names:
                    names.append(name)
    return found
