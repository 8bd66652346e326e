"""A machine of hostile upstreams, one fault a path: no landing hangs, nothing else is touched, the others land."""

from __future__ import annotations

import contextlib
import re
import socket
import threading
import time
import zipfile

import pytest

from bronze.errors import BatchError
from bronze.sample.faults import CUT
from lake import locate
from lake.versions import all_versions
from tests.bronze.hostile import ANSWERS, DOWNLOADS, FOR_EVER, SHAPES, Flood, fault, saying
from tests.bronze.upstream import land, modern_csv, put, put_holidays, zipped

pytestmark = pytest.mark.slow

#: Seconds within which a run has to end that meets all faults of a kind, with the limits of these tests.
PATIENCE = 30


@pytest.fixture(autouse=True)
def small_limits(monkeypatch):
    """The same limits, small."""
    # Not less: on a busy machine an honest answer takes half a second, too.
    monkeypatch.setattr("bronze.transport.SECONDS", 1.5)
    monkeypatch.setattr("bronze.http.LARGEST_ANSWER", 1 << 20)
    monkeypatch.setattr("bronze.sources.citibike.archives.SMALL", 256 << 10)
    monkeypatch.setattr("bronze.sources.citibike.archives.LARGEST", 3 << 20)
    monkeypatch.setattr("bronze.sources.citibike.archives.MOST_MEMBERS", 50)
    monkeypatch.setenv("RUNTIME__REQUEST_MAX_ATTEMPTS", "3")


def key(month: str) -> str:
    return f"JC-{month.replace('-', '')}-citibike-tripdata.csv.zip"


def content(month: str) -> bytes:
    return zipped({key(month).removesuffix(".zip"): modern_csv(3, f"{month}-03")})


def months(number: int) -> list[str]:
    """Return so many months; the first and the last are those that nothing is wrong with."""
    return [f"{2019 + n // 12}-{n % 12 + 1:02}" for n in range(number + 2)]


def run(source: str, scope: list[str], monkeypatch) -> dict:
    """Land all batches of a source; fail if that takes long, or touches or leaves anything but the lake's data."""
    monkeypatch.setenv("SOURCES__MONTHS", ", ".join(scope))
    lake = locate()
    (lake.root.parent / "beside").mkdir()
    (lake.root.parent / "beside" / "kept").write_text("x")
    outside = _tree(lake.root.parent, but=lake.root)
    begun = time.monotonic()
    found = {one.batch: one for one in land(source)}
    assert time.monotonic() - begun < PATIENCE
    assert _tree(lake.root.parent, but=lake.root) == outside
    left = {path.name for path in lake.work.rglob("*") if path.is_file()}
    assert left <= {".lock", "publish.lock", "archive.zip.part"}
    parts = [path.stat().st_size for path in lake.work.rglob("*.part")]
    assert sum(parts) < 1 << 20
    landed = {name for name, one in found.items() if one.outcome == "landed"}
    assert {version.batch for version in all_versions(lake)} == landed
    return found


def _tree(root, but):
    found = (path for path in root.rglob("*") if but not in (path, *path.parents))
    return {(path, path.is_dir() or path.read_bytes()) for path in found}


def check(found: dict, said: dict[str, tuple[str, str]], honest: list[str]) -> None:
    """Check that each batch failed with its error, as `said` by batch: what was wrong, and the words."""
    wrong = {
        what: (found[batch].outcome, found[batch].error)
        for batch, (what, words) in said.items()
        if found[batch].outcome != "failed" or not re.search(words, found[batch].error)
    }
    assert wrong == {}
    assert [(batch, found[batch].outcome) for batch in honest] == [(batch, "landed") for batch in honest]
    assert len(found) == len(said) + len(honest)


