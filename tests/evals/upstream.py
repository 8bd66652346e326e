"""An upstream of the grader's own, on the loopback: any function that answers a question with status, kind and text."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

JSON, CSV = "application/json", "text/csv"


@dataclass(frozen=True)
class Question:
    """What is asked: the server's own address, the path, the query, and headers by name in small letters."""

    base: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]


#: Status, kind of content, text.
Said = tuple[int, str, str]


@contextmanager
def answering(answer: Callable[[Question], Said]) -> Iterator[str]:
    """Answer on a free port while the context lasts; yield the address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            host, port = self.server.server_address[:2]
            asked = urlsplit(self.path)
            headers = {name.lower(): value for name, value in self.headers.items()}
            question = Question(f"http://{host!s}:{port}", asked.path, dict(parse_qsl(asked.query)), headers)
            status, kind, text = answer(question)
            body = text.encode()
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
