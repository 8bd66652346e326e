"""Asking an upstream: retried by dlt's client, and not again where it does not answer.

What goes wrong is told in our errors, without what an address keeps secret: those of requests, which show it,
go no further.
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Container, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import requests
from urllib3.exceptions import HTTPError as TransportError
from urllib3.exceptions import MaxRetryError, NewConnectionError

from bronze.addresses import origin
from bronze.errors import BatchError, UnreachableError
from bronze.transport import ASKED, Adapter, Deadline, Question
from lake.words import keep_secret, keep_secrets_of, shown

if TYPE_CHECKING:
    from dlt.sources.helpers.requests import Client as Retrying

#: Headers that say who asks and for what: their words are no keys, and are in many a message.
_OPEN_HEADERS = {"accept", "accept-language", "user-agent"}
#: Steps from one address to the next, on one host.
_MOST_REDIRECTS = 5
#: Questions in a row that one host has failed to answer until it is asked no more.
_SILENT_AFTER = 3
_PASSING = {408, 425, 429}
_SAID = 300


class BrokenOffError(UnreachableError):
    """An answer had begun and did not come to its end: asked again, the rest may come."""


def _retrying(attempts: int | None = None) -> Retrying:
    """Return dlt's client, set up by `[runtime]` of the configuration, with so many attempts if given."""
    from dlt.common.configuration.resolve import resolve_configuration
    from dlt.common.configuration.specs import RuntimeConfiguration
    from dlt.sources.helpers.requests import Client as Retrying

    adapter = Adapter()
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
        for name, value in self._headers.items():
            if name.lower() not in _OPEN_HEADERS:
                keep_secret(value, *value.split())
        self._silent: dict[str, str] = {}
        self._failed: dict[str, int] = {}

    # Each when it is needed: dlt's settings behind them take as long as an answer.
    @functools.cached_property
    def _often(self) -> Retrying:
        return _retrying()

    @functools.cached_property
    def _once(self) -> Retrying:
        return _retrying(attempts=1)

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
        params: Mapping[str, Any] | str | None = None,
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
        keep_secrets_of(url)
        host = origin(url)
        if host in self._silent:
            raise UnreachableError(f"not asked again: {self._silent[host]}")
        question = Question(url, deadline or Deadline())
        token, response = ASKED.set(question), None
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
            ASKED.reset(token)
            if response is not None:
                response.close()

    def _answer(
        self,
        url: str,
        params: Mapping[str, Any] | str | None,
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
            answer.close()
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