def test_no_answer_stops_the_others(upstream, monkeypatch):
    folder, faults, _ = upstream
    said = {}
    for year, (name, (what, words)) in enumerate((ANSWERS | SHAPES).items(), 1991):
        faults.add(f"/api/v3/PublicHolidays/{year}/US", *[what] * FOR_EVER)
        put_holidays(folder, year)
        said[f"us-{year}"] = (name, words)
    for year in (1990, 2020):
        put_holidays(folder, year)
    scope = [f"{year}-05" for year in (1990, *range(1991, 1991 + len(said)), 2020)]
    check(run("nager", scope, monkeypatch), said, ["us-1990", "us-2020"])


def test_no_download_stops_the_others(upstream, monkeypatch):
    folder, faults, _ = upstream
    scope, said = months(len(DOWNLOADS)), {}
    for month in scope:
        put(folder, key(month), content(month))
    for month, (name, (what, words)) in zip(scope[1:-1], DOWNLOADS.items(), strict=True):
        faults.add(f"/tripdata/{key(month)}", *[what] * FOR_EVER)
        said[f"jc-{month}"] = (name, f"(?=.*{key(month)}).*({words})")
    check(run("citibike", scope, monkeypatch), said, [f"jc-{scope[0]}", f"jc-{scope[-1]}"])


def steady(whole: bytes):
    """Return an answer that takes long in all, and whose bytes come one after the other without a pause."""

    def act(handler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(whole)))
        handler.end_headers()
        for at in range(0, len(whole), 100):
            handler.wfile.write(whole[at : at + 100])
            time.sleep(0.08)

    return act


def test_a_slow_download_that_goes_on_is_let_go_on(upstream, monkeypatch):
    folder, faults, _ = upstream
    monkeypatch.setattr("bronze.transport.SECONDS", 0.4)
    monkeypatch.setattr("bronze.http._CHUNK", 50)
    monkeypatch.setattr("bronze.http._STRIDE", 100)
    whole = zipped({"a.csv": modern_csv(5)}, zipfile.ZIP_STORED)
    put(folder, key("2024-05"), whole)
    faults.add(f"/tripdata/{key('2024-05')}", fault(steady(whole)))
    begun = time.monotonic()
    found = run("citibike", ["2024-05"], monkeypatch)
    assert found["jc-2024-05"].outcome == "landed"
    assert time.monotonic() - begun > 2 * 0.4


def test_what_comes_with_a_redirect_is_not_read(upstream, monkeypatch):
    _, faults, _ = upstream
    flood = Flood()
    faults.add("/api/v3/PublicHolidays/2024/US", fault(flood))
    assert "404" in run("nager", ["2024-05"], monkeypatch)["us-2024"].error
    assert flood.sent < 32 << 20, "no more than the network holds on its way"


def test_shaking_hands_ends_as_well(upstream, monkeypatch):
    """TLS begins before there is anything to read, and a byte now and then keeps a limit on reading quiet."""

    def drip(server: socket.socket) -> None:
        with contextlib.suppress(OSError):
            caller, _ = server.accept()
            for byte in b"\x16\x03\x03\x3f\xff\x02\x00\x3f\xfb" + bytes(300):
                caller.send(bytes([byte]))
                time.sleep(0.03)

    begun = time.monotonic()
    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=drip, args=(server,), daemon=True).start()
        address = f"https://127.0.0.1:{server.getsockname()[1]}/api/v3"
        monkeypatch.setenv("SOURCES__NAGER__BASE_URL", address)
        found = run("nager", ["2024-05"], monkeypatch)
    assert "too slow: it took longer than 1.5 s" in found["us-2024"].error
    assert time.monotonic() - begun < 5


