"""Answers in pages: dlt's client turns them, within the bounds of `bronze.http`, and all of them are one answer."""

from __future__ import annotations

import copy
from typing import Any

import requests
from dlt.common import jsonpath
from dlt.sources.helpers.rest_client import RESTClient
from dlt.sources.helpers.rest_client.paginators import BasePaginator, OffsetPaginator

from bronze.addresses import origin
from bronze.client import Client
from bronze.errors import BatchError, UnreachableError
from bronze.http import NO_CONTENT, ask_json
from lake.words import shown

#: Pages of one batch, and bytes of them in all: ten times as much lies in memory until the batch has landed.
MOST_PAGES, LARGEST = 10_000, 256 << 20
_SAID = 300


class Offsets(OffsetPaginator):  # type: ignore[misc]
    """Asks each page from where the last one ended.

    dlt's own counts on as many entries as it asked for: where a server gives less, it passes over the rest.
    """

    def update_state(self, response: requests.Response, data: list[Any] | None = None) -> None:
        """Go on behind the entries that came."""
        self.value_step = len(data or [])
        super().update_state(response, data)


class _Session(requests.Session):
    """What dlt's client asks with: one host, no page twice, each within the bounds of an answer."""

    def __init__(self, http: Client, url: str, about: str) -> None:
        super().__init__()
        # Headers are those of the client; nothing of the environment, such as a password for a host, goes along.
        self.headers.clear()
        self.trust_env = False
        self._http, self._url, self._about = http, url, about
        self._asked: set[str] = set()
        self._bytes = 0

    def send(self, request: requests.PreparedRequest, **_: Any) -> requests.Response:
        """Ask for one page."""
        url = request.url or ""
        if origin(url) != origin(self._url):
            raise BatchError(
                f"{shown(self._url)} has its next page at {shown(url)[:_SAID]}, which is another host: not asked"
            )
        if url in self._asked:
            raise UnreachableError(
                f"{self._about}: the pages lead back to {shown(url)[:_SAID]}; nothing of them is landed"
            )
        if len(self._asked) == MOST_PAGES or self._bytes > LARGEST:
            raise BatchError(
                f"{self._about}: no end after {len(self._asked):,} pages with {self._bytes:,} bytes, more than any "
                "batch has; ask for less at once"
            )
        self._asked.add(url)
        response, found = ask_json(self._http, url, self._about)
        if found == NO_CONTENT:
            raise BatchError(f"{shown(url)} answered 204, which is no page")
        self._bytes += len(response.content)
        response.json = lambda **_: found  # type: ignore[method-assign]  # parsed, and more strictly
        return response


class _Turner(RESTClient):  # type: ignore[misc]
    def _log_request(self, *_: Any) -> None:
        """Say nothing: addresses and headers are not for a log."""


def get_pages(
    http: Client,
    url: str,
    paginator: BasePaginator,
    *,
    entries: str,
    about: str,
    params: dict[str, Any] | None = None,
    key: str | None = None,
    total: str | None = None,
) -> list[Any]:
    """Ask for all pages and return their entries, in order.

    `paginator` is one of dlt's (`Offsets` for offsets), `entries` the JSONPath of a page's list, `about` says in
    words what is asked. `key` is a field that no two entries share, `total` the JSONPath of the upstream's own
    count of entries: with them is seen whether the data changed between two pages. In `prepare()` of an offer:

        self.entries = get_pages(
            self.http, self.url, JSONLinkPaginator(next_url_path="next"), entries="results", key="id",
            total="meta.count", params={"city": self.city}, about=self.key,
        )
        self.facts.content_hash = hashed(self.entries)

    Raises:
        BatchError: the upstream refused, a page is none, or leads to another host, or there is no end.
        UnreachableError: a page could not be had, or the pages do not fit together: ask again later.
    """
    if type(paginator) is OffsetPaginator:
        raise ValueError("OffsetPaginator passes over what a short page left out: take bronze.paging.Offsets")
    turner = _Turner("", session=_Session(http, url, about))
    found: list[Any] = []
    before: list[Any] = []
    counts: set[Any] = set()
    try:
        turned = turner.paginate(
            url, params=dict(params or {}), paginator=copy.deepcopy(paginator), data_selector=entries
        )
        for number, page in enumerate(turned, 1):
            answer = page.response.json()
            lists = jsonpath.find_values(entries, answer)
            if len(lists) != 1 or not isinstance(lists[0], list):
                raise BatchError(
                    f"{about}: page {number} has no list at {entries!r} but is {str(answer)[:80]!r}"
                )
            if lists[0] and lists[0] == before:
                raise BatchError(
                    f"{about}: page {number} has what the page before had: is the page asked for as the upstream "
                    "knows it?"
                )
            before = lists[0]
            found += before
            if total:
                counts |= {str(count) for count in jsonpath.find_values(total, answer)}
    except (ValueError, TypeError, AttributeError, LookupError, requests.RequestException) as error:
        # Of dlt's paginators, which quote the whole page.
        said = f"{type(error).__name__}: {error}"
        raise BatchError(f"{about}: its pages cannot be turned: {shown(said)[:_SAID]}") from None
    if total and not counts:
        raise BatchError(f"{about}: no page has a count of entries at {total!r}")
    _check(found, about, key, counts or {str(len(found))})
    return found


def _check(found: list[Any], about: str, key: str | None, counts: set[str]) -> None:
    """See whether the entries of all pages are one state of the data.

    Raises:
        BatchError: an entry has no key.
        UnreachableError: an entry came twice, or there are more or fewer than the upstream counts.
    """
    if counts != {str(len(found))}:
        raise UnreachableError(
            f"{about}: {len(found):,} entries came, and the upstream counts {' and '.join(sorted(counts))}: "
            "they changed between two pages; ask again later"
        )
    seen = set()
    for number, entry in enumerate(found, 1) if key else ():
        value = repr(entry.get(key)) if isinstance(entry, dict) else "None"
        if value == "None":
            raise BatchError(f"{about}: entry {number:,} has no {key!r} but is {str(entry)[:80]!r}")
        if value in seen:
            raise UnreachableError(
                f"{about}: the entry with {key} {value[:80]} came twice: entries moved between two pages; "
                "ask again later"
            )
        seen.add(value)
