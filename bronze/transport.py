"""How questions travel: within a time in total, to one host only, and to the loopback through no proxy.

requests limits each read and follows redirects anywhere; this is the adapter under its session that does not.
"""

from __future__ import annotations

import contextlib
import functools
import ipaddress
import logging
import socket
import threading
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, TypeVar

import requests
from requests.adapters import HTTPAdapter
from urllib3.util import parse_url

from bronze.addresses import origin
from bronze.errors import BatchError, UnreachableError
from lake.words import shown

#: Seconds that an answer may take in all, from the question to its last byte; of a large file, that the next
#: bytes may take. The slowest real answer, a month of weather on a bad day, takes some ten.
SECONDS = 120.0
_LONGEST = 300  # letters of another address that are shown
_Made = TypeVar("_Made")


def _without_secrets(record: logging.LogRecord) -> bool:
    record.msg, record.args = shown(record.getMessage()), ()
    return True


# urllib3 logs addresses: of an answer with odd headers, and, where a level asks for it, of every question.
for _name in ("urllib3.connection", "urllib3.connectionpool"):
    logging.getLogger(_name).addFilter(_without_secrets)


class Deadline:
    """A time for an answer. When it is over the connection is shut, whoever waits for its next byte.

    A limit on each read would let a byte every few seconds go on for ever.
    """

    def __init__(self) -> None:
        """Hold no connection yet."""
        self.over = False
        self._held: socket.socket | None = None
        self._handle: socket.socket | None = None
        self._timer: threading.Timer | None = None

    def hold(self, connection: socket.socket, *, handle: bool = False) -> None:
        """Take the connection that is to be shut, or a handle of it that is closed with the next."""
        if self._handle:
            self._handle.close()
        self._held, self._handle = connection, connection if handle else None

    def begin(self) -> None:
        """Count from now on."""
        self.end()
        self._timer = threading.Timer(SECONDS, self._shut)
        self._timer.daemon = True
        self._timer.start()

    def end(self) -> None:
        """Count no longer."""
        if self._timer:
            self._timer.cancel()

    def close(self) -> None:
        """Count no longer, and hold nothing."""
        self.end()
        if self._handle:
            self._handle.close()

    def _shut(self) -> None:
        self.over = True
        with contextlib.suppress(OSError):  # closed already
            if self._held is not None:
                # Not the method of an SSLSocket, which takes the keys from under whoever reads.
                socket.socket.shutdown(self._held, socket.SHUT_RDWR)


@dataclass(frozen=True)
class Question:
    """An address that is asked, and the time for its answer."""

    url: str
    deadline: Deadline

    def too_slow(self) -> UnreachableError:
        """Return the error for an answer that did not come to its end in time."""
        return UnreachableError(
            f"{shown(self.url)} is too slow: it took longer than {SECONDS:g} s; ask again later"
        )

    def timed(self, act: Callable[[], _Made]) -> _Made:
        """Let a connection be made or give its answer within the deadline."""
        self.deadline.over = False  # that of another try may have ended in a pause
        self.deadline.begin()
        try:
            return act()
        except Exception:
            if self.deadline.over:
                raise self.too_slow() from None  # which nothing on the way retries
            raise


#: What is being asked: connections are made and kept by a pool, which knows nothing of it.
ASKED: ContextVar[Question] = ContextVar("ASKED")


class _Timed:
    """A connection that is made, and answers, within the deadline of what is asked."""

    sock: socket.socket

    def _new_conn(self) -> socket.socket:
        made: socket.socket = super()._new_conn()  # type: ignore[misc]
        # A handle of its own: TLS takes this one over, and gives none back until hands are shaken.
        ASKED.get().deadline.hold(made.dup(), handle=True)
        return made

    def connect(self) -> None:
        ASKED.get().timed(super().connect)  # type: ignore[misc]
        ASKED.get().deadline.hold(self.sock)

    def getresponse(self) -> Any:
        ASKED.get().deadline.hold(self.sock)
        return ASKED.get().timed(super().getresponse)  # type: ignore[misc]


@functools.cache
def _timed(kind: type) -> type:
    return kind if issubclass(kind, _Timed) else type(kind.__name__, (_Timed, kind), {})


class Adapter(HTTPAdapter):
    """Sends what is `ASKED`; a session uses it for every address."""

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        timeout: Any = None,
        verify: bool | str = True,
        cert: Any = None,
        proxies: Any = None,
    ) -> requests.Response:
        """Send one request, the first or that of a redirect, if it stays on the host that is asked."""
        url, asked = request.url or "", ASKED.get().url
        if origin(url) != origin(asked):
            raise BatchError(
                f"{shown(asked)} leads to {shown(url)[:_LONGEST]}, which is another host: not asked. If the upstream has "
                "moved there, change its base_url"
            )
        if _is_loopback(url):
            proxies = None  # the sample's own server, which no proxy can reach
        response = super().send(request, stream, timeout, verify, cert, proxies)
        if response.is_redirect:
            response.close()  # requests would read all that comes with it, however much
        return response

    def get_connection_with_tls_context(self, *arguments: Any, **named: Any) -> Any:
        """Return the pool of connections to a host, each of which keeps to the deadline."""
        pool: Any = super().get_connection_with_tls_context(*arguments, **named)
        # Of whatever kind it is: plain, secure, through a proxy of either kind.
        pool.ConnectionCls = _timed(pool.ConnectionCls)
        return pool


def _is_loopback(url: str) -> bool:
    host = (parse_url(url).host or "").strip("[]")
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
