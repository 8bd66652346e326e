"""Faults on request, so that tests can make an upstream fail in a known way."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler
from typing import Literal


@dataclass(frozen=True)
class Fault:
    """What goes wrong with one request.

    `status` answers with that status and, if given, `Retry-After` seconds. `drop` closes the connection
    without an answer. `cut` promises the whole body and closes the connection half way. `act` lets a function
    answer, whatever it likes, on the request's own handler.
    """

    kind: Literal["status", "drop", "cut", "act"]
    status: int = 500
    retry_after: int | None = None
    act: Callable[[BaseHTTPRequestHandler], None] | None = None


def server_error(status: int = 500) -> Fault:
    """Return a fault that answers with a status of the server's."""
    return Fault("status", status)


def too_many(retry_after: int = 0) -> Fault:
    """Return a fault that answers 429 with `Retry-After` in seconds."""
    return Fault("status", 429, retry_after)


DROP = Fault("drop")
CUT = Fault("cut")


class Faults:
    """A script: for each path the faults of its next requests, in order; after them it works again.

    Paths are unquoted and without query or closing slash: `/tripdata` (the listing),
    `/tripdata/JC-202012 citibike-tripdata.csv.zip`, `/v1/archive`, `/api/v3/PublicHolidays/2021/US`.
    The path `*` holds faults for requests of any path that has none of its own left.

    `Faults({"/v1/archive": [server_error(), too_many(1), DROP]})` fails three times.
    """

    def __init__(self, script: Mapping[str, Iterable[Fault]] | None = None) -> None:
        """Copy the script, so that one may serve several servers."""
        self._script = {path: list(faults) for path, faults in (script or {}).items()}
        self._lock = threading.Lock()

    def add(self, path: str, *faults: Fault) -> None:
        """Append faults for a path while the server runs."""
        with self._lock:
            self._script.setdefault(path, []).extend(faults)

    def take(self, path: str) -> Fault | None:
        """Return the fault of this request, and strike it off the script."""
        with self._lock:
            for name in (path, "*"):
                if self._script.get(name):
                    return self._script[name].pop(0)
        return None

    @property
    def left(self) -> int:
        """How many faults have not happened yet."""
        with self._lock:
            return sum(map(len, self._script.values()))
