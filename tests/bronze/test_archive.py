"""An archive of feeds: read in from a folder or an address as it was said, and what is damaged told by name."""

from __future__ import annotations

import dataclasses
import gzip
import json
from typing import Any

import pytest

from bronze import http
from bronze.feeds import ask_now
from bronze.offers import LISTING
from bronze.sample.upstreams import json_answer
from lake import locate
from lake.recordings import keep, kept, read
from tests.bronze import signals
from tests.bronze.signals import ARCHIVE, LATER, NOON, ask, land, lights, packed


def put_archive(files, folder=None):
    for name, content in files.items():
        if folder is None:
            ARCHIVE[name] = content
            continue
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)


@pytest.fixture(params=["folder", "address"])
def archive(request, live, tmp_path, monkeypatch):
    """An archive in a folder, or below an address; return what puts files into it and where they lie."""
    folder = tmp_path / "archive" if request.param == "folder" else None
    where = str(folder) if folder else live[1].urls["signals"]
    monkeypatch.setenv("SOURCES__SIGNALS__ARCHIVE", where)
    monkeypatch.delenv("SOURCES__SIGNALS__BASE_URL")
    return lambda files: put_archive(files, folder), where


def test_an_archive_is_read_in_as_it_was_said_with_its_moments(archive):
    put, _ = archive
    body = b'[ {"id": 1.50} ]\n'
    put({
        f"lights/2024-05-03/{NOON}.json.gz": gzip.compress(body),
        f"lights/{LATER}.json": body,
        "lights/20240630T120000Z.json": body,
        "sites/whatever/one/20240501T000000Z.json.gz": packed({"data": {"sites": []}}),
        "other/20240503T120000Z.json": b"no concern of ours",
        "README.md": b"neither",
    })  # fmt: skip
    assert ask() == [
        ("lights", "kept", NOON), ("lights", "kept", LATER), ("sites", "kept", "20240501T000000Z")
    ]  # fmt: skip
    assert [read(one) for one in kept(locate(), "signals", "lights")] == [body, body]
    assert ask() == [], "all of it is known"
    assert {*land()} == {"lights hoboken-2024-05-03", "sites hoboken-2024-05-01"}


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (packed(lights())[:-12], "damaged"),
        (b"\x1f\x8b", "damaged"),
        (b'[{"id": 1', "is no JSON"),
        (b"", "is no JSON"),
        (packed({"oops": 1}), "no list of entries in it"),
        (b'[{"id": NaN}]', "NaN is no JSON"),
    ],
)
def test_a_damaged_file_is_told_by_name_and_stops_no_other(archive, content, why):
    put, where = archive
    put({
        f"lights/{NOON}.json.gz": content,
        f"lights/{LATER}.json.gz": packed(lights()),
        f"sites/{NOON}.json": json.dumps({"data": {"sites": []}}).encode(),
    })  # fmt: skip
    (feed, outcome, told), *others = ask()
    assert (feed, outcome) == ("lights", "failed")
    assert f"{where}/lights/{NOON}.json.gz" in told
    assert why in told
    assert others == [("lights", "kept", LATER), ("sites", "kept", NOON)]


def test_a_link_that_leads_nowhere_is_told_by_name(live, tmp_path, monkeypatch):
    folder = tmp_path / "archive" / "lights"
    folder.mkdir(parents=True)
    (folder / f"{NOON}.json").symlink_to(tmp_path / "gone")
    monkeypatch.setenv("SOURCES__SIGNALS__ARCHIVE", str(folder.parent))
    monkeypatch.delenv("SOURCES__SIGNALS__BASE_URL")
    [(feed, outcome, told)] = ask()
    assert (feed, outcome) == ("lights", "failed")
    assert told == f"{folder.parent}/lights/{NOON}.json cannot be read (No such file or directory)"


def test_an_archive_of_something_else_is_told(archive):
    put, where = archive
    put({f"{NOON}.json": packed(lights()), "stations/x.json": b"[]"})
    ((feed, outcome, told),) = ask()
    assert (feed, outcome) == (LISTING, "failed")
    assert told == f"{where} has nothing in lights/ or sites/: is it an archive of signals?"


