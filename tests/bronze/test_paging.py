"""Answers in pages, by dlt's paginators within our bounds: all that the upstream has, once, or an error."""

from __future__ import annotations

import pytest
from dlt.sources.helpers.rest_client.paginators import (
    HeaderLinkPaginator,
    JSONLinkPaginator,
    JSONResponseCursorPaginator,
    OffsetPaginator,
    PageNumberPaginator,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bronze.errors import BatchError, UnreachableError
from bronze.http import client
from bronze.paging import Offsets, get_pages
from bronze.sample.faults import CUT, DROP, server_error, too_many
from bronze.sample.upstreams import Answer, json_answer, stand_ins
from tests.bronze.hostile import ANSWERS, FOR_EVER, PAGES
from tests.bronze.paged import PATH, STATIONS, ask, paged

PAGINATORS = {
    "page number to an empty page": lambda: PageNumberPaginator(base_page=1, total_path=None),
    "page number and more": lambda: PageNumberPaginator(
        base_page=1, total_path=None, has_more_path="meta.more"
    ),
    "offset to an empty page": lambda: Offsets(3),
    "offset and count": lambda: Offsets(limit=3, total_path="meta.total"),
    "offset of more than a page has": lambda: Offsets(5),
    "cursor": lambda: JSONResponseCursorPaginator(cursor_path="meta.after", cursor_param="after"),
    "link in the answer": lambda: JSONLinkPaginator(next_url_path="next"),
    "link in a header": HeaderLinkPaginator,
}


@pytest.mark.parametrize("name", PAGINATORS)
def test_every_entry_comes_once_and_in_order(served, name):
    url, _, endpoints = served
    assert ask(url, PAGINATORS[name](), key="id", total="meta.total") == STATIONS
    assert len(endpoints.requests) >= 3


def test_a_paginator_may_serve_for_several_batches(served):
    url, _, _ = served
    paginator = PAGINATORS["cursor"]()
    assert ask(url, paginator) == ask(url, paginator) == STATIONS


def test_dlts_own_offsets_are_refused_for_they_pass_over_entries(served):
    with pytest.raises(ValueError, match=r"bronze\.paging\.Offsets"):
        ask(served[0], OffsetPaginator(limit=5, total_path=None))


@pytest.mark.parametrize("fault", [server_error(), too_many(), DROP, CUT], ids=str)
def test_a_page_that_fails_and_then_comes_is_asked_again(served, fault):
    url, faults, _ = served
    faults.add(PATH, fault, fault)
    assert ask(url, PAGINATORS["cursor"](), key="id", total="meta.total") == STATIONS


def test_a_page_that_keeps_failing_fails_the_batch_and_the_host_is_given_up_after_three(served):
    url, faults, _ = served
    http = client()
    faults.add(PATH, *[server_error()] * FOR_EVER)
    told = []
    for _ in range(4):
        with pytest.raises(UnreachableError) as caught:
            get_pages(http, url, PAGINATORS["cursor"](), entries="stations", about="stations")
        told.append(str(caught.value))
    assert ["not asked again" in one for one in told] == [False, False, False, True]


def test_an_answer_of_404_is_an_answer(served, upstream, monkeypatch):
    monkeypatch.setattr(stand_ins()["nager"], "answer", lambda asked: json_answer({"detail": "gone"}, 404))
    with pytest.raises(BatchError, match="answered 404") as caught:
        ask(served[0], PAGINATORS["cursor"]())
    assert not isinstance(caught.value, UnreachableError)


def test_no_page_is_no_end(served, monkeypatch):
    monkeypatch.setattr(stand_ins()["nager"], "answer", lambda asked: Answer(b"", status=204))
    with pytest.raises(BatchError, match="answered 204, which is no page"):
        ask(served[0], PAGINATORS["cursor"]())


def test_an_empty_list_is_no_entries(served, monkeypatch):
    monkeypatch.setattr(stand_ins()["nager"], "answer", lambda asked: paged(asked, []))
    for name in PAGINATORS:
        assert ask(served[0], PAGINATORS[name](), key="id", total="meta.total") == [], name


def answers(monkeypatch, answer):
    """Let the upstream give this answer to what it is asked for, its offset or its page from 1."""
    monkeypatch.setattr(
        stand_ins()["nager"],
        "answer",
        lambda asked: json_answer(answer(int(asked.query.get("offset", asked.query.get("page", ["1"]))[0]))),
    )


@pytest.mark.parametrize(
    ("paginator", "path"),
    [
        (JSONLinkPaginator(next_url_path="meta.next"), "meta.next"),
        (JSONResponseCursorPaginator(cursor_path="meta.cursor", cursor_param="after"), "meta.cursor"),
    ],
    ids=["link", "cursor"],
)
@pytest.mark.parametrize("total", [None, "meta.total"])
def test_a_first_page_that_has_no_place_for_the_next_is_not_all_there_is(served, paginator, path, total):
    url, _, endpoints = served
    with pytest.raises(BatchError, match=f"page 1 has nothing at '{path}', .* correct the path") as caught:
        ask(url, paginator, total=total)
    assert not isinstance(caught.value, UnreachableError)
    assert len(endpoints.requests) == 1


@pytest.mark.parametrize("end", [None, "", False])
@pytest.mark.parametrize("name", ["link in the answer", "cursor"])
def test_a_next_page_that_is_empty_is_an_end(served, monkeypatch, name, end):
    answers(monkeypatch, lambda page: {"stations": STATIONS, "next": end, "meta": {"after": end}})
    assert ask(served[0], PAGINATORS[name]()) == STATIONS


@pytest.mark.parametrize("name", ["link in the answer", "cursor"])
def test_the_upstreams_count_tells_that_a_page_which_leads_nowhere_is_all(served, monkeypatch, name):
    answers(monkeypatch, lambda page: {"stations": STATIONS, "meta": {"total": 7}})
    assert ask(served[0], PAGINATORS[name](), total="meta.total") == STATIONS


def by_last_entry(**more):
    """A cursor that is the last entry's id: an empty page has none."""
    return JSONResponseCursorPaginator(cursor_path="stations[-1].id", cursor_param="offset", **more)


@pytest.mark.parametrize("more", [{"has_more_path": "more"}, {"stop_after_empty_page": True}], ids=str)
@pytest.mark.parametrize("count", [0, 3, 7])
def test_a_cursor_is_not_needed_where_the_end_is_told_otherwise(served, monkeypatch, more, count):
    def answer(offset):
        return {"stations": STATIONS[:count][offset : offset + 3], "more": offset + 3 < count}

    answers(monkeypatch, answer)
    assert ask(served[0], by_last_entry(**more), params={"offset": 0}) == STATIONS[:count]


def test_more_that_is_promised_without_a_cursor_is_not_all_there_is(served, monkeypatch):
    answers(monkeypatch, lambda page: {"stations": STATIONS[:3], "more": True, "meta": {"after": None}})
    paginator = JSONResponseCursorPaginator(cursor_path="meta.after", has_more_path="more")
    with pytest.raises(BatchError, match=r"page 1 has nothing at 'meta\.after', .* correct the path"):
        ask(served[0], paginator)


def test_the_last_page_may_leave_the_link_out(served, monkeypatch):
    pages = {1: {"stations": STATIONS[:3], "next": "?page=2"}, 2: {"stations": STATIONS[3:]}}
    answers(monkeypatch, pages.get)
    assert ask(served[0], PAGINATORS["link in the answer"]()) == STATIONS


def test_a_count_of_the_page_alone_is_no_total(served, monkeypatch):
    def answer(offset):
        found = STATIONS[offset : offset + 3]
        return {"stations": found, "count": len(found)}

    answers(monkeypatch, answer)
    with pytest.raises(BatchError, match="'count' counts the entries of a page") as caught:
        ask(served[0], Offsets(3), total="count")
    assert not isinstance(caught.value, UnreachableError)


@pytest.mark.parametrize(
    "paginator",
    [
        Offsets(3, offset_param=None, offset_body_path="o"),
        PageNumberPaginator(base_page=1, total_path=None, page_body_path="page"),
        JSONResponseCursorPaginator(cursor_path="meta.after", cursor_body_path="after"),
    ],
    ids=["offset", "page number", "cursor"],
)
def test_a_page_asked_for_in_a_body_is_refused_for_good(served, paginator):
    with pytest.raises(BatchError, match="asked for in a body") as caught:
        ask(served[0], paginator)
    assert not isinstance(caught.value, UnreachableError)


def test_a_count_that_only_the_first_page_has_is_the_count(served, monkeypatch):
    def answer(page):
        return {
            "stations": STATIONS[3 * page - 3 : 3 * page],
            "next": f"?page={page + 1}" if page < 3 else None,
            "meta": {"total": 7 if page == 1 else None},
        }

    answers(monkeypatch, answer)
    assert ask(served[0], PAGINATORS["link in the answer"](), key="id", total="meta.total") == STATIONS


def test_equal_pages_are_right_where_the_count_says_so(served, monkeypatch):
    hours = [{"pm25": 0}] * 7
    monkeypatch.setattr(stand_ins()["nager"], "answer", lambda asked: paged(asked, hours))
    for name in PAGINATORS:
        assert ask(served[0], PAGINATORS[name](), total="meta.total") == hours, name


@pytest.mark.parametrize("more", [{}, {"total": "meta.total"}, {"key": "id"}], ids=str)
def test_a_page_that_is_always_the_same_is_a_fault_of_the_question(served, monkeypatch, more):
    url, _, endpoints = served
    answers(monkeypatch, lambda offset: {"stations": STATIONS[:3], "meta": {"total": 7}})
    with pytest.raises(BatchError, match="has what the page before had") as caught:
        ask(url, Offsets(3), **more)
    assert not isinstance(caught.value, UnreachableError)
    assert len(endpoints.requests) <= 3


@pytest.mark.parametrize("name", PAGES)
def test_no_paging_goes_on_for_ever_or_loses_an_entry(served, monkeypatch, name):
    url, _, endpoints = served
    page_of, words = PAGES[name]
    monkeypatch.setattr("bronze.paging.MOST_PAGES", 20)
    monkeypatch.setattr("bronze.paging.LARGEST", 100_000)
    monkeypatch.setattr(
        stand_ins()["nager"],
        "answer",
        lambda asked: json_answer(page_of(int(asked.query.get("page", ["1"])[0]))),
    )
    total = "meta.total" if "count" in name else None
    with pytest.raises(BatchError, match=words) as caught:
        ask(url, JSONLinkPaginator(next_url_path="next"), key="id", total=total)
    assert len(str(caught.value)) < 700
    assert len(endpoints.requests) <= 20


@pytest.mark.slow
def test_each_page_is_bounded_as_every_answer_is(served, monkeypatch):
    url, faults, _ = served
    monkeypatch.setattr("bronze.transport.SECONDS", 1.5)
    monkeypatch.setattr("bronze.http.LARGEST_ANSWER", 1 << 20)
    for name in ("endless", "gzip bomb", "a promise of a terabyte", "led elsewhere", "drip of a header"):
        fault, words = ANSWERS[name]
        faults.add(PATH, *[fault] * FOR_EVER)
        with pytest.raises(BatchError, match=words):
            ask(url, PAGINATORS["cursor"]())
        while faults.take(PATH):
            pass


@pytest.mark.slow
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(entries=st.integers(0, 12), largest=st.integers(1, 5), limit=st.integers(1, 7), name=st.data())
def test_whatever_a_server_gives_at_once_every_entry_comes_once(
    served, monkeypatch, entries, largest, limit, name
):
    """Pages shorter than asked for, a last one that is full, none at all."""
    rows = STATIONS[:entries] if entries <= 7 else STATIONS + [{"id": 100 + n} for n in range(entries - 7)]
    monkeypatch.setattr(stand_ins()["nager"], "answer", lambda asked: paged(asked, rows, largest))
    how = name.draw(st.sampled_from(sorted(PAGINATORS)))
    paginator = Offsets(limit) if how.startswith("offset") else PAGINATORS[how]()
    assert ask(served[0], paginator, key="id", total="meta.total") == rows
