"""Where things stand in an answer of JSON: places by dots, what stands at none that is known, and how deep it goes."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

#: No feed nests a tenth of it. What lands is gone through with the stack that dlt leaves, which is less than was
#: there when it was asked for: an answer that can be kept must not be one that cannot land.
DEEPEST = 64


def at(answer: Any, place: str) -> Any:
    """Return what stands at a place of an answer, such as `data.stations`; None where nothing does."""
    found = answer
    for name in filter(None, place.split(".")):
        found = found.get(name) if isinstance(found, dict) else None
    return found


def others(value: Any, known: Collection[str], place: str = "") -> Iterator[tuple[str, Any]]:
    """Yield what stands in an object at none of the known places, by its own; what leads to a known one is opened."""
    for name, one in value.items() if isinstance(value, dict) else ():
        here = f"{place}.{name}" if place else name
        if here in known:
            continue
        if isinstance(one, dict) and any(path.startswith(f"{here}.") for path in known):
            yield from others(one, known, here)
        else:
            yield here, one


def is_too_deep(answer: Any) -> bool:
    """Say whether lists and objects of an answer stand in each other deeper than DEEPEST."""
    level = [answer]
    for _ in range(DEEPEST):
        level = [
            inner
            for one in level
            for inner in (one.values() if isinstance(one, dict) else one if isinstance(one, list) else ())
            if isinstance(inner, dict | list)
        ]
        if not level:
            return False
    return True
