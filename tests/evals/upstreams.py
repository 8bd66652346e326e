"""Upstreams that only the grader has: the sample's server on a folder, weather that is answered otherwise, and any function
that answers a question with status, kind and text."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from unittest import mock
from urllib.parse import parse_qsl, urlsplit

from bronze.sample.answers import Folder, Query
from bronze.sample.generate import generate
from bronze.sample.server import serve
from bronze.sample.upstreams import json_answer, open_meteo
from tests.evals.place import ask

#: What is answered to a question for weather, of a folder whose own answer is `folder.weather(query)`.
Weather = Callable[[Folder, Query], dict[str, Any]]
TRIPS = 20_000
#: For the clone's Python: land what a source offers, and let the gate judge it, which takes seconds.
LAND = """
import sys
from bronze import landing
from lake import locate
from orchestration import steps
home = locate()
for offer in landing.offers(sys.argv[1]):
    landed = landing.land(home, offer, origin="upstream")
    print(landed.batch, landed.outcome, landed.error or "")
for version in steps.to_judge(home):
    steps.judge(home, version)
"""
#: So that a run takes half a minute: the smaller city.
ONE_CITY = {"SOURCES__CITIBIKE__CITIES": '["jc"]'}


def made(folder: Path, seed: int) -> Path:
    """Return a folder with the sample of a seed."""
    generate(folder, seed=seed, trips=TRIPS)
    return folder


@contextlib.contextmanager
def served(folder: Path, weather: Weather = Folder.weather) -> Iterator[dict[str, str]]:
    """Serve a folder while the context lasts, and give the variables that lead there."""

    def answer(asked: Any) -> Any:
        return json_answer(weather(asked.folder, asked.query))

    with mock.patch.object(open_meteo, "answer", answer), serve(folder) as endpoints:
        yield endpoints.environment


def accepted(lake: Path, source: str, table: str, batch: str) -> list[Path]:
    """Return the files of the newest accepted version of a batch in bronze; none where there is no such."""
    for verdict in sorted(
        (lake / "bronze" / source / table / f"batch={batch}").glob("version=*/verdict.json")
    )[::-1]:
        if json.loads(verdict.read_text())["state"] == "accepted":
            return sorted(verdict.parent.glob("*.parquet"))
    return []


def landed(lake: Path, source: str, table: str, batch: str, *columns: str) -> list[tuple[Any, ...]]:
    """Return columns of a batch that bronze holds and the gate accepted; no rows where there is no such."""
    files = [str(path) for path in accepted(lake, source, table, batch)]
    select = f"select {', '.join(columns)} from read_parquet({files}, hive_partitioning = false)"
    return ask(select) if files else []


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


@contextlib.contextmanager
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
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
