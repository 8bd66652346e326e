"""What a hostile or broken upstream may answer, each bounded by itself: a test that fails ends all the same."""

from __future__ import annotations

import contextlib
import gzip
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from typing import Any

from bronze.sample.faults import CUT, DROP, Fault, server_error

#: Requests that a fault lasts for: more than any test asks.
FOR_EVER = 200
#: Bytes of zeros that a bomb unpacks to, and of which an endless body sends one after the other.
LARGE, BLOCK = 4 << 20, 16 << 10
#: Seconds between two bytes of a drip, and how many come at most.
PAUSE, DRIPS = 0.03, 300

Act = Callable[[BaseHTTPRequestHandler], None]


def _start(handler: BaseHTTPRequestHandler, **headers: str | int) -> None:
    handler.send_response(200)
    for name, value in {"Content_Type": "application/json", **headers}.items():
        handler.send_header(name.replace("_", "-"), str(value))
    handler.end_headers()


def _drip(handler: BaseHTTPRequestHandler, byte: bytes) -> None:
    with contextlib.suppress(OSError):
        for _ in range(DRIPS):
            handler.wfile.write(byte)
            time.sleep(PAUSE)


def endless(handler: BaseHTTPRequestHandler) -> None:
    """Send a body that has no end."""
    _start(handler)
    with contextlib.suppress(OSError):
        for _ in range(4 * LARGE // BLOCK):
            handler.wfile.write(b" " * BLOCK)


def drip(handler: BaseHTTPRequestHandler) -> None:
    """Send one byte after the other, each soon enough for a limit on reading."""
    _start(handler, Content_Length=1 << 20)
    _drip(handler, b" ")


def drip_without_length(handler: BaseHTTPRequestHandler) -> None:
    """Send one byte after the other, with an end that is no fault: an empty listing or answer, were it cut."""
    _start(handler)
    _drip(handler, b"[")


def drip_of_a_header(handler: BaseHTTPRequestHandler) -> None:
    """Send a header that does not end, one byte after the other."""
    with contextlib.suppress(OSError):
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        handler.wfile.flush()
    _drip(handler, b"x")


def gzip_bomb(handler: BaseHTTPRequestHandler) -> None:
    """Send few bytes that unpack to many."""
    body = gzip.compress(b" " * LARGE)
    _start(handler, Content_Encoding="gzip", Content_Length=len(body))
    with contextlib.suppress(OSError):
        handler.wfile.write(body)


def gzip_in_gzip(handler: BaseHTTPRequestHandler) -> None:
    """Send fewer bytes still, packed twice."""
    body = gzip.compress(gzip.compress(b" " * LARGE))
    _start(handler, Content_Encoding="gzip, gzip", Content_Length=len(body))
    with contextlib.suppress(OSError):
        handler.wfile.write(body)


def promising(size: int) -> Act:
    """Return an answer that says it has `size` bytes and sends few."""

    def act(handler: BaseHTTPRequestHandler) -> None:
        _start(handler, Content_Length=size)
        with contextlib.suppress(OSError):
            handler.wfile.write(b" " * 100)

    return act


def saying(body: bytes, **headers: str) -> Act:
    """Return an answer of this body."""

    def act(handler: BaseHTTPRequestHandler) -> None:
        _start(handler, **headers, Content_Length=len(body))
        with contextlib.suppress(OSError):
            handler.wfile.write(body)

    return act


def leading_to(address: str) -> Act:
    """Return an answer that leads to another address; one that begins with a slash is of the same host."""

    def act(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(302)
        handler.send_header("Location", address)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    return act


class Flood:
    """An answer that leads on and sends a body without end with it; `sent` counts its bytes."""

    sent = 0

    def __call__(self, handler: BaseHTTPRequestHandler) -> None:
        """Answer so."""
        handler.send_response(302)
        handler.send_header("Location", "/elsewhere")
        handler.end_headers()
        with contextlib.suppress(OSError):
            for _ in range(64):
                handler.wfile.write(bytes(1 << 20))
                self.sent += 1 << 20


def fault(act: Act) -> Fault:
    """Return a fault that answers so."""
    return Fault("act", act=act)


#: By name, of the kinds that every question can meet: what is answered, and what the error says of it. Those
#: that may mean that nobody is there stand apart, for after three in a row nobody would be asked.
ANSWERS: dict[str, tuple[Fault, str]] = {
    "endless": (fault(endless), r"more than the [\d,]+"),
    "drip": (fault(drip), "too slow: it took longer than"),
    "gzip bomb": (fault(gzip_bomb), r"more than the [\d,]+"),
    "drip without a length": (fault(drip_without_length), "too slow: it took longer than"),
    "gzip in gzip": (fault(gzip_in_gzip), r"more than the [\d,]+"),
    "drip of a header": (fault(drip_of_a_header), "too slow: it took longer than"),
    "a promise of a terabyte": (fault(promising(1 << 40)), r"1,099,511,627,776 bytes"),
    "cut": (CUT, "broke off"),
    "led elsewhere": (
        fault(leading_to("http://localhost:9/elsewhere")),
        r"http://127\.0\.0\.1:\d+/.* leads to http://localhost:9/elsewhere",
    ),
    "closed": (DROP, "could not be reached"),
    "led to another port": (fault(leading_to("//127.0.0.1:9/x")), r"leads to http://127\.0\.0\.1:9/x"),
    "status 500": (server_error(), "answered 500"),
    "led to another scheme": (fault(leading_to("https://127.0.0.1:9/x")), r"leads to https://127\.0\.0\.1:9"),
    "led to a file": (fault(leading_to("file:///etc/hostname")), r"leads to file:///etc/hostname"),
    "led in a circle": (fault(leading_to("?again")), "leads from one address to the next"),
}
#: Of an answer in JSON: its body, and what the error says.
SHAPES: dict[str, tuple[Fault, str]] = {
    name: (fault(saying(body)), said)
    for name, body, said in (
        ("of other types", b'[{"date": 5, "types": 7}]', "PublicHolidays/"),
        ("a list of numbers", b"[1, 2]", "no list of holidays"),
        ("nested deeply and cut", b"[" * 200_000, "nested without end"),
        ("nested deeply", b"[" * 100_000 + b"]" * 100_000, "nested without end"),
        ("a number of many digits", b'[{"date": ' + b"9" * 9_000 + b"}]", "cut or garbled"),
        ("nothing", b"", "cut or garbled"),
    )
}
#: Of an answer in pages: the answer to `page` (from 1) of a list whose next page is told by a link and by a
#: cursor, and what the error says. Without an end of its own a paging would be turned for ever.
PAGES: dict[str, tuple[Callable[[int], Any], str]] = {
    "without end": (lambda page: _page(page, page + 1), "no end after 20 pages"),
    "large without end": (lambda page: _page(page, page + 1) | {"x": "x" * 9_000}, "no end after 12 pages"),
    "back to the first": (lambda page: _page(page, page % 3 + 1), r"lead back to http://127\.0\.0\.1"),
    "to itself": (lambda page: _page(page, page), "page 2 has what the page before had"),
    "always the same page": (lambda page: _page(1, page + 1), "page 2 has what the page before had"),
    "to another host": (
        lambda page: _page(page, None) | {"next": "http://localhost:9/stations?page=2"},
        "next page at http://localhost:9/stations.*, which is another host: not asked",
    ),
    "to another scheme": (lambda page: _page(page, None) | {"next": "file:///etc/hostname"}, "another host"),
    "to no address": (lambda page: _page(page, None) | {"next": 7}, "its pages cannot be turned"),
    "no list": (lambda page: {"stations": {"id": 1}, "next": None}, "page 1 has no list at 'stations'"),
    "a list of another name": (lambda page: {"items": [], "next": None}, "page 1 has no list at 'stations'"),
    "null for an empty list": (lambda page: {"stations": None, "next": None}, "page 1 has no list at"),
    "a page that is a list": (lambda page: [1], "page 1 has no list at 'stations'"),
    "a page that is none": (lambda page: _page(1, 2) if page == 1 else "sorry", "page 2 has no list at"),
    "an error on the second page": (
        lambda page: _page(1, 2) if page == 1 else {"error": True, "reason": "busy"},
        "an error inside the answer: busy",
    ),
    "an error that says why under another name": (
        lambda page: _page(1, 2) if page == 1 else {"error": True, "message": "no such dataset"},
        r"an error inside the answer: .*no such dataset",
    ),
    "an entry twice": (lambda page: _page(page, 2 if page == 1 else None, first=page), "came twice"),
    "an entry without a key": (lambda page: {"stations": [{"name": "x"}], "next": None}, "has no 'id'"),
    "numbers for entries": (lambda page: {"stations": [1], "next": None}, "has no 'id' but is '1'"),
    "fewer than are counted": (
        lambda page: _page(page, None) | {"meta": {"total": 99}},
        "2 entries came, and the upstream counts 99",
    ),
    "without the count": (lambda page: _page(page, None), "no page has a count of entries at 'meta.total'"),
    "another count on each page": (
        lambda page: _page(page, page + 1 if page < 3 else None) | {"meta": {"total": 4 + page}},
        "6 entries came, and the upstream counts 5 and 6 and 7",
    ),
}


def _page(page: int, following: int | None, first: int | None = None) -> dict[str, Any]:
    """Return a page of two entries and the address of the next."""
    first = first or 2 * page - 1
    return {
        "stations": [{"id": first}, {"id": first + 1}],
        "next": None if following is None else f"?page={following}",
    }


#: Of a download, whose size was listed.
DOWNLOADS: dict[str, tuple[Fault, str]] = {
    **ANSWERS,
    **{
        name: (ANSWERS[name][0], r"[\d,]+ bytes instead of the [\d,]+ listed")
        for name in ("drip", "gzip bomb", "gzip in gzip", "a promise of a terabyte")
    },
    "endless": (ANSWERS["endless"][0], r"more than the [\d,]+ bytes listed"),
    "shorter than listed": (fault(saying(b"short")), r"5 bytes instead of the [\d,]+ listed"),
    "longer than listed": (fault(saying(b"x" * 99_999)), r"99,999 bytes instead of the [\d,]+ listed"),
}
