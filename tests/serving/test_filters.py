"""The choice in the URL: there and back, and whatever somebody types."""

from __future__ import annotations

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from serving.filters import BIKES, CITIES, MEMBERS, Filters, from_url, period, within

BOUNDS = (date(2020, 12, 1), date(2021, 2, 21))
DAYS = st.dates(*BOUNDS)
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
    assert from_url(chosen.url(BOUNDS), BOUNDS) == chosen


@given(st.dictionaries(st.sampled_from(["from", "to", "city", "member", "bike", "x"]), st.text(max_size=12)))
def test_any_url_is_a_choice_within_the_lake(values):
    chosen = from_url(values, BOUNDS)
    assert BOUNDS[0] <= chosen.first <= chosen.last <= BOUNDS[1]
    assert chosen.city in CITIES


def test_everything_needs_no_url():
    assert Filters(*BOUNDS).url(BOUNDS) == {}


def test_days_that_are_gone_are_cut_off():
    kept = within(Filters(date(2021, 1, 1), date(2021, 2, 1)), (BOUNDS[0], date(2021, 1, 15)))
    assert (kept.first, kept.last) == (date(2021, 1, 1), date(2021, 1, 15))
    assert within(Filters(date(2022, 1, 1), date(2022, 2, 1), "jc"), BOUNDS) == Filters(*BOUNDS, "jc")


def test_the_period_before_is_as_long_and_ends_the_day_before():
    before = Filters(date(2021, 1, 11), date(2021, 1, 20)).before
    assert period(before.first, before.last) == "1 Jan 2021 – 10 Jan 2021"
