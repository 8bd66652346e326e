"""The trip bucket: its paged listing, and which months its keys hold.

Keys follow no template: they have held spaces and typos, have been renamed, and come in three families. So
the bucket is listed, and a key is read, never built.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote
from xml.etree import ElementTree

from bronze.errors import BatchError, UnreachableError
from bronze.http import get_parsed
from bronze.sources.citibike.archives import ZIP_ERRORS, months_inside

if TYPE_CHECKING:
    from dlt.sources.helpers.requests import Client

_KEY = re.compile(r"(?P<city>JC-)?(?P<year>20\d\d)(?P<month>0[1-9]|1[0-2])?(?!\d).*\.zip", re.IGNORECASE)
_TRIES = 5


@dataclass(frozen=True)
class Listed:
    """One archive as listed. `size` in bytes; `month` is None for a yearly archive."""

    key: str
    etag: str
    size: int
    modified: str
    city: str
    year: str
    month: str | None


def _parse_page(body: bytes) -> ElementTree.Element:
    try:
        return ElementTree.fromstring(body)  # noqa: S314 (no entities are expanded by expat here)
    except ElementTree.ParseError as error:
        raise ValueError(error) from error


def _is_another_page(text: str) -> bool:
    return text.startswith("<") and "<ListBucketResult" not in text[:1000]


def _page(http: Client, base_url: str, token: str | None) -> ElementTree.Element:
    params = {"list-type": "2", **({"continuation-token": token} if token else {})}
    try:
        root = get_parsed(http, base_url, params, _parse_page, "a bucket listing", _is_another_page)
    except BatchError as error:
        raise type(error)(f"the bucket listing could not be read: {error}") from error
    if not isinstance(root, ElementTree.Element):
        raise BatchError(f"{base_url} answered {root} instead of a bucket listing; check base_url")
    # The namespace differs between S3 and its look-alikes, and no tag is used twice.
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
    if root.tag != "ListBucketResult":
        raise BatchError(f"{base_url} answered <{root.tag}> instead of a bucket listing")
    return root


def list_bucket(http: Client, base_url: str) -> Iterator[Listed]:
    """Yield every trip archive the bucket lists; what is no archive of ours is passed over.

    Raises:
        BatchError: the listing cannot be had, or is none.
    """
    token: str | None = None
    while True:
        page = _page(http, base_url, token)
        for entry in page.iter("Contents"):
            text: dict[str, Any] = {child.tag: child.text or "" for child in entry}
            if match := _KEY.fullmatch(text["Key"]):
                yield Listed(
                    key=text["Key"],
                    etag=text["ETag"].strip('"'),
                    size=int(text["Size"]),
                    modified=text["LastModified"],
                    city="jc" if match["city"] else "nyc",
                    year=match["year"],
                    month=f"{match['year']}-{match['month']}" if match["month"] else None,
                )
        token = page.findtext("NextContinuationToken")
        if page.findtext("IsTruncated") != "true" or not token:
            return


def object_url(base_url: str, key: str) -> str:
    """Return the address of one object; keys can hold spaces."""
    return f"{base_url.rstrip('/')}/{quote(key)}"


def months_of(http: Client, base_url: str, listed: Listed) -> list[str]:
    """Return the months an archive holds; of a yearly one only the table of contents is fetched.

    Raises:
        BatchError: the table of contents cannot be read.
    """
    if listed.month:
        return [listed.month]

    import requests
    from remotezip import RemoteIOError, RemoteZip, RemoteZipError

    trouble: Exception | None = None
    for _ in range(_TRIES):
        try:
            with RemoteZip(object_url(base_url, listed.key), session=http.session) as archive:
                return months_inside(archive.namelist(), listed.year)
        except (requests.RequestException, RemoteIOError, RemoteZipError, *ZIP_ERRORS) as error:
            trouble = error
    raise UnreachableError(f"{listed.key}: its table of contents could not be read: {trouble}") from trouble
