"""What goes with the question for a page, and what is told of it."""

from __future__ import annotations

import re

import pytest
from dlt.sources.helpers.rest_client.paginators import (
    JSONLinkPaginator,
)

from bronze.errors import BatchError, UnreachableError
from bronze.http import client
from bronze.paging import Offsets, get_pages
from bronze.sample.upstreams import stand_ins
from lake.words import shown
from tests.bronze.paged import ask, paged
from tests.bronze.upstream import put_holidays


def test_a_key_may_lie_deeper_in_an_entry(served, monkeypatch):
    hours = [{"value": 3, "period": {"from": {"utc": f"2024-05-0{day}T00:00Z"}}} for day in range(1, 8)]
    monkeypatch.setattr(stand_ins()["nager"], "answer", lambda asked: paged(asked, hours))
    assert ask(served[0], JSONLinkPaginator(next_url_path="next"), key="period.from.utc") == hours
    hours[4] = hours[3]
    with pytest.raises(UnreachableError, match=r"period\.from\.utc '2024-05-04T00:00Z' came twice"):
        ask(served[0], JSONLinkPaginator(next_url_path="next"), key="period.from.utc")
    del hours[4]["period"]
    with pytest.raises(BatchError, match=r"entry 4 has no 'period\.from\.utc'"):
        ask(served[0], JSONLinkPaginator(next_url_path="next"), key="period.from.utc")


def test_what_a_source_asks_for_is_no_secret(served):
    get_pages(
        client(),
        served[0],
        JSONLinkPaginator(next_url_path="next"),
        entries="stations",
        about="stations",
        params={"bbox": "-74.26,40.49,-73.7,40.92"},
    )
    assert shown("none within -74.26,40.49,-73.7,40.92") == "none within -74.26,40.49,-73.7,40.92"


def test_who_asks_and_for_what_is_no_secret_and_a_key_is():
    client(
        {"User-Agent": "lakehouse-of-alerts", "accept": "application/ld+json", "X-Token": "t0ken-of-nobody"}
    )
    said = "lakehouse-of-alerts wants application/ld+json with t0ken-of-nobody"
    assert shown(said) == "lakehouse-of-alerts wants application/ld+json with ***"


def test_a_question_keeps_its_spelling_beside_what_the_address_asks(served):
    url, _, endpoints = served
    paginator = JSONLinkPaginator(next_url_path="next")
    ask(f"{url}?area=a%20b+c", paginator, params={"name": "x&y=z", "empty": ""})
    assert endpoints.requests[0].query == "area=a%20b+c&name=x%26y%3Dz&empty="


def test_a_stand_in_sees_the_headers(served, monkeypatch):
    keys = []

    def answer(asked):
        keys.append(asked.headers.get("x-api-key"))
        return paged(asked)

    monkeypatch.setattr(stand_ins()["nager"], "answer", answer)
    http = client({"X-Api-Key": "a-key"})
    get_pages(http, served[0], JSONLinkPaginator(next_url_path="next"), entries="stations", about="stations")
    assert keys == ["a-key"] * 3


def test_no_secret_of_an_address_is_told(served, upstream):
    folder, _, endpoints = upstream
    put_holidays(folder, 2024)
    url = (
        endpoints.urls["nager"].replace("//", "//anna:hunter2hunter2@") + "/stations?apikey=0123456789abcdef"
    )
    with pytest.raises(BatchError) as caught:
        ask(url, JSONLinkPaginator(next_url_path="meta.more"))
    assert not re.search("hunter2|0123456789abcdef", str(caught.value))


def test_the_question_goes_with_every_page(served, monkeypatch):
    url, _, _ = served
    seen: list[dict] = []

    def answer(asked):
        seen.append(asked.query)
        return paged(asked)

    monkeypatch.setattr(stand_ins()["nager"], "answer", answer)
    ask(url, Offsets(3), params={"city": "nyc"})
    assert [one["city"] for one in seen] == [["nyc"]] * 4
    assert [one["offset"] for one in seen] == [["0"], ["3"], ["6"], ["7"]]
