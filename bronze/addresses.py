"""Addresses of upstreams: whose they are, what lies below them, and how they are shown without their secrets."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, quote, unquote, urlsplit, urlunsplit

from bronze.errors import BatchError
from lake.commands import plain

_CUT = "***"
_USER = re.compile(r"(?<=://)[^/?#\s]*@")
#: In whatever text: requests tells of `/path?key=…`, without the host.
_QUERY = re.compile(r"(?<=[^\s?])\?[^\s'\"<>()]+")
#: Shorter values are no keys, and cutting them out of every text would leave holes in words.
_SHORTEST = 6
_kept: set[str] = set()


def keep_secret(*values: str) -> None:
    """Let `shown` cut these values (keys, passwords) out of whatever is said from now on in this process."""
    for value in values:
        if len(value) >= _SHORTEST:
            _kept.update((value, quote(value, safe=""), unquote(value)))


def keep_secrets_of(url: str) -> None:
    """Keep secret what an address has beside host and path: an upstream may say it again in its answer."""
    parts = urlsplit(url)
    user, _, password = parts.netloc.rpartition("@")[0].partition(":")
    keep_secret(user, password, unquote(user), unquote(password), parts.query)
    keep_secret(*(value for _, value in parse_qsl(parts.query)))


def shown(text: object) -> str:
    """Return a text for people and files: no address in it has user, password or query, and no kept secret.

    What an upstream says may hold what no file can, as half a surrogate, or what a terminal obeys: it is escaped.
    """
    said = _QUERY.sub(f"?{_CUT}", _USER.sub(f"{_CUT}@", str(text)))
    for secret in sorted(_kept, key=len, reverse=True):
        said = said.replace(secret, _CUT)
    return plain(said)


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
        raise BatchError(f"{shown(url)} is no address: check base_url") from None
    default = {"http": 80, "https": 443}.get(parts.scheme or "")
    port = "" if parts.port in (None, default) else f":{parts.port}"
    return f"{parts.scheme}://{parts.host}{port}"
