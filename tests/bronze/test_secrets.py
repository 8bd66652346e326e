"""What an address keeps secret (user, password, query), and a key in a header, is shown to nobody."""

from __future__ import annotations

import json
import re
import socket
import traceback
from itertools import cycle

import pyarrow.parquet as pq
import pytest
from rich.console import Console

from bronze import sources
from bronze.addresses import joined, origin
from bronze.errors import BatchError
from bronze.http import client
from bronze.sample.faults import CUT, server_error
from lake import locate
from lake.words import keep_secrets_of, shown
from orchestration import poll, steps
from orchestration.gate.judge import suites
from orchestration.run import STOPPED, main_run
from orchestration.terminal import Terminal
from tests.bronze.hostile import FOR_EVER, drip, fault, leading_to, promising, saying
from tests.bronze.upstream import modern_csv, put, put_holidays, zipped

pytestmark = pytest.mark.slow

SECRETS = USER, PASSWORD, KEY, HEADER = (
    "a-certain-user",
    "p%40ss-w0rd",
    "k3y-of-the-query",
    "k3y-of-the-header",
)
#: A password stands in an address with its signs escaped, and elsewhere as it is.
FORBIDDEN = (*SECRETS, "p@ss-w0rd")


def with_secrets(url: str) -> str:
    return url.replace("://", f"://{USER}:{PASSWORD}@") + f"?apikey={KEY}&v=1"


@pytest.fixture(autouse=True)
def none_is_known_before(monkeypatch):
    """Let no test pass because another has told of its secret, or fail by what that cuts out."""
    monkeypatch.setattr("lake.words._kept", set())


@pytest.fixture
def guarded(upstream, monkeypatch):
    """All sources, each with a user, a password and a key in its address, and with one in a header."""
    folder, faults, endpoints = upstream
    for name, url in endpoints.environment.items():
        monkeypatch.setenv(name, with_secrets(url))
    keyed = {"X-Api-Key": f"Bearer {HEADER}"}
    # Secret from the start: all of them say `ECHO`, and the first is not sent what is in it.
    client(keyed)
    for source in sources.names():
        # Feeds are an archive here, which no key is for; what they say now: tests/bronze/test_feeds.py.
        if not sources.feeds(source):
            monkeypatch.setattr(f"bronze.sources.{source}.client", lambda *_: client(keyed))
    monkeypatch.setattr("bronze.transport.SECONDS", 1.5)
    monkeypatch.setenv("RUNTIME__REQUEST_MAX_ATTEMPTS", "2")
    put_holidays(folder, 2024)
    put(folder, "JC-202405-citibike-tripdata.csv.zip", zipped({"a.csv": modern_csv(3)}))
    return folder, faults, endpoints


def run(capsys, caplog):
    """Land everything; return what became of it, and all that was said and written."""
    lake, console = locate(), Console(record=True, width=10_000)
    terminal = Terminal(console)
    with caplog.at_level("DEBUG"):
        asked = poll.poll(lake, "upstream")
        landed = list(steps.land(lake, "upstream", terminal.watcher, poll.failures(asked)))
    for one in landed:
        terminal.landed(one)
    out = capsys.readouterr()
    texts = {"terminal": console.export_text(), "stdout": out.out, "stderr": out.err, "log": caplog.text}
    for path in lake.root.rglob("*"):
        if path.is_file() and path.suffix != ".parquet":
            texts[str(path.relative_to(lake.root))] = path.read_text(errors="replace")
    return landed, texts


def assert_silent(texts: dict[str, str]) -> None:
    assert [(name, word) for name, text in texts.items() for word in FORBIDDEN if word in text] == []


def test_what_lands_from_such_an_address_shows_nothing_of_it(guarded, capsys, caplog):
    _, _, endpoints = guarded
    landed, texts = run(capsys, caplog)
    assert {one.outcome for one in landed} == {"landed"}
    # A stand-in's link to its next page keeps the query that it was asked with.
    assert endpoints.requests
    assert [request for request in endpoints.requests if f"apikey={KEY}" not in request.query] == []
    assert any(name.endswith("record.json") for name in texts)
    assert_silent(texts)


ECHO = f"who are you, {USER}:p@ss-w0rd or {USER}:{PASSWORD} with ?apikey={KEY} and {HEADER}".encode()


def refusing(status: int):
    def act(handler) -> None:
        handler.send_response(status)
        handler.send_header("Content-Length", str(len(ECHO)))
        handler.end_headers()
        handler.wfile.write(ECHO)

    return fault(act)


