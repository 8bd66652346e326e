"""Stand-ins for the public upstreams, one module per source of the same name, found by convention.

A module has `PATH`, where the upstream lies on the sample's server, and `answer(asked)`, which answers as the
upstream does. One of feeds without a past has `SETTING = "archive"` and answers as an archive of them does, with
`index.json` and moments that do not change: the sample is never asked for now. An answer depends on the question and the served folder only, so it is the same every time:
bronze takes a changed answer for a new version. A stand-in that computes its answer from the question (a
generator seeded with what is asked) needs no file in the folder, and works for any month that is in scope.
"""

from __future__ import annotations

import importlib
import json
import pkgutil
from dataclasses import dataclass, field
from email.message import Message
from pathlib import Path
from types import ModuleType
from typing import Any

from bronze.sample.answers import Folder, Query

JSON, XML = "application/json; charset=utf-8", "application/xml"


@dataclass(frozen=True)
class Asked:
    """A question: the path below the upstream's own, the query, the folder that is served, and the headers.

    Headers are found in whatever letters: `asked.headers.get("X-Api-Key")`.
    """

    path: str
    query: Query
    folder: Folder
    headers: Message = field(default_factory=Message)


@dataclass(frozen=True)
class Answer:
    """What the upstream says: bytes, or a file that is streamed and may be asked for in parts.

    `headers`, such as a `Link` to the next page, go with bytes only.
    """

    body: bytes | Path
    kind: str = JSON
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


def json_answer(value: Any, status: int = 200) -> Answer:
    """Return a value as the JSON that APIs answer."""
    return Answer(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode(), status=status)


def stand_ins() -> dict[str, ModuleType]:
    """Return the modules of all stand-ins, by the source they stand in for."""
    names = sorted(module.name for module in pkgutil.iter_modules(__path__))
    return {name: importlib.import_module(f"{__name__}.{name}") for name in names}
