"""Answers in pages: dlt's client turns them, within the bounds of `bronze.http`, and all of them are one answer."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from typing import Any

import requests
from dlt.common import jsonpath
from dlt.common.utils import str2bool
from dlt.sources.helpers.rest_client import RESTClient
from dlt.sources.helpers.rest_client.paginators import (
    BasePaginator,
    JSONLinkPaginator,
    JSONResponseCursorPaginator,
    OffsetPaginator,
)

from bronze.addresses import origin
from bronze.client import Client
from bronze.errors import BatchError, UnreachableError
from bronze.http import NO_CONTENT, ask_json
from lake.words import keep_secrets_of, shown

#: Pages of one batch, and bytes of them in all: ten times as much lies in memory until the batch has landed.
MOST_PAGES, LARGEST = 10_000, 256 << 20
_SAID = 300


class Offsets(OffsetPaginator):  # type: ignore[misc]
    """Asks each page from where the last one ended.

    dlt's own counts on as many entries as it asked for: where a server gives less, it passes over the rest. For a
    server that answers with bare lists, beside `entries="$"`:

        Offsets(1000, offset_param="$offset", limit_param="$limit")
    """

    def __init__(self, limit: int, *, total_path: str | None = None, **others: Any) -> None:
        """Take what dlt's takes, by name. Without a `total_path` there are pages until one is empty."""
        super().__init__(limit, total_path=total_path, **others)

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
        # What the configured address has is nobody's to see; what a source asks for beside it is in its messages.
        keep_secrets_of(url)
        self._asked: set[str] = set()
        self._bytes = 0

    def send(self, request: requests.PreparedRequest, **_: Any) -> requests.Response:
        """Ask for one page."""
        url = request.url or ""
        if request.method != "GET" or request.body:
            raise BatchError(
                f"{self._about}: its pages are asked for in a body, which is not sent: give the paginator a parameter "
                "of the address instead"
            )
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
        bare, _mark, query = url.partition("?")
        response, found = ask_json(self._http, bare, self._about, query or None)
        if found == NO_CONTENT:
            raise BatchError(f"{shown(url)} answered 204, which is no page")
        self._bytes += len(response.content)
        response.json = lambda **_: found  # type: ignore[method-assign]  # parsed, and more strictly
        return response


class _Turner(RESTClient):  # type: ignore[misc]
    def _log_request(self, *_: Any) -> None:
        """Say nothing: addresses and headers are not for a log."""


def _field(entry: dict[str, Any], key: str) -> Any:
    """Return what an entry has under a name or, else, at a JSONPath; None where it has nothing there."""
    if key in entry:
        return entry[key]
    found = jsonpath.find_values(key, entry)
    return found[0] if found else None


