"""HTTP the way the sources need it: retried, resumable, verified."""

from __future__ import annotations

import hashlib
import json
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Never

from bronze.errors import BatchError, UnreachableError

if TYPE_CHECKING:
    from dlt.sources.helpers.requests import Client

_CHUNK = 64 << 10  # what a broken connection loses at most
_ATTEMPTS = 10
_ASKED = 5  # how often for a body that comes whole and cannot be read
_QUOTED = 120
#: Given for the body that a 204 does not have.
NO_CONTENT: Final = "204 No Content"
_PLAIN_MD5 = re.compile(r"[0-9a-f]{32}")
_PASSING = {408, 425, 429}


def client() -> Client:
    """Return dlt's retrying HTTP client, set up by `[runtime]` of the configuration."""
    from dlt.sources.helpers.requests import Client

    made = Client()
    made.configure()
    return made


def refused(url: str, status: int, said: str = "") -> BatchError:
    """Return the error for a status that is no answer: one that may pass, or one that stays."""
    passing = status >= 500 or status in _PASSING
    return (UnreachableError if passing else BatchError)(f"{url} answered {status}{said}")


def get_json(http: Client, url: str, params: dict[str, Any] | None = None) -> Any:
    """Fetch a JSON answer; `NO_CONTENT` where the upstream answers 204.

    Raises:
        BatchError: the upstream refused, or answered something that is not JSON.
        UnreachableError: it could not be reached, failed on its side, or broke off every time it was asked.
    """
    return get_parsed(http, url, params, _parse_json, "JSON", lambda text: text.startswith("<"))


def get_parsed(
    http: Client,
    url: str,
    params: dict[str, Any] | None,
    parse: Callable[[bytes], Any],
    what: str,
    is_another: Callable[[str], bool],
) -> Any:
    """Fetch an answer and parse it; `parse` raises ValueError for what is no `what` ("JSON").

    An upstream can break off in the middle, or before it has begun, and say why, all under status 200: what
    cannot be read is asked again. Where `is_another` says that the text is no answer at all, such as a page
    in HTML, it is none the next time either.

    Raises:
        BatchError: the upstream refused, or answered something else.
        UnreachableError: it could not be reached, failed on its side, or broke off every time it was asked.
    """
    import requests

    for attempt in range(1, _ASKED + 1):
        try:
            response = http.get(url, params=params)
        except requests.HTTPError as error:
            answer = error.response
            raise refused(answer.url, answer.status_code, f": {answer.text[:300]}") from error
        except requests.exceptions.ContentDecodingError as error:
            trouble: Exception = error  # compressed, and the compression is broken
            said = f"answered a body that cannot be unpacked ({error})"
        except requests.RequestException as error:
            raise UnreachableError(f"{url} could not be reached: {error}") from error
        else:
            if response.status_code == 204:
                return NO_CONTENT
            body = response.content
            try:
                return parse(body)
            except ValueError as error:
                text = body.decode("utf-8-sig", "backslashreplace").strip()
                if is_another(text):
                    kind = response.headers.get("Content-Type", "no content type")
                    raise BatchError(
                        f"{response.url} answered {response.status_code} with {kind} instead of {what} "
                        f"({error}), beginning {text[:80]!r}: the service may be down or have moved; "
                        "check base_url"
                    ) from error
                trouble = error
                said = (
                    f"answered {response.status_code} with {len(body):,} bytes that are cut or garbled "
                    f"({error}), ending {text[-_QUOTED:]!r}"
                )
        if attempt < _ASKED:
            _pause(attempt)
    raise UnreachableError(
        f"{url} {said}; asked {_ASKED} times, each time like this: ask again later"
    ) from trouble


def _parse_json(body: bytes) -> Any:
    """Parse JSON as it is defined: UTF-8, no NaN, and no name twice with two values.

    Raises:
        ValueError: it is something else, or says of itself that it is an error.
    """
    found = json.loads(body.decode("utf-8-sig"), parse_constant=_no_number, object_pairs_hook=_once)
    if isinstance(found, dict) and found.get("error") is True:
        raise ValueError(f"an error inside the answer: {found.get('reason')}")
    return found


def _no_number(text: str) -> Never:
    raise ValueError(f"{text} is no JSON")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs) and any(found[name] != value for name, value in pairs):
        twice = next(name for name, value in pairs if found[name] != value)
        raise ValueError(f"{twice!r} is there twice and not the same")
    return found


def _append(http: Client, url: str, part: Path, etag: str | None, on_bytes: Callable[[int], None]) -> None:
    """Read the rest of `url` onto `part`; the server may answer with the whole again."""
    have = part.stat().st_size if part.exists() else 0
    headers = {"Range": f"bytes={have}-"} if have else {}
    if have and etag:
        headers["If-Range"] = f'"{etag}"'
    with http.get(url, headers=headers, stream=True) as response:
        resumed = response.status_code == 206
        with part.open("ab" if resumed else "wb") as file:
            on_bytes(have if resumed else 0)
            for chunk in response.iter_content(_CHUNK):
                file.write(chunk)
                on_bytes(file.tell())


def _pause(attempt: int) -> None:
    time.sleep(min(0.1 * 2**attempt, 10))


def _fault(part: Path, size: int, etag: str | None) -> str | None:
    """Say what is wrong with a downloaded file, or None."""
    if part.stat().st_size != size:
        return f"{part.stat().st_size:,} bytes instead of the {size:,} listed"
    # An ETag of 32 hex digits is the MD5 of the object; one with a dash belongs to a multi-part upload.
    if etag and _PLAIN_MD5.fullmatch(etag):
        with part.open("rb") as file:
            found = hashlib.file_digest(file, "md5").hexdigest()
        if found != etag:
            return f"MD5 {found} instead of the ETag {etag}"
    return None


def download(
    http: Client,
    url: str,
    target: Path,
    *,
    size: int,
    etag: str | None,
    on_bytes: Callable[[int], None] = lambda _: None,
) -> Path:
    """Stream `url` to `target` (size in bytes), resuming where an earlier try or run stopped.

    The file appears under its name only when size and, where the ETag is an MD5, content are right.
    `on_bytes` is told how many bytes are there.

    Raises:
        BatchError: the upstream refuses this object.
        UnreachableError: it kept failing, or what came is not what was listed.
    """
    import requests

    if target.exists() and _fault(target, size, etag) is None:
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(target.name + ".part")
    if part.exists() and part.stat().st_size > size:
        part.unlink()
    trouble: str | None = None
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            if not part.exists() or part.stat().st_size < size:
                _append(http, url, part, etag, on_bytes)
        except requests.HTTPError as error:
            if error.response.status_code != 416:
                raise refused(url, error.response.status_code) from error
            trouble = "the server refused to resume"
            part.unlink(missing_ok=True)
        except (requests.RequestException, OSError) as error:
            if isinstance(error, OSError) and not isinstance(error, requests.RequestException):
                raise  # the local disk, not the network
            trouble = str(error)
        else:
            trouble = _fault(part, size, etag)
            if trouble is None:
                return part.replace(target)
            if part.stat().st_size >= size:
                part.unlink()  # complete and wrong: nothing of it can be resumed
        _pause(attempt)
    raise UnreachableError(
        f"{url}: gave up after {_ATTEMPTS} tries, the last with: {trouble}. "
        "What was downloaded is kept; run again to resume"
    )
