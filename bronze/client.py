"""Asking an upstream within bounds: in time, of one host, and not again where it does not answer.

dlt's client retries, requests asks. What they leave open is closed here, for whatever is asked: an answer has
a time in total, the loopback is asked through no proxy, a redirect leads to no other host, and no error shows
what an address keeps secret.
"""

from __future__ import annotations

import contextlib
import functools
import ipaddress
import logging
import socket
import threading
from collections.abc import Callable, Container, Iterator, Mapping
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, TypeVar

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import HTTPError as TransportError
from urllib3.exceptions import MaxRetryError, NewConnectionError
from urllib3.util import parse_url

from bronze.addresses import keep_secret, keep_secrets_of, origin, shown
from bronze.errors import BatchError, UnreachableError

if TYPE_CHECKING:
    from dlt.sources.helpers.requests import Client as Retrying

#: Seconds that an answer may take in all, from the question to its last byte; of a large file, that the next
#: bytes may take. The slowest real answer, a month of weather on a bad day, takes some ten.
SECONDS = 120.0
#: Steps from one address to the next, on one host.
_MOST_REDIRECTS = 5
#: Questions in a row that one host has failed to answer until it is asked no more.
_SILENT_AFTER = 3
_PASSING = {408, 425, 429}
_SAID = 300
_Made = TypeVar("_Made")


def _without_secrets(record: logging.LogRecord) -> bool:
    record.msg, record.args = shown(record.getMessage()), ()
    return True


# urllib3 logs addresses: of an answer with odd headers, and, where a level asks for it, of every question.
for _name in ("urllib3.connection", "urllib3.connectionpool"):
    logging.getLogger(_name).addFilter(_without_secrets)


class BrokenOffError(UnreachableError):
    """An answer had begun and did not come to its end: asked again, the rest may come."""


class Deadline:
    """A time for an answer. When it is over the connection is shut, whoever waits for its next byte.

    requests limits each read only: a byte every few seconds could go on for ever.
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


class _Question:
    def __init__(self, url: str, deadline: Deadline) -> None:
        self.url, self.deadline = url, deadline

    def too_slow(self) -> UnreachableError:
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


_asked: ContextVar[_Question] = ContextVar("_asked")


class _Timed:
    """A connection that is made, and answers, within the deadline of what is asked."""

    sock: socket.socket

    def _new_conn(self) -> socket.socket:
        made: socket.socket = super()._new_conn()  # type: ignore[misc]
        # A handle of its own: TLS takes this one over, and gives none back until hands are shaken.
        _asked.get().deadline.hold(made.dup(), handle=True)
        return made

    def connect(self) -> None:
        _asked.get().timed(super().connect)  # type: ignore[misc]
        _asked.get().deadline.hold(self.sock)

    def getresponse(self) -> Any:
        _asked.get().deadline.hold(self.sock)
        return _asked.get().timed(super().getresponse)  # type: ignore[misc]


@functools.cache
def _timed(kind: type) -> type:
    return kind if issubclass(kind, _Timed) else type(kind.__name__, (_Timed, kind), {})


class _Adapter(HTTPAdapter):
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
        url, asked = request.url or "", _asked.get().url
        if origin(url) != origin(asked):
            raise BatchError(
                f"{shown(asked)} leads to {shown(url)[:_SAID]}, which is another host: not asked. If the upstream has "
                "moved there, change its base_url"
            )
        if _is_loopback(url):
            proxies = None  # the sample's own server, which no proxy can reach
        return super().send(request, stream, timeout, verify, cert, proxies)

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


def _retrying(attempts: int | None = None) -> Retrying:
    """Return dlt's client, set up by `[runtime]` of the configuration, with so many attempts if given."""
    from dlt.common.configuration.resolve import resolve_configuration
    from dlt.common.configuration.specs import RuntimeConfiguration
    from dlt.sources.helpers.requests import Client as Retrying

    adapter = _Adapter()
    made = Retrying(session_attrs={"get_adapter": lambda url: adapter, "max_redirects": _MOST_REDIRECTS})
    settings = resolve_configuration(RuntimeConfiguration())
    settings.request_max_attempts = attempts or settings.request_max_attempts
    made.update_from_config(settings)
    return made


def _why(error: Exception) -> str:
    """Return the innermost of the reasons that requests and urllib3 wrap into each other."""
    found: BaseException = error
    while found.args and isinstance(inner := found.args[0], Exception):
        found = inner.reason if isinstance(inner, MaxRetryError) and inner.reason else inner
    return shown(found)


def _is_silent(error: Exception) -> bool:
    """Say whether there was no connection at all: no name, nobody there, no proxy, no certificate."""
    inner = error.args[0] if error.args else None
    refused = isinstance(inner, MaxRetryError) and isinstance(inner.reason, NewConnectionError)
    kinds = (requests.ConnectTimeout, requests.exceptions.ProxyError, requests.exceptions.SSLError)
    return refused or isinstance(error, kinds)


