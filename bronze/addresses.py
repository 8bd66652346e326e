"""Addresses of upstreams: whose they are, and what lies below them."""

from __future__ import annotations

from urllib.parse import urlsplit, urlunsplit

from bronze.errors import BatchError
from lake.words import shown


def joined(base_url: str, path: str) -> str:
    """Return the address of a path below a base URL, whose query (a key, perhaps) stays behind it."""
    parts = urlsplit(base_url)
    return urlunsplit(parts._replace(path=f"{parts.path.rstrip('/')}/{path}"))


def origin(url: str) -> str:
    """Return scheme, host and port of an address: who is asked.

    Raises:
        BatchError: it is no address.
    """
    from urllib3.exceptions import LocationParseError
    from urllib3.util import parse_url

    # The parser that requests goes by: another could take another part for the host.
    try:
        parts = parse_url(url)
    except LocationParseError:
        # A password with a slash or a question mark in it seems to end there.
        said = shown(url.rpartition("@")[2])
        raise BatchError(
            f"{said} is no address: check base_url; in a user or password, signs stand escaped, / as %2F"
        ) from None
    default = {"http": 80, "https": 443}.get(parts.scheme or "")
    port = "" if parts.port in (None, default) else f":{parts.port}"
    return f"{parts.scheme}://{parts.host}{port}"
