"""The choice in the URL: there and back, and whatever somebody types."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from serving.filters import (
    BIKES,
    CITIES,
    MEMBERS,
    Filters,
    Held,
    Wish,
    from_url,
    months,
    period,
    unknown,
    wish_of,
    within,
)

HELD = Held(date(2020, 12, 1), date(2021, 2, 21), ("nyc", "jc"))
JERSEY = Held(HELD.first, HELD.last, ("jc",))
DAYS = st.dates(HELD.first, HELD.last)
CHOICES = st.builds(
    lambda one, other, *rest: Filters(min(one, other), max(one, other), *rest),
    DAYS,
    DAYS,
    st.sampled_from(list(CITIES)),
    st.sampled_from(list(MEMBERS)),
    st.sampled_from(list(BIKES)),
)


@given(CHOICES)
def test_a_choice_survives_the_url(chosen):
    assert from_url(chosen.url(HELD), HELD) == chosen
    assert unknown(chosen.url(HELD), HELD) == []


@given(st.dictionaries(st.sampled_from(["from", "to", "city", "member", "bike", "x"]), st.text(max_size=12)))
def test_any_url_is_a_choice_within_the_lake(values):
    chosen = from_url(values, HELD)
    assert HELD.first <= chosen.first <= chosen.last <= HELD.last
    assert chosen.city in CITIES
    # What is left out is said.
    left_out = [name for name in values if name != "x" and chosen.url(HELD).get(name) != values[name]]
    everything = {"from": "2020-12-01", "to": "2021-02-21"}
    told = " ".join(unknown(values, HELD))
    assert all(f"`{name}`" in told or values[name] == everything.get(name) for name in left_out)


def test_everything_needs_no_url():
    assert HELD.everything.url(HELD) == {}


def test_days_that_are_gone_are_cut_off():
    less = Held(HELD.first, date(2021, 1, 15), HELD.cities)
    kept = within(Filters(date(2021, 1, 1), date(2021, 2, 1)), less)
    assert (kept.first, kept.last) == (date(2021, 1, 1), date(2021, 1, 15))
    late = Filters(date(2022, 1, 1), date(2022, 2, 1), "jc")
    assert within(late, HELD) == Filters(HELD.first, HELD.last, "jc")


def test_a_lake_of_one_city_is_about_that_city():
    assert JERSEY.everything.city == "jc"
    assert "Jersey City" in JERSEY.everything.told
    assert JERSEY.everything.url(JERSEY) == {}
    assert from_url({"city": "nyc"}, JERSEY) == JERSEY.everything
    assert unknown({"city": "nyc"}, JERSEY) == ["`city` is `nyc`"]
    assert set(JERSEY.options) == {None, "jc"}


def test_days_in_the_wrong_order_are_said():
    assert unknown({"from": "2021-01-10", "to": "2020-12-10"}, HELD) == [
        "`from` is `2021-01-10`, after `to` is `2020-12-10`"
    ]


def test_what_a_url_names_and_is_not_there_is_said():
    told = unknown({"from": "soon", "to": "2031-01-01", "city": "paris", "bike": "electric"}, HELD)
    assert told == [
        "`from` is `soon`, which is no day",
        "`to` is `2031-01-01`, outside 1 Dec 2020 – 21 Feb 2021",
        "`city` is `paris`",
    ]
    # Nobody's address becomes a link or markup of ours.
    assert unknown({"city": "`[x](http://evil)`"}, HELD) == ["`city` is `[x](http://evil)`"]


def test_months_in_words():
    assert months(date(2021, 3, 1), date(2021, 3, 31)) == "March 2021"
    assert months(date(2024, 6, 1), date(2024, 9, 30)) == "June – September 2024"
    assert months(date(2020, 12, 1), date(2021, 1, 31)) == "December 2020 – January 2021"
    assert months(date(2015, 9, 1), date(2015, 9, 20)) == "1 Sep 2015 – 20 Sep 2015"


def test_the_period_before_is_as_long_and_ends_the_day_before():
    before = Filters(date(2021, 1, 11), date(2021, 1, 20)).before
    assert period(before.first, before.last) == "1 Jan 2021 – 10 Jan 2021"


WISHES = st.builds(Wish, st.none() | DAYS, st.none() | DAYS, st.sampled_from([None, "nyc", "jc"]))


@given(WISHES, CHOICES)
def test_of_a_wish_is_shown_what_a_page_has(wish, chosen):
    for held in (HELD, JERSEY, Held(date(2021, 1, 1), date(2021, 1, 9), ("nyc",))):
        shown = wish.on(held, chosen)
        assert held.first <= shown.first <= shown.last <= held.last
        assert shown.city in held.options
        assert (shown.member, shown.bike) == (chosen.member, chosen.bike)
        # Shown again it is the same, and its ends go with those of what is held.
        assert wish_of(shown, held).on(held, chosen) == shown
    assert Wish().on(HELD, chosen) == replace(HELD.everything, member=chosen.member, bike=chosen.bike)


def test_an_open_end_takes_a_new_month_in():
    more = Held(HELD.first, date(2021, 3, 31), HELD.cities)
    assert wish_of(HELD.everything, HELD).on(more, HELD.everything) == more.everything
    narrow = Filters(date(2021, 1, 5), HELD.last)
    assert wish_of(narrow, HELD).on(more, narrow) == replace(narrow, last=more.last)
