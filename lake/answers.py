"""What commands answer to programs: with `--json` one JSON object on stdout, and nothing else there.

Each answer is a dataclass whose fields are the object's names; `tests/orchestration/answers.json` holds all of them
to their names and types. What went wrong is `{"error": "…"}`, and the exit status is the same as without.
"""

from __future__ import annotations

import contextlib
import json
import math
import sys
from collections.abc import Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from typing import Any, TextIO

from lake.words import plain

#: The option that asks for it.
OPTION = "--json"
_STDOUT: ContextVar[TextIO | None] = ContextVar("stdout", default=None)


@dataclass(frozen=True)
class Failed:
    """Why there is no other answer."""

    error: str


@contextlib.contextmanager
def for_programs() -> Iterator[None]:
    """Keep stdout for the one answer: whatever else is printed in the block goes to stderr."""
    before = _STDOUT.set(sys.stdout)
    try:
        with contextlib.redirect_stdout(sys.stderr):
            yield
    finally:
        _STDOUT.reset(before)


def wanted() -> bool:
    """Say whether this command is to answer as JSON."""
    return _STDOUT.get() is not None


def stream() -> TextIO:
    """Return where this command says what it was asked for."""
    return _STDOUT.get() or sys.stdout


def answer(found: Any) -> None:
    """Print a dataclass as the command's answer."""
    print(json.dumps(as_json(found), ensure_ascii=False, allow_nan=False), file=stream())


def fail(why: str) -> int:
    """Say why there is no answer, to a program or on stderr, and return the exit status of an error."""
    if wanted():
        answer(Failed(plain(why)))
    else:
        print(f"error: {plain(why)}", file=sys.stderr)
    return 2


def as_json(value: Any) -> Any:
    """Return a value in the types of JSON. What is no number there (NaN, infinite) is null."""
    if is_dataclass(value) and not isinstance(value, type):
        return {one.name: as_json(getattr(value, one.name)) for one in fields(value)}
    if isinstance(value, Mapping):
        return {str(name): as_json(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [as_json(one) for one in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return str(value) if isinstance(value, Path) else value
