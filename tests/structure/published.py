"""What upstreams of every kind publish, for the modules that `make source` writes."""

from __future__ import annotations

import http.server
import io
import json
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

#: With fields that have the names of the lake's own columns.
ENTRIES = [
    {"id": f"{day}", "date": f"2024-05-0{day}", "source_record": "x", "other_fields": "y"} for day in (1, 2)
]
#: What a page says of how many entries there are, and the member of an archive.
PUBLISHED = {"count": "2", "csv": "\n".join(",".join(row) for row in ([*ENTRIES[0]], *(one.values() for one in ENTRIES)))}  # fmt: skip


#: Tables whose archives are listed.
ARCHIVED = ("street_works", "street_closures")


def answers(path: str) -> bytes:
    """Answer as an upstream of each kind would."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as opened:
        opened.writestr("a.csv", PUBLISHED["csv"])
    if path.endswith(".zip"):
        return archive.getvalue()
    name, _, asked = path.strip("/").partition("?")
    size = len(archive.getvalue())
    pages: dict[str, Any] = {"results": ENTRIES[:1], "count": PUBLISHED["count"], "next": f"{path}&page=2"}
    if "page" in asked:
        pages = {"results": ENTRIES[1:], "count": PUBLISHED["count"], "next": None}
    lists = [{"name": f"{table}-2024-05.zip", "size": size, "etag": None} for table in ARCHIVED]  # fmt: skip
    return json.dumps({"list": lists, "noise_levels": pages}.get(name, ENTRIES)).encode()


@contextmanager
def served() -> Iterator[str]:
    """Serve the answers on the loopback; give the address."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            body = answers(self.path)
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
