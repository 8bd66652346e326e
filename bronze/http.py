"""HTTP the way the sources need it: retried, resumable, verified, and no more of it than there should be."""

from __future__ import annotations

import hashlib
import json
import re
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Never

from bronze.client import BrokenOffError, Client
from bronze.errors import BatchError, UnreachableError
from bronze.transport import Deadline
from lake.words import shown

if TYPE_CHECKING:
    from requests import Response

#: Bytes that an answer in JSON or XML may unpack to. The largest real one, a page of the bucket's listing,
#: has a third of a megabyte; parsed, an answer takes ten times its size in memory.
LARGEST_ANSWER = 32 << 20
#: Bytes of an object in a bucket. The largest real archive, a year of New York, has some gigabytes.
LARGEST_OBJECT = 32 << 30
_CHUNK = 64 << 10  # what a broken connection loses at most
#: Bytes of a download that must come within `bronze.transport.SECONDS`: 35 kB a second, a slow line.
_STRIDE = 4 << 20
_ATTEMPTS = 10
_WRONG = 2  # how often for an object that is another than the one listed
_ASKED = 5  # how often for a body that comes whole and cannot be read
_QUOTED = 120
#: Given for the body that a 204 does not have.
NO_CONTENT: Final = "204 No Content"
_PLAIN_MD5 = re.compile(r"[0-9a-f]{32}")


def client(headers: Mapping[str, str] | None = None) -> Client:
    """Return what a source asks its upstream with; `headers`, such as one with a key, go with each question."""
    return Client(headers)


def get_json(http: Client, url: str, params: dict[str, Any] | None = None, about: str = "") -> Any:
    """Fetch a JSON answer; `NO_CONTENT` where the upstream answers 204. `about` says in words what is asked.

    Raises:
        BatchError: the upstream refused, or answered something that is not JSON, or far too much.
        UnreachableError: it could not be reached, failed on its side, or broke off every time it was asked.
    """
    return _ask(http, url, params, parse_json, "JSON", _is_a_page, about)[1]


def ask_json(http: Client, url: str, about: str, params: str | None = None) -> tuple[Response, Any]:
    """Fetch a JSON answer as `get_json` does, `params` as they stand in a query; return it as it came, and parsed."""
    return _ask(http, url, params, parse_json, "JSON", _is_a_page, about)


def _is_a_page(text: str) -> bool:
    return text.startswith("<")


def get_parsed(
    http: Client,
    url: str,
    params: dict[str, Any] | None,
    parse: Callable[[bytes], Any],
    what: str,
    is_another: Callable[[str], bool],
    about: str = "",
) -> Any:
    """Fetch an answer and parse it; `parse` raises ValueError for what is no `what` ("JSON").

    An upstream can break off in the middle, or before it has begun, and say why, all under status 200: what
    cannot be read is asked again. Where `is_another` says that the text is no answer at all, such as a page
    in HTML, it is none the next time either.

    Raises:
        BatchError: the upstream refused, or answered something else, or far too much.
        UnreachableError: it could not be reached, failed on its side, or broke off every time it was asked.
    """
    return _ask(http, url, params, parse, what, is_another, about)[1]


def _ask(
    http: Client,
    url: str,
    params: dict[str, Any] | str | None,
    parse: Callable[[bytes], Any],
    what: str,
    is_another: Callable[[str], bool],
    about: str,
) -> tuple[Response, Any]:
    tries = 1 if http.doubts(url) else _ASKED
    for attempt in range(1, tries + 1):
        broke_off = False
        try:
            with http.asking(url, params, about=about) as response:
                if response.status_code == 204:
                    return response, NO_CONTENT
                response._content = body = _body(response)
        except BrokenOffError as error:
            said, broke_off = str(error), True
        else:
            address = shown(response.url)
            try:
                return response, parse(body)
            except ValueError as error:
                text = body.decode("utf-8-sig", "backslashreplace").strip()
                if is_another(text):
                    kind = response.headers.get("Content-Type", "no content type")[:_QUOTED]
                    raise BatchError(
                        f"{address} answered {response.status_code} with {kind} instead of {what} "
                        f"({error}), beginning {shown(text)[:80]!r}: the service may be down or have moved; "
                        "check base_url"
                    ) from None
                said = (
                    f"{address} answered {response.status_code} with {len(body):,} bytes that are cut or "
                    f"garbled ({error}), ending {shown(text)[-_QUOTED:]!r}"
                )
        if attempt < tries:
            _pause(attempt)
    if broke_off:
        http.failed(url, about, "its answer broke off")
    times = "once" if tries == 1 else f"{tries} times, each time like this"
    raise UnreachableError(f"{said}; asked {times}: ask again later")


