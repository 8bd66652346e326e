"""Answers in words: the last line of `ANSWER.md` that begins with `VERDICT:` is JSON, and is what is graded."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from tests.evals.place import Place


def verdict(place: Place) -> Mapping[str, Any]:
    """Return what an agent found, as it says in one line; empty where it says nothing that can be read."""
    for line in reversed(place.answer.splitlines()):
        said = line.strip().strip("`*").removeprefix("VERDICT:")
        if said != line.strip().strip("`*"):
            try:
                found = json.loads(said)
            except ValueError:
                return {}
            return found if isinstance(found, dict) else {}
    return {}


def says(place: Place, field: str, expected: Any) -> list[str]:
    """Say what is wrong with one field of the verdict."""
    found = verdict(place).get(field)
    return [] if found == expected else [f"ANSWER.md: VERDICT says {field} = {found!r}, it is {expected!r}"]


def answer(place: Place, **verdict: Any) -> None:
    """Write an answer."""
    (place.clone / "ANSWER.md").write_text(f"Found.\n\nVERDICT: {json.dumps(verdict)}\n")