def test_two_files_of_one_moment_must_say_the_same(archive):
    put, _ = archive
    put({f"lights/{NOON}.json": b'[{"id": 1}]', f"lights/{NOON}.json.gz": gzip.compress(b'[{"id": 1}]')})
    assert [outcome for _, outcome, _ in ask()] == ["kept", "known"]
    put({f"lights/{NOON}.json.gz": gzip.compress(b'[{"id": 2}]')})
    for _ in range(2):
        (_, first, _), (_, second, told) = ask()
        assert (first, second) == ("known", "failed")
        assert f"lights/{NOON}.json.gz says something else than" in told


def test_files_not_called_after_a_moment_are_told_once(archive):
    put, _ = archive
    put(
        {
            "lights/noon.json": b"[]",
            "lights/20241303T120000Z.json": b"[]",
            f"lights/{NOON}.json": packed(lights()),
        }
    )
    (_, outcome, told), other = ask()
    assert (outcome, other) == ("failed", ("lights", "kept", NOON))
    assert "'lights/20241303T120000Z.json' (and 1 more) is not called after the moment" in told


def test_an_index_leads_nowhere_else(live, monkeypatch):
    _, endpoints = live
    monkeypatch.setenv("SOURCES__SIGNALS__ARCHIVE", endpoints.urls["signals"])
    monkeypatch.delenv("SOURCES__SIGNALS__BASE_URL")
    ARCHIVE[f"lights/../../{NOON}.json"] = ARCHIVE[f"lights//{NOON}.json"] = packed(lights())
    ((_, outcome, told),) = ask()
    assert outcome == "failed"
    assert "(and 1 more) is not called after" in told
    assert [one.path for one in endpoints.requests] == ["/signals/index.json"]


@pytest.mark.parametrize(
    ("where", "why"),
    [
        ("/no/such/folder", "/no/such/folder is no folder: an archive is one, or an address with index.json"),
        ("http://127.0.0.1:9/archive", "http://127.0.0.1:9/archive/index.json could not be reached"),
        ("{}/now/lights.json", "answered 404"),
    ],
)
def test_an_archive_that_is_not_there_is_told_and_the_feeds_are_asked(live, monkeypatch, where, why):
    monkeypatch.setenv("SOURCES__SIGNALS__ARCHIVE", where.format(live[1].urls["signals"]))
    *now, (feed, outcome, told) = ask()
    assert now == [("lights", "kept", NOON), ("sites", "kept", NOON)], "first, for an archive can wait"
    assert (feed, outcome) == (LISTING, "failed")
    assert why in told


def test_an_index_that_is_none_is_refused(live, monkeypatch):
    monkeypatch.setattr(signals, "answer", lambda asked: json_answer({"files": []}))
    monkeypatch.setenv("SOURCES__SIGNALS__ARCHIVE", live[1].urls["signals"])
    assert "signals/index.json is no list of paths below it" in ask()[-1][2]


def test_recordings_of_another_lake_are_an_archive(live, tmp_path, monkeypatch):
    other = dataclasses.replace(locate(), root=tmp_path / "other")
    for moment in (NOON, LATER):
        keep(other, "signals", "lights", moment, b'[{"id": 1}]')
    monkeypatch.setenv("SOURCES__SIGNALS__ARCHIVE", str(other.recordings / "signals"))
    monkeypatch.delenv("SOURCES__SIGNALS__BASE_URL")
    assert ask() == [("lights", "kept", NOON), ("lights", "kept", LATER)]
    first, second = kept(locate(), "signals", "lights")
    assert first.path.samefile(second.path)


def test_a_key_goes_to_the_feeds_and_not_to_the_archive(live, monkeypatch):
    seen: dict[int, Any] = {}
    made = http.client

    def client(headers=None):
        seen[len(seen)] = headers
        return made(headers)

    monkeypatch.setattr("bronze.feeds.client", client)
    monkeypatch.setattr("bronze.archive.client", client)
    address = live[1].urls["signals"]
    given = (
        "signals",
        signals.FEEDS,
        f"{address}/now",
        address,
        "2024-05",
        "",
        {"X-Api-Key": "s3cret-of-signals"},
    )
    assert len(list(ask_now(*given))) == 3
    assert seen == {0: {"X-Api-Key": "s3cret-of-signals"}, 1: None}