@pytest.mark.parametrize("place", ["bytes 0-9/99", "bytes 7-", "nonsense", ""])
def test_a_download_that_is_resumed_at_another_place_begins_anew(upstream, monkeypatch, place):
    folder, faults, _ = upstream

    def resumed(handler) -> None:
        handler.send_response(206)
        handler.send_header("Content-Range", place)
        handler.send_header("Content-Length", "10")
        handler.end_headers()
        handler.wfile.write(b"x" * 10)

    put(folder, key("2024-05"), zipped({"a.csv": modern_csv(3000)}, zipfile.ZIP_STORED))
    faults.add(f"/tripdata/{key('2024-05')}", CUT, fault(resumed))
    assert run("citibike", ["2024-05"], monkeypatch)["jc-2024-05"].outcome == "landed"
    assert faults.left == 0


def quine(depth: int) -> bytes:
    content = zipped({"x.csv": modern_csv(1)})
    for _ in range(depth):
        content = zipped({"x.zip": content})
    return content


def lying(content: bytes, **facts: int) -> bytes:
    """Return an archive whose table of contents says otherwise of its first member."""
    at = content.index(b"PK\x01\x02")
    places = {"compress_size": 20, "file_size": 24}
    for name, value in facts.items():
        place = at + places[name]
        content = content[:place] + value.to_bytes(4, "little") + content[place + 4 :]
    return content


def many(number: int) -> bytes:
    return zipped({f"{n:03}.csv": modern_csv(1) for n in range(number)})


BOMBS: dict[str, tuple[bytes, str]] = {
    "zeros": (zipped({"a.csv": b"0" * (1 << 20)}), "not unpacked"),
    "zeros in a nested archive": (zipped({"a.zip": zipped({"b.csv": b"0" * (1 << 20)})}), "not unpacked"),
    "zeros in many": (
        zipped({f"{n}.csv": f"{n}".encode() + b"0" * (200 << 10) for n in range(20)}),
        "not unpacked",
    ),
    "more than any archive holds": (
        zipped({f"{n}.csv": bytes(range(256)) * 2048 for n in range(9)}, zipfile.ZIP_STORED)[: (2 << 20)],
        "instead of|no readable zip|listed with",
    ),
    "an archive in an archive in an archive": (quine(5), "archive in an archive"),
    "many members": (many(60), "60 members"),
    "another packing": (zipped({"a.csv": b"0" * (1 << 20)}, zipfile.ZIP_BZIP2), "not unpacked"),
    "another packing, lzma": (zipped({"a.csv": modern_csv(5)}, zipfile.ZIP_LZMA), "not unpacked"),
    "a size that is less than what comes": (
        lying(zipped({"a.csv": b"0" * (1 << 20)}), file_size=2000),
        "damaged|unknown header|no readable",
    ),
    "a packed size that is more than there is": (
        lying(zipped({"a.csv": b"0" * (1 << 20)}), compress_size=1 << 20),
        "not unpacked",
    ),
    "a line without an end": (
        zipped({"a.csv": modern_csv(1).encode() + bytes(range(48, 58)) * (200 << 10)}, zipfile.ZIP_STORED),
        r"record 2 \(line 3\): more than 1,048,576 bytes",
    ),
}


def test_no_archive_stops_the_others(upstream, monkeypatch):
    folder, _, _ = upstream
    scope, said = months(len(BOMBS)), {}
    for month in scope:
        put(folder, key(month), content(month))
    for month, (name, (bomb, words)) in zip(scope[1:-1], BOMBS.items(), strict=True):
        put(folder, key(month), bomb)
        said[f"jc-{month}"] = (name, f"(?=.*{key(month)}).*({words})")
    check(run("citibike", scope, monkeypatch), said, [f"jc-{scope[0]}", f"jc-{scope[-1]}"])


def page(entries: str, more: str = "") -> bytes:
    return (
        '<?xml version="1.0"?><!-- --><ListBucketResult><Name>tripdata</Name>'
        f"<IsTruncated>{'true' if more else 'false'}</IsTruncated>{more}{entries}</ListBucketResult>"
    ).encode()


def entry(name: str, size: object = 300, etag: str = "x") -> str:
    return (
        f"<Contents><Key>{name}</Key><LastModified>2024-06-01T00:00:00.000Z</LastModified>"
        f"<ETag>{etag}</ETag><Size>{size}</Size></Contents>"
    )


