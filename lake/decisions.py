"""What persons decided on the versions of a batch, kept beside them: no suite can decide it again.

By the version's number, in the order in which they decided. Each says with its hash on which content, so that
a hold applies to that content under whatever number it lands again.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lake.errors import DamagedError
from lake.files import read_json, write_json

#: Lies in the batch's folder.
DECISIONS = "decisions.json"
STATES = ("accepted", "refused", "held")
#: What a verdict must have; a person's has `content_hash` as well, but for those from before it was kept.
VERDICT = {"state": str, "by": str, "reason": str, "decided_at": str}
#: What the reason of a hold begins with where the content has landed again.
_AGAIN = "the same content was held before: "
_NUMBER = re.compile("[1-9][0-9]*")

Decisions = dict[str, dict[str, Any]]


def has(content: Any, kinds: Mapping[str, Any]) -> bool:
    """Say whether what was read is an object with these names, of these types."""
    return isinstance(content, dict) and all(
        isinstance(content.get(name), kind) for name, kind in kinds.items()
    )


def is_persons(verdict: Mapping[str, Any]) -> bool:
    """Say whether a person gave the verdict, and no suite."""
    return not verdict["by"].startswith("suite ")


def read_decisions(folder: Path) -> Decisions:
    """Return the verdicts that persons gave on versions of a batch, by number; `folder` is the batch's.

    Raises:
        DamagedError: they cannot be read, or are not what was written.
    """
    path = folder / DECISIONS
    if not path.exists():
        return {}
    mend = "remove it, and `make hold` or `make accept` writes it again"
    decisions: Decisions = read_json(path, mend=mend)
    kept = list(decisions.values()) if isinstance(decisions, dict) else [None]
    if not all(has(verdict, VERDICT) and verdict["state"] in STATES for verdict in kept):
        raise DamagedError(f"{path} is not what this lake writes: look at the verdicts in it; {mend}")
    return decisions


def keep_decision(folder: Path, number: int, verdict: dict[str, Any]) -> None:
    """Write down what a person decided on a version, as the last word on the batch."""
    others = {of: kept for of, kept in read_decisions(folder).items() if of != str(number)}
    write_json(folder / DECISIONS, others | {str(number): verdict})


def settle_decisions(folder: Path, number: int, content_hash: str) -> dict[str, Any] | None:
    """Let the decisions of a batch know that a version of this number and content is about to land.

    Returns the verdict that it lands with: it is held where the last word on that content, under whatever
    number, was to hold it. An acceptance is not carried over: the gate judges again, and its refusal is told.
    What was decided on another landing of this number, whose folder was removed by hand, says no more of the
    number; of its content it does.

    Raises:
        DamagedError: the decisions cannot be read.
    """
    kept = read_decisions(folder)
    # The second copy, where the first was lost. Those of the removed landing are gone with its folder.
    known = _in_verdicts(folder, but=kept) | kept
    if not known:
        return None
    words = [one for of, one in known.items() if _content(folder, of, one) == content_hash]
    now: Decisions = {}
    for of, one in known.items():
        key = of if of != str(number) else one.get("content_hash")
        if key:
            now.pop(key, None)
            now[key] = one
    held = None
    if words and words[-1]["state"] == "held":
        reason = _AGAIN + words[-1]["reason"].removeprefix(_AGAIN)
        held = now[str(number)] = words[-1] | {"reason": reason, "history": []}
    if now != kept:
        write_json(folder / DECISIONS, now)
    return held


def _content(folder: Path, of: str, verdict: Mapping[str, Any]) -> str | None:
    """Return on which content a person decided: as the verdict has it, else as the version's record does."""
    content: str | None = verdict.get("content_hash")
    if content is None and _NUMBER.fullmatch(of):
        # Damage of it has its message where the version is read.
        with contextlib.suppress(DamagedError):
            record = read_json(folder / f"version={of}" / "record.json", {"content_hash": str})
            content = record["content_hash"]
    return content


def _in_verdicts(folder: Path, but: Decisions) -> Decisions:
    """Return what persons decided as the verdicts of versions have it, those with a lost record among them.

    They stand in the order of their times: which one came last, only the lost copy had without a clock.
    """
    found = {}
    for path in folder.glob("version=*/verdict.json"):
        number = path.parent.name.removeprefix("version=")
        with contextlib.suppress(DamagedError):
            verdict = read_json(path, VERDICT)
            if _NUMBER.fullmatch(number) and number not in but and is_persons(verdict):
                found[number] = verdict
    return dict(sorted(found.items(), key=lambda one: (one[1]["decided_at"], int(one[0]))))
