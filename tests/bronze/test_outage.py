"""An upstream that is down is asked once and not for each batch; proxies of the environment, and the loopback."""

from __future__ import annotations

import socket

import pytest

from bronze.sample.faults import DROP, server_error, too_many
from bronze.sample.upstreams import Answer, stand_ins
from tests.bronze.hostile import FOR_EVER
from tests.bronze.upstream import land, modern_csv, outcomes, put, put_holidays, zipped

pytestmark = pytest.mark.slow

YEARS = range(2001, 2011)
ATTEMPTS = 4


@pytest.fixture
def years(upstream, monkeypatch):
    folder, _, _ = upstream
    for year in YEARS:
        put_holidays(folder, year)
    monkeypatch.setenv("SOURCES__MONTHS", ", ".join(f"{year}-05" for year in YEARS))
    monkeypatch.setenv("RUNTIME__REQUEST_MAX_ATTEMPTS", str(ATTEMPTS))
    return upstream


@pytest.fixture
def sent(monkeypatch):
    """Every question that leaves for the network, answered or not."""
    from requests.adapters import HTTPAdapter

    asked, send = [], HTTPAdapter.send

    def counted(self, request, *arguments, **named):
        asked.append(request.url)
        return send(self, request, *arguments, **named)

    monkeypatch.setattr(HTTPAdapter, "send", counted)
    return asked


def nobody() -> str:
    """Return an address at which nobody listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{free.getsockname()[1]}"


def test_who_is_not_there_is_asked_once(years, monkeypatch, sent):
    address = nobody()
    monkeypatch.setenv("SOURCES__NAGER__BASE_URL", f"{address}/api/v3")
    first, *rest = land("nager")
    assert "could not be reached: " in first.error
    assert "Connection refused" in first.error
    said = f"not asked again: {address} did not answer for {address}/api/v3/PublicHolidays/2001/US ("
    assert [one.error.startswith(said) for one in rest] == [True] * (len(YEARS) - 1)
    assert {one.passing for one in (first, *rest)} == {True}
    assert len(sent) == ATTEMPTS


def test_a_name_that_is_nobodys_is_asked_once(years, monkeypatch, sent):
    monkeypatch.setenv("SOURCES__NAGER__BASE_URL", "http://upstream.invalid/api/v3")
    landed = land("nager")
    assert [one.error.startswith("not asked again: http://upstream.invalid") for one in landed[1:]] == [
        True
    ] * 9
    assert len(sent) == ATTEMPTS


@pytest.mark.parametrize("fault", [server_error(500), server_error(503), too_many(), DROP], ids=str)
def test_who_fails_every_question_is_given_up_after_three(years, sent, fault):
    _, faults, _ = years
    faults.add("*", *[fault] * FOR_EVER)
    landed = land("nager")
    assert set(outcomes(landed).values()) == {"failed"}
    assert ["not asked again" in one.error for one in landed] == [False] * 3 + [True] * 7
    # The first as often as it takes; then the upstream may be down, and once has to do.
    assert len(sent) == ATTEMPTS + 1 + 1


def test_who_fails_some_questions_is_asked_the_others(years):
    _, faults, _ = years
    for year in (2002, 2003, 2005, 2006, 2008):
        faults.add(f"/api/v3/PublicHolidays/{year}/US", *[server_error()] * FOR_EVER)
    found = outcomes(land("nager"))
    failed = {f"us-{year}" for year in (2002, 2003, 2005, 2006, 2008)}
    assert {batch for batch, outcome in found.items() if outcome == "failed"} == failed


def test_what_is_not_there_and_what_cannot_be_read_is_no_outage(years, monkeypatch):
    folder, _, _ = years
    answered = stand_ins()["nager"].answer
    for year in YEARS[:4]:
        (folder / "holidays" / f"{year}.json").unlink()
    garbled = tuple(f"/PublicHolidays/{year}/US" for year in YEARS[4:8])
    monkeypatch.setattr(
        stand_ins()["nager"],
        "answer",
        lambda asked: Answer(b"[{") if asked.path in garbled else answered(asked),
    )
    landed = land("nager")
    assert [one.outcome for one in landed] == ["failed"] * 8 + ["landed"] * 2
    assert [word in one.error for one, word in zip(landed, ["404"] * 4 + ["garbled"] * 4, strict=False)] == [
        True
    ] * 8


def test_the_next_run_asks_anew(years):
    _, faults, _ = years
    faults.add("*", *[server_error()] * (ATTEMPTS + 2))
    assert set(outcomes(land("nager")).values()) == {"failed"}
    assert set(outcomes(land("nager")).values()) == {"landed"}


def test_archives_that_fail_are_given_up_as_well(years, monkeypatch, sent):
    folder, faults, _ = years
    monkeypatch.setenv("SOURCES__MONTHS", "2024-01..2024-08")
    for month in range(1, 9):
        name = f"JC-2024{month:02}-citibike-tripdata.csv.zip"
        put(folder, name, zipped({"a.csv": modern_csv(1)}))
        faults.add(f"/tripdata/{name}", *[server_error()] * FOR_EVER)
    landed = land()
    assert ["not asked again" in one.error for one in landed] == [False] * 3 + [True] * 5
    assert len([url for url in sent if "?" not in url]) == ATTEMPTS + 1 + 1


PROXIES = ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy")


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_no_proxy_catches_the_loopback(years, monkeypatch, host):
    _, _, endpoints = years
    for name in PROXIES:
        monkeypatch.setenv(name, nobody())
    for name, url in endpoints.environment.items():
        monkeypatch.setenv(name, url.replace("127.0.0.1", host))
    assert set(outcomes(land("nager")).values()) == {"landed"}
    assert set(outcomes(land("citibike")).values()) == {"not listed"}


def test_who_is_elsewhere_is_asked_through_the_proxy(years, monkeypatch):
    _, _, endpoints = years
    proxy = endpoints.urls["nager"].removesuffix("/api/v3")
    for name in PROXIES:
        monkeypatch.setenv(name, proxy)
    monkeypatch.setenv("SOURCES__NAGER__BASE_URL", "http://upstream.invalid/api/v3")
    assert set(outcomes(land("nager")).values()) == {"landed"}
    assert len(endpoints.requests) == len(YEARS)


def test_a_proxy_that_is_not_there_is_asked_once(years, monkeypatch, sent):
    monkeypatch.setenv("http_proxy", nobody())
    monkeypatch.setenv("SOURCES__NAGER__BASE_URL", "http://upstream.invalid/api/v3")
    landed = land("nager")
    assert "proxy" in landed[0].error.lower()
    assert len(sent) == ATTEMPTS