def token(text: str) -> str:
    return f"<NextContinuationToken>{text}</NextContinuationToken>"


ENTITIES = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10 if n else "z" * 10}">' for n in range(6))


class Pages:
    """A listing that goes on: each page with another token, and with keys that differ or not."""

    def __init__(self, entries: str = "{n}", more: str = "{n}") -> None:
        self.entries, self.more, self.asked = entries, more, 0

    def __call__(self, handler) -> None:
        self.asked += 1
        more = token(self.more.format(n=self.asked))
        saying(page(self.entries.format(n=self.asked), more), Content_Type="application/xml")(handler)


LISTINGS = {
    **ANSWERS,
    "the same page again": (
        fault(Pages(entry(key("2024-05")))),
        "only keys of earlier ones, such as 'JC-202405",
    ),
    "the same token again": (fault(Pages(entry("{n}.zip"), "again")), "the token 'again' comes again"),
    "a page without keys again": (fault(Pages("", "{n}")), "more than 20 pages"),
    "pages without end": (fault(Pages(entry("{n}.zip"), "{n}")), "more than 20 pages"),
    "more, and no token": (fault(saying(page("", "<x/>"))), "does not say where it goes on"),
    "entities": (
        fault(saying(b"<!DOCTYPE x [" + ENTITIES.encode() + b"]><ListBucketResult>&e5;</ListBucketResult>")),
        "cut or garbled",
    ),
    "no XML": (fault(saying(b"{}")), "cut or garbled"),
}


@pytest.mark.parametrize("name", LISTINGS)
def test_no_listing_hangs(upstream, monkeypatch, name):
    _, faults, endpoints = upstream
    monkeypatch.setattr("bronze.sources.citibike.bucket.MOST_PAGES", 20)
    what, words = LISTINGS[name]
    faults.add("/tripdata", *[what] * FOR_EVER)
    begun = time.monotonic()
    with pytest.raises(BatchError, match=words):
        land()
    assert time.monotonic() - begun < PATIENCE
    assert len(endpoints.requests) <= 25


@pytest.mark.parametrize("size", ["much", "-1", "", "1e3", "9" * 40, 1 << 40])
def test_an_entry_of_the_listing_stops_no_other(upstream, monkeypatch, size):
    folder, faults, _ = upstream
    put(folder, key("2024-06"), content("2024-06"))
    real = (folder / "tripdata" / key("2024-06")).stat().st_size
    entries = entry(key("2024-05"), size) + entry(key("2024-06"), real) + "<Contents/><Contents>x</Contents>"
    faults.add("/tripdata", fault(saying(page(entries))))
    found = run("citibike", ["2024-05", "2024-06"], monkeypatch)
    check(found, {"jc-2024-05": ("size", f"{key('2024-05')} is listed with")}, ["jc-2024-06"])


@pytest.mark.parametrize("name", ANSWERS)
def test_no_table_of_contents_stops_the_others(upstream, monkeypatch, name):
    folder, faults, _ = upstream
    monkeypatch.setenv("SOURCES__CITIBIKE__CITIES", '["nyc", "jc"]')
    put(folder, "2024-citibike-tripdata.zip", zipped({"202405-citibike-tripdata.csv": modern_csv(3)}))
    faults.add("/tripdata/2024-citibike-tripdata.zip", *[ANSWERS[name][0]] * FOR_EVER)
    monkeypatch.setenv("SOURCES__MONTHS", "2024-05")
    begun = time.monotonic()
    found = {one.batch: one for one in land()}
    assert time.monotonic() - begun < PATIENCE
    assert (found["nyc-2024"].outcome, found["jc-2024-05"].outcome) == ("failed", "not listed")
    assert "2024-citibike-tripdata.zip" in found["nyc-2024"].error
