"""A small server on the loopback that answers as the public upstreams do: routing, faults, ranges.

What an upstream answers is its module in `bronze/sample/upstreams/`, found by convention. Some answer from
files in a folder, as `bronze.sample.generate` and `bronze.sample.big` write it and as tests may prepare it:

    tripdata/<key>          the bucket's objects, each under its own key (no folders)
    weather.csv             one line an hour: time (UTC, 2024-05-01T00:00) and the ten variables, metric
    holidays/<year>.json    Nager.Date's answer for the year

Anything may be missing: the bucket is then empty, hours are null, a year answers 404. What changes in the
folder while the server runs shows in its next answer. By hand:

    python -m bronze.sample.server --folder lake/work/sample --port 8900
"""

from __future__ import annotations

import argparse
import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Literal
from urllib.parse import parse_qs, unquote, urlsplit

from bronze.sample.answers import DEFAULT_PAGE, BadRequest, Folder
from bronze.sample.faults import Fault, Faults
from bronze.sample.upstreams import JSON, XML, Answer, Asked, json_answer, stand_ins
from bronze.sources import variable

_BLOCK = 1 << 20
_RANGE = re.compile(r"bytes=(\d*)-(\d*)")
_IDLE_SECONDS = 60


@dataclass(frozen=True)
class Request:
    """One request the server saw: unquoted path without query, and the status answered (0: dropped)."""

    method: str
    path: str
    query: str
    status: int


@dataclass(frozen=True)
class Endpoints:
    """The address of every source, and every request seen so far, in the order of the answers.

    `settings` are those that take another than `base_url` for it: feeds without a past have an archive.
    """

    urls: dict[str, str]
    settings: dict[str, str] = field(default_factory=dict)
    requests: list[Request] = field(default_factory=list)

    @property
    def environment(self) -> dict[str, str]:
        """The variables that point dlt's configuration here."""
        return {
            variable(source, self.settings.get(source, "base_url")): url for source, url in self.urls.items()
        }