def _body(response: Response) -> bytes:
    """Read an answer to its end, unpacked, unless it is larger than any answer is.

    Raises:
        BatchError: it is.
    """
    declared = response.headers.get("Content-Length", "")
    if declared.isdigit() and int(declared) > LARGEST_ANSWER:
        raise BatchError(
            f"{shown(response.url)} is about to send {int(declared):,} bytes, more than the "
            f"{LARGEST_ANSWER:,} of any answer: not read"
        )
    body = bytearray()
    for chunk in response.iter_content(_CHUNK):
        body += chunk
        if len(body) > LARGEST_ANSWER:
            raise BatchError(
                f"{shown(response.url)} sends more than the {LARGEST_ANSWER:,} bytes of any answer, counted "
                "unpacked: not read to its end"
            )
    return bytes(body)


def parse_json(body: bytes, number: Callable[[str], Any] = float) -> Any:
    """Parse JSON as it is defined: UTF-8, no NaN, and no name twice with two values.

    `number` makes what a number with a point or an exponent becomes.

    Raises:
        ValueError: it is something else, or says of itself that it is an error.
    """
    try:
        found = json.loads(
            body.decode("utf-8-sig"), parse_float=number, parse_constant=_no_number, object_pairs_hook=_once
        )
    except RecursionError:
        raise ValueError("lists or objects nested without end") from None
    if isinstance(found, dict) and found.get("error") is True:
        said = found.get("reason") or json.dumps({name: found[name] for name in found if name != "error"})
        raise ValueError(f"an error inside the answer: {said}")
    return found


def _no_number(text: str) -> Never:
    raise ValueError(f"{text} is no JSON")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs) and any(found[name] != value for name, value in pairs):
        twice = next(name for name, value in pairs if found[name] != value)
        raise ValueError(f"{twice!r} is there twice and not the same")
    return found


def _append(
    http: Client, url: str, part: Path, size: int, etag: str | None, on_bytes: Callable[[int], None]
) -> str | None:
    """Read the rest of `url` onto `part`; the server may answer with the whole again.

    Return what is wrong where it is not what was listed; then nothing of it can be resumed.
    """
    have = part.stat().st_size if part.exists() else 0
    # As it lies in the bucket: size and hash listed are those of the bytes before any packing on the way.
    headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={have}-"} if have else {})
    if have and etag:
        headers["If-Range"] = f'"{etag}"'
    deadline = Deadline()
    with http.asking(url, headers=headers, also={416}, deadline=deadline) as response:
        if response.status_code == 416:
            return "the server refused to resume"
        resumed = response.status_code == 206
        if resumed and not response.headers.get("Content-Range", "").startswith(f"bytes {have}-"):
            return "the server resumed at another place"
        have = have if resumed else 0
        declared = response.headers.get("Content-Length", "")
        if declared.isdigit() and have + int(declared) != size:
            return f"{have + int(declared):,} bytes instead of the {size:,} listed"
        with part.open("ab" if resumed else "wb") as file:
            on_bytes(have)
            for chunk in response.raw.stream(_CHUNK, decode_content=False):
                if file.tell() + len(chunk) > size:
                    return f"more than the {size:,} bytes listed"
                if (file.tell() + len(chunk)) // _STRIDE > file.tell() // _STRIDE:
                    deadline.begin()
                file.write(chunk)
                on_bytes(file.tell())
    return None


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
        BatchError: the upstream refuses this object, or lists it larger than any is.
        UnreachableError: it kept failing, or what came is not what was listed.
    """
    if size > LARGEST_OBJECT:
        raise BatchError(f"{shown(url)} is listed with {size:,} bytes, and none has {LARGEST_OBJECT:,}")
    if target.exists() and _fault(target, size, etag) is None:
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(target.name + ".part")
    if part.exists() and part.stat().st_size > size:
        part.unlink()
    tries, wrong = 1 if http.doubts(url) else _ATTEMPTS, 0
    for attempt in range(1, tries + 1):
        try:
            whole = part.exists() and part.stat().st_size == size
            other = None if whole else _append(http, url, part, size, etag, on_bytes)
        except BrokenOffError as error:
            trouble: str = str(error)
        except UnreachableError as error:
            raise UnreachableError(f"{error}. What was downloaded is kept; run again to resume") from None
        else:
            trouble = other or _fault(part, size, etag) or ""
            if not trouble:
                return part.replace(target)
            if other or part.stat().st_size >= size:
                part.unlink(missing_ok=True)  # nothing of it can be resumed
                wrong += 1
        if wrong == _WRONG:
            raise UnreachableError(
                f"{shown(url)}: what came is not what was listed: {trouble}. It may have been published anew "
                "meanwhile; run again"
            )
        if attempt < tries:
            _pause(attempt)
    http.failed(url, "", "the download broke off")
    raise UnreachableError(
        f"{shown(url)}: gave up after {tries} tries, the last with: {trouble}. "
        "What was downloaded is kept; run again to resume"
    )
