"""HTTP the way the sources need it: retried, resumable, verified."""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bronze.errors import BatchError, UnreachableError

if TYPE_CHECKING:
    from dlt.sources.helpers.requests import Client

_CHUNK = 64 << 10  # what a broken connection loses at most
_ATTEMPTS = 10
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
    """Fetch a JSON answer.

    Raises:
        BatchError: the upstream refused, or answered something that is not JSON.
        UnreachableError: it could not be reached, or failed on its side.
    """
    import requests

    try:
        response = http.get(url, params=params)
    except requests.HTTPError as error:
        answer = error.response
        raise refused(answer.url, answer.status_code, f": {answer.text[:300]}") from error
    except requests.RequestException as error:
        raise UnreachableError(f"{url} could not be reached: {error}") from error
    try:
        return response.json()
    except requests.JSONDecodeError as error:
        kind = response.headers.get("Content-Type", "no content type")
        raise BatchError(
            f"{response.url} answered {response.status_code} with {kind} instead of JSON, beginning "
            f"{response.text[:80]!r}: the service may be down or have moved; check base_url"
        ) from error


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