def without_content(handler) -> None:
    handler.send_response(204)
    handler.end_headers()


def with_a_broken_header(handler) -> None:
    body = b"[{"
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nno header at all\r\nX: y\r\n\r\n" + body)


FAULTS = {
    "a status that stays": refusing(403),
    "a status that may pass": refusing(503),
    "a status without a word": server_error(),
    "a body that is garbled": fault(saying(b"{" + ECHO)),
    "a body that says it is an error": fault(
        saying(json.dumps({"error": True, "reason": ECHO.decode()}).encode())
    ),
    "a body of another shape": fault(saying(json.dumps(ECHO.decode()).encode())),
    "a page": fault(saying(b"<html>" + ECHO)),
    "a body that is cut": CUT,
    "a body that is too large": fault(promising(1 << 40)),
    "a body that drips": fault(drip),
    "no content": fault(without_content),
    "a redirect elsewhere": fault(leading_to(f"http://localhost:9/x?apikey={KEY}&again={HEADER}")),
    "a redirect elsewhere with a user": fault(leading_to(f"//{USER}:{PASSWORD}@localhost:9/{KEY}")),
    "a redirect in a circle": fault(leading_to(f"?apikey={KEY}")),
    "a header that is none": fault(with_a_broken_header),
}


@pytest.mark.parametrize("name", FAULTS)
def test_no_error_shows_anything_of_it(guarded, capsys, caplog, name):
    _, faults, _ = guarded
    faults.add(
        "*", *[FAULTS[name]] * FOR_EVER * sum(len(sources.tables(source)) for source in sources.names())
    )
    landed, texts = run(capsys, caplog)
    assert {(one.source, one.outcome) for one in landed} == {(name, "failed") for name in sources.names()}
    assert all(any(word in one.error for word in ("127.0.0.1", "2024", one.batch)) for one in landed)
    assert_silent(texts)


def test_what_is_landed_and_judged_holds_nothing_of_it(guarded, capsys, caplog, monkeypatch):
    """Rows, what dlt keeps of a load, verdicts, reports of gates, and the pages made from them."""
    from orchestration.docs.data_docs import write_data_docs

    lake = locate()
    # A new source lands before it has its suite.
    judged = [
        name for name in sources.names() if {one.name for one in sources.tables(name)} & set(suites("bronze"))
    ]
    monkeypatch.setattr(sources, "names", lambda: judged)
    run(capsys, caplog)
    for version in steps.to_judge(lake):
        steps.judge(lake, version)
    write_data_docs(lake, "upstream")
    written = {str(path): path for path in lake.root.rglob("*") if path.is_file()}
    for kind in ("verdict.json", ".parquet", ".html", "record.json"):
        assert [name for name in written if name.endswith(kind)], kind
    rows = {
        name: str(pq.read_table(path).to_pylist())
        for name, path in written.items()
        if path.suffix == ".parquet"
    }
    assert_silent(rows | {name: path.read_bytes().decode(errors="replace") for name, path in written.items()})


def test_a_run_that_ends_in_what_nobody_foresaw_shows_nothing_of_it(guarded, capsys, caplog, monkeypatch):
    """Neither the terminal nor the file with the traceback."""

    def unforeseen(lake, listed):
        raise RuntimeError(f"lost at {guarded[2].environment}, {ECHO.decode()}")

    monkeypatch.setattr("orchestration.steps.close_landing", unforeseen)
    with caplog.at_level("DEBUG"):
        assert main_run(locate()) == STOPPED
    out = capsys.readouterr()
    said = out.out + out.err
    assert "its traceback is in" in " ".join(said.split())
    written = {str(path): path.read_text() for path in (locate().work / "errors").iterdir()}
    assert len(written) == 1
    assert_silent(written | {"terminal": said, "log": caplog.text})


@pytest.mark.parametrize("name", ["a status that stays", "a body that is cut", "a redirect elsewhere"])
def test_no_download_shows_anything_of_it(guarded, capsys, caplog, name):
    _, faults, _ = guarded
    faults.add("/tripdata/JC-202405-citibike-tripdata.csv.zip", *[FAULTS[name]] * FOR_EVER)
    landed, texts = run(capsys, caplog)
    assert [one.batch for one in landed if one.outcome == "failed"] == ["jc-2024-05"]
    assert {one.outcome for one in landed} == {"failed", "landed"}
    assert_silent(texts)


