"""What people and files are told of others' texts: nothing that a terminal obeys, and no secret of an address."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, quote, unquote, urlsplit

_CUT = "***"
_BEHIND_SCHEME = re.compile(r"://[^\s'\"<>]+")
#: In whatever text: requests tells of `/path?key=…`, without the host.
_QUERY = re.compile(r"\?(?<=[^\s?]\?)[^\s'\"<>()]+")
#: Shorter values are no keys, and cutting them out of every text would leave holes in words.
_SHORTEST = 6
_kept: set[str] = set()
#: All but what is surely printed: of an answer of 32 MB, all is gone through before its end is quoted.
_PERHAPS_ODD = re.compile(r"[^\n\t -~]+")


def many(count: int, one: str) -> str:
    """Return how many there are in words that a sentence can hold: 1 day, 2 days."""
    return f"{count:,} {one}{'' if count == 1 else 's'}"


def plain(text: str) -> str:
    r"""Return text without what a terminal obeys: what cannot be printed is written as `\x1b` is here.

    Lines and tabs stay. Names of columns, errors and values come from upstreams.
    """
    return _PERHAPS_ODD.sub(_escaped, text)


def _escaped(found: re.Match[str]) -> str:
    return "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape").decode() for letter in found[0]
    )


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
    said = str(text)
    # Before addresses are: a key can hold a sign at which an address would seem to end.
    for secret in sorted(_kept, key=len, reverse=True):
        said = said.replace(secret, _CUT)
    return plain(_QUERY.sub(f"?{_CUT}", _BEHIND_SCHEME.sub(_without_user, said)))


def _without_user(found: re.Match[str]) -> str:
    """Cut up to the last at sign: a password can hold a slash, which belongs escaped."""
    _, sign, rest = found[0].rpartition("@")
    return f"://{_CUT}@{rest}" if sign else rest


def figure(value: float | None) -> str:
    """Return a measure's value in words: whole ones and large ones in full."""
    if value is None:
        return "none"
    if float(value).is_integer():
        return f"{value:,.0f}"
    return f"{value:,.1f}" if abs(value) >= 100_000 else f"{value:,.6g}"
