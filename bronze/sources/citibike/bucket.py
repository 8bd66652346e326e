"""The trip bucket: its paged listing, and which months its keys hold.

Keys follow no template: they have held spaces and typos, have been renamed, and come in three families. So
the bucket is listed, and a key is read, never built.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote
from xml.etree import ElementTree

from bronze.addresses import joined
from bronze.client import BrokenOffError
from bronze.errors import BatchError, UnreachableError
from bronze.http import get_parsed
from bronze.sources.citibike.archives import ZIP_ERRORS, months_inside
from lake.words import shown

if TYPE_CHECKING:
    from requests import Response

    from bronze.client import Client

_KEY = re.compile(r"(?P<city>JC-)?(?P<year>20\d\d)(?P<month>0[1-9]|1[0-2])?(?!\d).*\.zip", re.IGNORECASE)
_TRIES = 5
#: Pages of a listing. The real bucket has one, of up to 1,000 keys.
MOST_PAGES = 1000
_LONGEST_KEY = 1024  # that a bucket can hold
#: Bytes of an archive's table of contents. The largest real one, of a year, has some kilobytes.
_LARGEST_CONTENTS = 8 << 20


@dataclass(frozen=True)
class Listed:
    """One archive as listed. `size` in bytes, -1 if it is none; `month` is None for a yearly archive."""

    key: str
    etag: str
    size: int
    modified: str
    city: str
    year: str
    month: str | None


def _parse_page(body: bytes) -> ElementTree.Element:
    from defusedxml.ElementTree import fromstring

    try:
        # Entities, which can unpack to any size, are a ValueError of its own: no listing has them.
        root: ElementTree.Element = fromstring(body, forbid_dtd=True)
    except ElementTree.ParseError as error:
        raise ValueError(error) from error
    return root


def _is_another_page(text: str) -> bool:
    return text.startswith("<") and "<ListBucketResult" not in text[:1000]


def _page(http: Client, base_url: str, token: str | None) -> ElementTree.Element:
    params = {"list-type": "2", **({"continuation-token": token} if token else {})}
    try:
        root = get_parsed(http, base_url, params, _parse_page, "a bucket listing", _is_another_page)
    except BatchError as error:
        raise type(error)(f"the bucket listing could not be read: {error}") from error
    if not isinstance(root, ElementTree.Element):
        raise BatchError(f"{shown(base_url)} answered {root} instead of a bucket listing; check base_url")
    # The namespace differs between S3 and its look-alikes, and no tag is used twice.
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
    if root.tag != "ListBucketResult":
        raise BatchError(f"{shown(base_url)} answered <{root.tag}> instead of a bucket listing")
    return root


def list_bucket(http: Client, base_url: str) -> Iterator[Listed]:
    """Yield every trip archive the bucket lists; what is no archive of ours is passed over.

    Raises:
        BatchError: the listing cannot be had, is none, or does not come to an end.
    """
    token: str | None = None
    keys: set[str] = set()
    tokens: set[str] = set()
    for _ in range(MOST_PAGES):
        page = _page(http, base_url, token)
        entries = [{child.tag: child.text or "" for child in entry} for entry in page.iter("Contents")]
        found = {entry.get("Key", "") for entry in entries}
        if found and found <= keys:
            raise _endless(base_url, f"a page has only keys of earlier ones, such as {min(found)[:80]!r}")
        for entry in entries:
            if entry.get("Key") not in keys and (listed := _listed(entry)):
                yield listed
        keys |= found
        if page.findtext("IsTruncated") != "true":
            return
        token = page.findtext("NextContinuationToken")
        if not token or token in tokens:
            said = f"the token {token[:80]!r} comes again" if token else "it does not say where it goes on"
            raise _endless(base_url, said)
        tokens.add(token)
    raise _endless(base_url, f"it has more than {MOST_PAGES:,} pages")


def _endless(base_url: str, why: str) -> BatchError:
    return BatchError(
        f"the bucket listing of {shown(base_url)} does not come to an end: {why}; nothing of it is landed"
    )


def _listed(entry: dict[str, str]) -> Listed | None:
    """Return an entry of the listing, if its key is one of ours."""
    match = _KEY.fullmatch(entry.get("Key", ""))
    if not match or len(entry["Key"]) > _LONGEST_KEY:
        return None
    size = entry.get("Size", "")
    return Listed(
        key=entry["Key"],
        etag=entry.get("ETag", "").strip('"'),
        size=int(size) if size.isascii() and size.isdigit() and len(size) < 20 else -1,
        modified=entry.get("LastModified", ""),
        city="jc" if match["city"] else "nyc",
        year=match["year"],
        month=f"{match['year']}-{match['month']}" if match["month"] else None,
    )


def object_url(base_url: str, key: str) -> str:
    """Return the address of one object; keys can hold spaces."""
    return joined(base_url, quote(key))


class _Asked:
    """What RemoteZip takes for a session: every question is one of ours, open until the block ends."""

    def __init__(self, http: Client, about: str, block: ExitStack) -> None:
        self._http, self._about, self._block = http, about, block

    def get(self, url: str, headers: dict[str, str], stream: bool) -> Response:
        question = self._http.asking(url, headers=headers, about=self._about)
        return self._block.enter_context(question)


def months_of(http: Client, base_url: str, listed: Listed) -> list[str]:
    """Return the months an archive holds; of a yearly one only the table of contents is fetched.

    Raises:
        BatchError: the table of contents cannot be read.
    """
    if listed.size < 0:
        raise BatchError(f"{listed.key} is listed without a size: is {shown(base_url)} a bucket?")
    if listed.month:
        return [listed.month]

    from remotezip import RemoteFetcher, RemoteIOError, RemoteZip, RemoteZipError

    class Fetcher(RemoteFetcher):  # type: ignore[misc]
        @staticmethod
        def parse_range_header(content_range_header: str) -> tuple[int, int | None]:
            # What is to come is read into memory as a whole, whatever was asked for.
            first, last = RemoteFetcher.parse_range_header(content_range_header)
            if last is not None and last - first >= _LARGEST_CONTENTS:
                raise RemoteZipError(f"{last - first + 1:,} bytes, more than any table of contents has")
            return first, last

    trouble: Exception | None = None
    for _ in range(1 if http.doubts(base_url) else _TRIES):
        try:
            with ExitStack() as block:
                asked = _Asked(http, listed.key, block)
                with RemoteZip(object_url(base_url, listed.key), session=asked, fetcher=Fetcher) as archive:
                    return months_inside(archive.namelist(), listed.year)
        except (BrokenOffError, RemoteIOError, RemoteZipError, *ZIP_ERRORS) as error:
            trouble = error
    raise UnreachableError(
        f"{listed.key}: its table of contents could not be read: {shown(trouble)[:300]}"
    ) from trouble
