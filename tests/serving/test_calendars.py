"""Days that can be chosen: each page has those of what it shows, and of one choice shows what it has."""

from __future__ import annotations

from datetime import date

import pytest

from tests.serving.conftest import address, assert_sound, figures, go_to, open_page, words
from tests.serving.lakes import ALL, publish_lake

pytestmark = pytest.mark.slow


def dates(at):
    """Return what is chosen, and between what one may choose."""
    box = at.sidebar.date_input[0]
    return box.value, (box.min, box.max)


FEED = (date(2021, 2, 10), date(2021, 3, 9))


def test_a_page_offers_the_days_of_what_it_shows(root):
    """Trips go to 21 February, and the feed was asked from the 10th on: each page has its own days, and what it has of a choice."""
    publish_lake(root, observed=tuple(map(str, FEED)))
    at = open_page("overview")
    assert dates(at) == ((ALL.first, ALL.last), (ALL.first, ALL.last))
    go_to(at, "availability")
    assert dates(at) == (FEED, FEED)
    assert address(at) == {}
    assert "10 Feb 2021 – 9 Mar 2021 · Both cities" in words(at)
    # Chosen there, it is what trips have of it, and the other way round.
    at.sidebar.date_input[0].set_value((date(2021, 2, 15), date(2021, 3, 2))).run()
    assert address(at) == {"from": "2021-02-15", "to": "2021-03-02"}
    go_to(at, "demand")
    assert dates(at)[0] == (date(2021, 2, 15), ALL.last)
    assert address(at) == {"from": "2021-02-15"}
    go_to(at, "availability")
    assert dates(at)[0] == (date(2021, 2, 15), date(2021, 3, 2))
    go_to(at, "demand")
    at.sidebar.date_input[0].set_value((date(2020, 12, 5), date(2020, 12, 9))).run()
    # Of these days there is no answer: all are shown, and the choice is not lost.
    go_to(at, "availability")
    assert dates(at)[0] == FEED
    go_to(at, "overview")
    assert dates(at)[0] == (date(2020, 12, 5), date(2020, 12, 9))
    assert [one.value for one in at.warning if "address names" in one.value] == []


def test_an_address_of_a_page_of_other_days(root):
    publish_lake(root, observed=tuple(map(str, FEED)))
    at = open_page("availability", **{"from": "2021-03-01"})
    assert dates(at)[0] == (date(2021, 3, 1), FEED[1])
    assert "`from` is `2020-12-05`, outside 10 Feb 2021" in words(
        open_page("availability", **{"from": "2020-12-05"})
    )


def test_a_page_of_one_city_leaves_the_choice_of_the_others(root):
    publish_lake(root, feeds=("jc",))
    at = open_page("overview")
    go_to(at, "availability")
    assert "· Jersey City" in words(at)
    assert [one.key for one in at.sidebar.selectbox] == ["member", "bike"]
    go_to(at, "overview")
    assert "· Both cities" in words(at)
    at.sidebar.selectbox(key="city").set_value("nyc").run()
    go_to(at, "availability")
    assert "· Jersey City" in words(at)
    go_to(at, "overview")
    assert "· New York" in words(at)


def test_a_page_whose_source_is_not_asked_says_so_and_the_others_are_there(root):
    publish_lake(root, feeds=())
    at = open_page("overview", city="jc")
    assert_sound(at)
    go_to(at, "availability")
    assert_sound(at)
    assert "`make poll`" in words(at)
    assert figures(at) == []
    go_to(at, "demand")
    assert address(at) == {"city": "jc"}
    assert "· Jersey City" in words(at)


def links(at):
    """Return what the links to the pages carry, by page."""
    return {one.proto.page: one.proto.query_string for one in at.get("page_link")}


def test_a_link_carries_what_its_page_will_show_of_a_choice(root):
    """Else the page would write its address anew: a step of the browser's history more."""
    publish_lake(root, observed=tuple(map(str, FEED)))
    at = open_page("overview", **{"from": "2020-12-05", "to": "2021-02-15"})
    assert links(at)["demand"] == "from=2020-12-05&to=2021-02-15"
    assert links(at)["availability"] == "to=2021-02-15"
    go_to(at, "availability")
    assert address(at) == {"to": "2021-02-15"}
    assert links(at)["demand"] == "from=2020-12-05&to=2021-02-15"
