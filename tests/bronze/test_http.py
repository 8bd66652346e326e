"""An answer with status 200 that is none: asked again where it broke off, and told by its end."""

from __future__ import annotations

import dataclasses

import pytest

from bronze.errors import BatchError, UnreachableError
from bronze.http import client, get_json
from bronze.sample.faults import CUT
from bronze.sample.upstreams import Answer, stand_ins
from tests.bronze.upstream import land, modern_csv, outcomes, put, put_holidays, zipped

BROKEN = b"Unexpected error while streaming data: timeoutReached"
KEYS = {"open_meteo": "/v1/archive", "nager": "/api/v3/PublicHolidays/2024/US", "citibike": "/tripdata"}


def broken(monkeypatch, source, *changes):
    """Let the stand-in's next answers be changed, one by one; return how often it was asked."""
    stand_in = stand_ins()[source]
    answered, asked = stand_in.answer, []

    def answer(question):
        asked.append(question)
        found = answered(question)
        if len(asked) > len(changes) or not isinstance(found.body, bytes):
            return found
        return dataclasses.replace(found, body=changes[len(asked) - 1](found.body))

    monkeypatch.setattr(stand_in, "answer", answer)
    return asked


@pytest.fixture
def filled(upstream):
    folder, _, _ = upstream
    put(folder, "JC-202405-citibike-tripdata.csv.zip", zipped({"JC-202405.csv": modern_csv(3)}))
    put_holidays(folder, 2024)
    return upstream


@pytest.mark.parametrize("source", KEYS)
@pytest.mark.parametrize(
    "change",
    [
        lambda body: body[: len(body) // 2] + BROKEN,
        lambda body: body[: len(body) // 2],
        lambda body: body + BROKEN,
        lambda body: BROKEN,
        lambda body: b"",
        lambda body: body[:-9] + b"\xff\xfe" + body[-9:],
        lambda body: b'{"error": true, "reason": "timeoutReached"}',
    ],
    ids=["broken off", "cut", "error behind", "error alone", "empty", "garbled", "error as an answer"],
)
def test_a_body_that_cannot_be_read_is_asked_again(filled, monkeypatch, source, change):
    asked = broken(monkeypatch, source, change, change)
    assert set(outcomes(land(source)).values()) == {"landed"}
    assert len(asked) >= 3


@pytest.mark.parametrize("source", KEYS)
def test_one_that_stays_unreadable_is_told_by_its_end(filled, monkeypatch, source):
    broken(monkeypatch, source, *[lambda body: body[: len(body) // 2] + BROKEN] * 5)
    if source == "citibike":
        with pytest.raises(UnreachableError, match="streaming data: timeoutReached'"):
            land(source)
        return
    (landed,) = land(source)
    assert (landed.outcome, landed.passing) == ("failed", True)
    assert "streaming data: timeoutReached'; asked 5 times" in landed.error
    assert "base_url" not in landed.error


def test_a_connection_that_is_cut_is_asked_again(filled):
    _, faults, _ = filled
    faults.add(KEYS["nager"], CUT, CUT)
    assert outcomes(land("nager")) == {"us-2024": "landed"}


@pytest.mark.parametrize(
    "body",
    [b'[{"date": NaN}]', b'{"rain": Infinity}', b'{"rain": [0.0], "rain": [1.0]}', b'[{"a": 1}][{"a": 1}]'],
)
def test_what_is_nearly_json_is_none(filled, monkeypatch, body):
    _, _, endpoints = filled
    monkeypatch.setattr(stand_ins()["nager"], "answer", lambda _: Answer(body))
    with pytest.raises(UnreachableError, match="cut or garbled"):
        get_json(client(), endpoints.urls["nager"])


def test_a_page_is_not_asked_for_again(filled, monkeypatch):
    _, _, endpoints = filled
    asked = broken(monkeypatch, "nager", lambda _: b" <!doctype html><p>Moved")
    with pytest.raises(BatchError, match=r"instead of JSON .*<!doctype html>.*check base_url"):
        get_json(client(), endpoints.urls["nager"] + "/PublicHolidays/2024/US")
    assert len(asked) == 1


def test_a_country_that_the_upstream_does_not_know_is_named(filled, monkeypatch):
    monkeypatch.setenv("SOURCES__NAGER__COUNTRY", "XX")
    monkeypatch.setattr(stand_ins()["nager"], "answer", lambda _: Answer(b"", status=204))
    (landed,) = land("nager")
    assert (landed.batch, landed.outcome, landed.passing) == ("xx-2024", "failed", False)
    assert "the country 'XX' is unknown to Nager.Date; check sources.nager.country" in landed.error


def test_nothing_is_no_weather_and_no_listing(filled, monkeypatch):
    for source in ("open_meteo", "citibike"):
        monkeypatch.setattr(stand_ins()[source], "answer", lambda _: Answer(b"", status=204))
    (landed,) = land("open_meteo")
    assert "204 No Content" in landed.error
    with pytest.raises(BatchError, match="204 No Content instead of a bucket listing"):
        land("citibike")
