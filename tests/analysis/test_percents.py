"""Changes in percent are told in words where digits would say what is not known."""

from __future__ import annotations

import numpy as np
import pytest

from analysis import percents, stats


@pytest.mark.parametrize(
    ("value", "digits", "told"),
    [
        (-0.04, 1, "just below 0"),
        (0.04, 1, "just above 0"),
        (-0.4, 0, "just below 0"),
        (0.0, 1, "+0.0"),
        (-0.0, 1, "+0.0"),
        (-0.06, 1, "-0.1"),
        (1234.5, 0, "+1,234"),
    ],
)
def test_what_is_not_zero_does_not_read_as_zero(value, digits, told):
    assert percents.signed(value, digits) == told


@pytest.mark.parametrize(
    ("low", "high", "is_wide"),
    [
        (-100.0, 1087233.4, True),
        (-50.0, 900.0, False),
        (-50.0, 900.1, True),
        # Large and well known: fourteen to sixteen times as many more.
        (1400.0, 1600.0, False),
        (5.0, 1600.0, True),
        (-100.0, -20.0, False),
        (float("nan"), float("nan"), False),
    ],
)
def test_an_interval_beyond_ten_times_as_many_says_nothing(low, high, is_wide):
    assert percents.is_wide(low, high) is is_wide
    assert ("more than ten times as many" in percents.interval(low, high)) is is_wide


def test_the_effect_of_next_to_no_data_has_no_digits():
    told = stats.Effect("a public holiday", -53.7, -100.0, 1087233.4, 2).told
    assert told == (
        "a public holiday: 95 % interval up to more than ten times as many trips. "
        "This data cannot tell the effect on trips from none."
    )
    more = stats.Effect("sun", 420.0, 3.0, 2500.0, 2).told
    assert more == (
        "sun: 95 % interval up to more than ten times as many trips. More trips, but how many more this data cannot tell."
    )


def test_an_end_next_to_zero_is_told_as_what_it_is():
    told = stats.Effect("rain", -20.0, -37.0, -0.02, 9).told
    assert told.startswith("rain: -20.0 % (95 % interval -37.0 to just below 0). Fewer trips")


def test_a_logarithm_beyond_all_numbers_is_no_error():
    with np.errstate(over="ignore"):
        assert percents.is_wide(-100.0, percents.of_log(800.0))