@contextmanager
def serve(
    folder: Path, *, faults: Faults | None = None, page_size: int = DEFAULT_PAGE, port: int = 0
) -> Iterator[Endpoints]:
    """Serve a folder on 127.0.0.1 while the context lasts; port 0 takes a free one.

    `page_size` is the most objects one page of the listing holds.

    Raises:
        OSError: the port is taken.
    """
    server = _Server(port, Folder(folder, page_size), faults or Faults())
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), name="sample-server", daemon=True)
    thread.start()
    try:
        yield server.endpoints
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, port: int, folder: Folder, faults: Faults) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.folder, self.faults, self.stand_ins = folder, faults, stand_ins()
        base = f"http://127.0.0.1:{self.server_address[1]}"
        self.endpoints = Endpoints(
            {name: base + module.PATH for name, module in self.stand_ins.items()},
            {name: module.SETTING for name, module in self.stand_ins.items() if hasattr(module, "SETTING")},
        )
        self._open: set[socket.socket] = set()

    def get_request(self) -> tuple[socket.socket, Any]:
        connection, address = super().get_request()
        self._open.add(connection)
        return connection, address

    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: clients that hang up early are what tests of faults are about."""

    def server_close(self) -> None:
        # Threads of connections kept alive wait for a next request: hang up, so that they end.
        for connection in list(self._open):
            _hang_up(connection)
        super().server_close()


def _hang_up(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        return  # the other side was faster


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = _IDLE_SECONDS
    server: _Server

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name in the base class
        """Keep quiet; `Endpoints.requests` holds what was asked."""

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        address = urlsplit(self.path)
        self._path, self._query = unquote(address.path).rstrip("/"), address.query
        fault = self.server.faults.take(self._path)
        self._is_cut = fault is not None and fault.kind == "cut"
        if fault and fault.kind != "cut":
            self._fail(fault)
            return
        try:
            self._send_answer(self._answer(parse_qs(address.query, keep_blank_values=True)))
        except BadRequest as error:
            self._send_answer(json_answer({"error": True, "reason": str(error)}, 400))

    def _answer(self, query: dict[str, list[str]]) -> Answer:
        for module in self.server.stand_ins.values():
            if self._path == module.PATH or self._path.startswith(f"{module.PATH}/"):
                path = self._path.removeprefix(module.PATH)
                asked = Asked(path, query, self.server.folder, self.headers)
                answer: Answer = module.answer(asked)
                return answer
        return json_answer({"error": True, "reason": "Not Found"}, 404)

    def _send_answer(self, answer: Answer) -> None:
        if isinstance(answer.body, Path):
            self._send_file(answer.body, answer.kind)
        else:
            self._send(answer.status, answer.body, answer.kind, answer.headers)

    def _fail(self, fault: Fault) -> None:
        if fault.kind == "drop":
            self._note(0)
            self.close_connection = True
            _hang_up(self.connection)
            return
        if fault.act:
            self._note(200)
            self.close_connection = True
            fault.act(self)
            return
        headers = {} if fault.retry_after is None else {"Retry-After": str(fault.retry_after)}
        self._send(fault.status, b'{"error":true,"reason":"fault on request"}', JSON, headers)

    def _send(self, status: int, body: bytes, kind: str, headers: dict[str, str] | None = None) -> None:
        self._start(status, len(body), kind, headers or {})
        if self.command != "HEAD":
            self.wfile.write(body[: len(body) // 2] if self._is_cut else body)
        self._finish()

    def _send_file(self, path: Path, kind: str) -> None:
        """Stream a file, or the part of it that the request asks for."""
        facts = path.stat()
        etag = f'"{self.server.folder.etag(path)}"'
        headers = {
            "ETag": etag,
            "Last-Modified": formatdate(facts.st_mtime, usegmt=True),
            "Accept-Ranges": "bytes",
        }
        first, last, status = 0, facts.st_size - 1, 200
        asked = self.headers.get("Range", "")
        if asked and self.headers.get("If-Range", etag) == etag:
            found = _byte_range(asked, facts.st_size)
            if found == "outside":
                whole = {"Content-Range": f"bytes */{facts.st_size}"}
                self._send(416, b"<Error><Code>InvalidRange</Code></Error>", XML, whole)
                return
            if found is not None:
                (first, last), status = found, 206
                headers["Content-Range"] = f"bytes {first}-{last}/{facts.st_size}"
        length = last - first + 1
        self._start(status, length, kind, headers)
        if self.command != "HEAD":
            left = length // 2 if self._is_cut else length
            with path.open("rb") as file:
                file.seek(first)
                while left and (block := file.read(min(_BLOCK, left))):
                    self.wfile.write(block)
                    left -= len(block)
        self._finish()

    def _start(self, status: int, length: int, kind: str, headers: dict[str, str]) -> None:
        self._note(status)
        self.send_response(status)
        for name, value in {"Content-Type": kind, "Content-Length": str(length), **headers}.items():
            self.send_header(name, value)
        self.end_headers()

    def _finish(self) -> None:
        if self._is_cut:
            self.close_connection = True

    def _note(self, status: int) -> None:
        self.server.endpoints.requests.append(Request(self.command, self._path, self._query, status))


def _byte_range(asked: str, size: int) -> tuple[int, int] | Literal["outside"] | None:
    """Return first and last byte of a Range header; `outside` the file; None to ignore it."""
    match = _RANGE.fullmatch(asked.strip())
    if not match or match.groups() == ("", ""):
        return None
    if not match[1]:
        wanted = int(match[2])
        return (max(0, size - wanted), size - 1) if wanted and size else "outside"
    first = int(match[1])
    last = min(int(match[2]), size - 1) if match[2] else size - 1
    if match[2] and int(match[2]) < first:
        return None
    return (first, last) if first < size else "outside"


def main() -> None:
    """Serve a folder until interrupted."""
    parser = argparse.ArgumentParser(
        prog="python -m bronze.sample.server", description="Serve a sample folder."
    )
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--port", type=int, default=8900)
    parser.add_argument("--page-size", type=int, default=DEFAULT_PAGE)
    options = parser.parse_args()
    if not options.folder.is_dir():
        parser.error(f"{options.folder} is no folder; write one with `python -m bronze.sample.big`")
    with serve(options.folder, port=options.port, page_size=options.page_size) as endpoints:
        # As the environment wants them, so that they can be exported as they are.
        print("\n".join(f"{name}={url}" for name, url in endpoints.environment.items()), flush=True)
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            print("stopped")


if __name__ == "__main__":
    main()