def test_no_connection_shows_anything_of_it(guarded, capsys, caplog, monkeypatch):
    _, _, endpoints = guarded
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        nobody = f"127.0.0.1:{free.getsockname()[1]}"
    for name, url in endpoints.environment.items():
        there = url.split("/")[2]
        monkeypatch.setenv(name, with_secrets(url.replace(there, nobody)))
    monkeypatch.setenv("SOURCES__MONTHS", "2023-12")
    landed, texts = run(capsys, caplog)
    assert {one.outcome for one in landed} == {"failed"}
    # Holidays are two batches of one host.
    assert ["not asked again" in one.error for one in landed if one.source == "nager"] == [False, True]
    assert_silent(texts)


def test_a_traceback_of_a_listing_shows_nothing_of_it(guarded):
    """As a task of the DAG writes it into its log."""
    _, faults, _ = guarded
    faults.add("/tripdata", *[FAULTS["a page"]] * FOR_EVER)
    with pytest.raises(BatchError) as caught:
        steps.offered("citibike")
    assert_silent({"traceback": "".join(traceback.format_exception(caught.value))})


def test_what_nobody_foresaw_is_shown_without_it(guarded, capsys, caplog, monkeypatch):
    def unforeseen(self):
        raise RuntimeError(f"lost on the way to {self.url}")

    monkeypatch.setattr("bronze.sources.nager.HolidayOffer.prepare", unforeseen)
    landed, texts = run(capsys, caplog)
    [error] = [one.error for one in landed if one.source == "nager"]
    assert "RuntimeError: lost on the way to http://***@127.0.0.1" in error
    assert_silent(texts)


def test_an_address_that_is_none_is_shown_without_it(guarded, capsys, caplog, monkeypatch):
    for name, scheme in zip(guarded[2].environment, cycle(("ftp", "http", "nothing")), strict=False):
        monkeypatch.setenv(name, f"{scheme}://{USER}:{PASSWORD}@[::1/x?apikey={KEY}")
    landed, texts = run(capsys, caplog)
    assert {one.outcome for one in landed} == {"failed"}
    assert_silent(texts)


@pytest.mark.parametrize(
    ("text", "without"),
    [
        ("https://u:p@host:80/a b?k=v#f, and", "https://***@host:80/a b?*** and"),
        ("http://u:p@ss@host/x", "http://***@host/x"),
        ("with url: /v1/archive?key=abc (Caused by", "with url: /v1/archive?*** (Caused by"),
        ("is it there? Yes. Really?", "is it there? Yes. Really?"),
        ("write to a@b.c", "write to a@b.c"),
    ],
)
def test_an_address_is_cut_and_other_text_is_left(text, without):
    assert shown(text) == without


@pytest.mark.parametrize(
    "url",
    [
        "https://h/p?key=ab'cd(efgh)ij kl",
        "https://u:ab/cdefghij@host/x",
        "https://u:1234/abcdefghij@host/x",
        "https://u:ab?cdefghij@host/x",
        "https://u:ab#cdefghij@host/x",
        "https://u:ab@cdefghij@host/x?e=a@b",
    ],
)
def test_a_secret_with_signs_that_belong_escaped_is_cut_as_well(url):
    """Whoever writes a password into an address as it is gets an error, and the error shows nothing of it."""
    keep_secrets_of(url)
    try:
        origin(url)
        said = shown(f"asking {url} led nowhere")
    except BatchError as error:
        said = str(error)
    assert not re.search("1234|ab|cd|efgh|kl", said), said


def test_a_query_stays_behind_the_path():
    assert joined("https://u:p@h/api/v3/?k=v", "PublicHolidays/2024/US") == (
        "https://u:p@h/api/v3/PublicHolidays/2024/US?k=v"
    )
    assert joined("http://h", "x%20y") == "http://h/x%20y"


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("http://h/x", "http://u:p@H:80/y?z", True),
        ("https://h/x", "https://h:443", True),
        ("http://h", "https://h", False),
        ("http://h", "http://h:8080", False),
        ("http://h", "http://h.evil", False),
        ("http://h", "http://h@evil", False),
        ("http://h", "http://evil\\@h", False),
        ("http://h", "http://h%2eevil", False),
    ],
)
def test_who_is_asked_is_scheme_host_and_port(one, other, same):
    assert (origin(one) == origin(other)) is same