class Client:
    """Asks an upstream, within bounds; one for each listing, and so for one run.

    A host that nobody could connect to is not asked again. One that fails a question to the end (too slow,
    closed, 5xx) may fail this one only: the next are asked once each, without retries, and after the third
    in a row no more.
    """

    def __init__(self, headers: Mapping[str, str] | None = None) -> None:
        """Take headers that go with every question, such as one with a key."""
        self._headers = dict(headers or {})
        for value in self._headers.values():
            keep_secret(value, *value.split())
        self._often, self._once = _retrying(), _retrying(attempts=1)
        self._silent: dict[str, str] = {}
        self._failed: dict[str, int] = {}

    def doubts(self, url: str) -> bool:
        """Say whether the host has failed the question before: it is not worth many tries."""
        return bool(self._failed.get(origin(url)))

    def failed(self, url: str, about: str, why: str, *, silent: bool = False) -> None:
        """Note that the host has not answered, however often it was asked; `silent` if nobody is there."""
        host = origin(url)
        self._failed[host] = self._failed.get(host, 0) + 1
        if silent or self._failed[host] >= _SILENT_AFTER:
            self._silent[host] = f"{shown(host)} did not answer for {shown(about or url)} ({why})"

    @contextlib.contextmanager
    def asking(
        self,
        url: str,
        params: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        *,
        about: str = "",
        also: Container[int] = (),
        deadline: Deadline | None = None,
    ) -> Iterator[requests.Response]:
        """Give the answer to a question, to be read as a stream within the block.

        `about` is what is asked for in words, `also` are statuses that are answers beside 2xx.

        Raises:
            BatchError: the upstream refused, or leads elsewhere.
            BrokenOffError: the answer had begun, and broke off.
            UnreachableError: it could not be reached, failed on its side, was too slow, or did not answer
                earlier on.
        """
        try:
            host = origin(url)
        except ValueError:
            raise BatchError(f"{shown(url)} is no address: check base_url") from None
        keep_secrets_of(url)
        if host in self._silent:
            raise UnreachableError(f"not asked again: {self._silent[host]}")
        question = _Question(url, deadline or Deadline())
        token, response = _asked.set(question), None
        try:
            response = self._answer(url, params, {**self._headers, **(headers or {})}, about, also)
            yield response
            if question.deadline.over:  # and the connection shut, which may look like the end of the answer
                raise question.too_slow()
        except (requests.RequestException, TransportError, UnreachableError) as error:
            if question.deadline.over:
                self.failed(url, about, "too slow")
                raise question.too_slow() from None
            if isinstance(error, UnreachableError):
                raise
            raise BrokenOffError(f"{shown(url)} broke off: {_why(error)}") from None
        except BatchError:
            self._failed.pop(host, None)  # it has answered, whatever that was
            raise
        else:
            self._failed.pop(host, None)
        finally:
            question.deadline.close()
            _asked.reset(token)
            if response is not None:
                response.close()

    def _answer(
        self,
        url: str,
        params: Mapping[str, Any] | None,
        headers: Mapping[str, str],
        about: str,
        also: Container[int],
    ) -> requests.Response:
        """Ask, as often as the host deserves, and return the answer when it begins."""
        http = self._once if self.doubts(url) else self._often
        try:
            answer: requests.Response = http.get(url, params=params, headers=headers, stream=True)
            return answer
        except requests.HTTPError as error:
            answer = error.response
            status = answer.status_code
            if status in also:
                return answer
            said = f"{shown(answer.url)} answered {status}{_said(answer)}"
            if status < 500 and status not in _PASSING:
                self._failed.pop(origin(url), None)
                raise BatchError(said) from None
            self.failed(url, about, f"status {status}")
            raise UnreachableError(said) from None
        except requests.TooManyRedirects:
            raise BatchError(
                f"{shown(url)} leads from one address to the next, more than {_MOST_REDIRECTS} times"
            ) from None
        except (requests.ConnectionError, requests.Timeout) as error:
            self.failed(url, about, why := _why(error), silent=_is_silent(error))
            raise UnreachableError(f"{shown(url)} could not be reached: {why}") from None
        except requests.RequestException as error:
            raise BatchError(f"{shown(url)} cannot be asked: {_why(error)}") from None


def _said(answer: requests.Response) -> str:
    """Return the beginning of what comes with a status that is no answer."""
    with contextlib.suppress(requests.RequestException):
        if text := next(answer.iter_content(4 * _SAID), b"").decode("utf-8", "replace").strip():
            return f": {shown(text)[:_SAID]}"
    return ""