@dataclass
class _Pages:
    """The pages that came so far, and whether they are what was asked for."""

    about: str
    entries: str
    key: str | None
    total: str | None
    paginator: BasePaginator
    found: list[Any] = field(default_factory=list)
    counts: set[str] = field(default_factory=set)
    number: int = 0
    before: list[Any] = field(default_factory=list)
    alone: bool = True  # whether each page counts its own entries

    def take(self, answer: Any) -> bool:
        """Take the entries of the next page; return False if it says that it is the last.

        Raises:
            BatchError: it is no page, the one before again, or does not say where the next is.
        """
        self.number += 1
        lists = jsonpath.find_values(self.entries, answer)
        if len(lists) != 1 or not isinstance(lists[0], list):
            raise BatchError(
                f"{self.about}: page {self.number} has no list at {self.entries!r} but is {str(answer)[:80]!r}"
            )
        page = lists[0]
        counted = jsonpath.find_values(self.total, answer) if self.total else []
        counts = {str(count) for count in counted if count is not None}
        self.counts |= counts
        self.alone = self.alone and counts == {str(len(page))}
        # Entries without a key may be equal, as long as there are not more of them than the upstream counts.
        most = max((int(count) for count in self.counts if count.isdecimal()), default=0)
        if page and page == self.before and (self.key or len(self.found) + len(page) > most):
            raise BatchError(
                f"{self.about}: page {self.number} has what the page before had: is the page asked for as the "
                "upstream knows it?"
            )
        self.before = page
        self.found += page
        return self._leads_on(answer)

    def _leads_on(self, answer: Any) -> bool:
        """Say whether a link or cursor leads on; dlt takes one that is not there for the end."""
        dlts, told = self.paginator, False
        if isinstance(dlts, JSONLinkPaginator):
            path = dlts.next_url_path
        elif isinstance(dlts, JSONResponseCursorPaginator):
            path = dlts.cursor_path
            if dlts.stop_after_empty_page and not self.before:
                return False
            if dlts.has_more_path:
                told = str2bool(jsonpath.find_values(dlts.has_more_path, answer)[0])
                if not told:
                    return False
        else:
            return True
        said = jsonpath.find_values(path, answer)
        leads = bool(said and said[0])
        first = self.number == 1 and not said and self.counts != {str(len(self.found))}
        if first or (told and not leads):
            raise BatchError(
                f"{self.about}: page {self.number} has nothing at '{path}', where the next page is to be found: "
                "correct the path; if the upstream leaves it out where all is on one page, give its count as `total`"
            )
        return leads

    def check(self) -> None:
        """See whether the entries of all pages are one state of the data.

        Raises:
            BatchError: an entry has no key, or nothing counts all entries.
            UnreachableError: an entry came twice, or there are more or fewer than the upstream counts.
        """
        if self.total and not self.counts:
            raise BatchError(f"{self.about}: no page has a count of entries at {self.total!r}")
        if self.total and self.counts != {str(len(self.found))}:
            if self.alone and self.number > 1:
                raise BatchError(
                    f"{self.about}: {self.total!r} counts the entries of a page: `total` has to count those of all"
                )
            raise UnreachableError(
                f"{self.about}: {len(self.found):,} entries came, and the upstream counts "
                f"{' and '.join(sorted(self.counts))}: they changed between two pages; ask again later"
            )
        seen = set()
        for number, entry in enumerate(self.found, 1) if self.key else ():
            value = repr(_field(entry, self.key or "")) if isinstance(entry, dict) else "None"
            if value == "None":
                raise BatchError(
                    f"{self.about}: entry {number:,} has no {self.key!r} but is {str(entry)[:80]!r}"
                )
            if value in seen:
                raise UnreachableError(
                    f"{self.about}: the entry with {self.key} {value[:80]} came twice: entries moved between two "
                    "pages; ask again later"
                )
            seen.add(value)


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
    words what is asked. `key` is a field, or the JSONPath of one, that no two entries share, `total` the JSONPath of the upstream's own
    count of entries: with them is seen whether the data changed between two pages. A `total`, and the
    `total_path` of `Offsets`, must count the entries of all pages: with a count of a page's own the first page, if
    no other is asked for, passes for the whole. The first page has a place for its link or cursor, empty if it is all there is; where an
    upstream leaves the place out, only a `total` tells that nothing is missing. In `prepare()` of an offer:

        self.entries = get_pages(
            self.http, self.url, JSONLinkPaginator(next_url_path="next"), entries="results", key="id",
            total="meta.count", params={"city": self.city}, about=self.key,
        )
        self.facts.content_hash = hashed(self.entries)

    Raises:
        BatchError: the upstream refused, a page is none, repeats the one before, leads to another host or does not
            say where the next is, or there is no end; or the paginator asks in a body.
        UnreachableError: a page could not be had, or the pages do not fit together: ask again later.
    """
    if type(paginator) is OffsetPaginator:
        raise ValueError("OffsetPaginator passes over what a short page left out: take bronze.paging.Offsets")
    turner = _Turner("", session=_Session(http, url, about))
    pages = _Pages(about, entries, key, total, paginator)
    try:
        turned = turner.paginate(
            url, params=dict(params or {}), paginator=copy.deepcopy(paginator), data_selector=entries
        )
        for page in turned:
            if not pages.take(page.response.json()):
                break
    except (ValueError, TypeError, AttributeError, LookupError, requests.RequestException) as error:
        # Of dlt's paginators, which quote the whole page.
        said = f"{type(error).__name__}: {error}"
        raise BatchError(f"{about}: its pages cannot be turned: {shown(said)[:_SAID]}") from None
    pages.check()
    return pages.found
