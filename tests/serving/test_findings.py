"""The sentence that a page opens with claims what its interval allows."""

from __future__ import annotations

import polars as pl

from analysis.stats import Effect
from serving.findings import changed
from serving.queries import overview, stations_balance


def test_fewer_more_and_untold():
    fewer, more, either = (Effect("rain", *ends, 40) for ends in ((-58, -63, -52), (12, 3, 22), (-4, -9, 2)))
    assert changed("Rain", fewer, "182 wet hours") == (
        "Rain cost 58 % of trips (52 to 63, 95 % interval), 182 wet hours."
    )
    assert changed("Rain", more, "182 wet hours").startswith("Rain brought 12 % more trips (3 to 22")
    assert changed("Rain", either, "182 wet hours") == (
        "This data does not tell whether rain changes trips: -4 %, 95 % interval -9 to +2, 182 wet hours."
    )


def test_an_interval_that_leaves_zero_out_does_not_read_as_if_it_began_there():
    cost, brought = Effect("rain", -20, -37, -0.5, 9), Effect("rain", 0.4, 0.00002, 7, 9)
    assert "cost 20 % of trips (0.5 to 37, 95 % interval)" in changed("Rain", cost, "9 days")
    assert "brought 0.4 % more trips (under 0.1 to 7, 95 % interval)" in changed("Rain", brought, "9 days")


def test_an_interval_that_says_nothing_has_no_digits():
    nothing, more = Effect("off", -53.7, -100, 1087037, 2), Effect("off", 420, 3, 2500, 2)
    assert changed("A public holiday", nothing, "2 holidays") == (
        "This data does not tell whether a public holiday changes trips: 95 % interval up to more than ten times as many "
        "trips, 2 holidays."
    )
    assert changed("A public holiday", more, "2 holidays") == (
        "A public holiday brought more trips, but this data does not tell how many: 95 % interval up to more than ten "
        "times as many trips, 2 holidays."
    )


def test_an_unclear_effect_next_to_zero_has_no_minus_before_a_zero():
    told = changed("Rain", Effect("rain", -0.3, -9, 0.2, 9), "9 days")
    assert "changes trips: just below 0 %, 95 % interval -9 to just above 0, 9 days." in told


def test_one_bike_is_no_bikes():
    day = pl.DataFrame({"need": [1], "swing": [4]})
    assert stations_balance.told(day).startswith("On this day 1 bike had to be carried")


def test_a_change_that_rounds_to_nothing_is_not_below_zero():
    assert overview._change("{:.0f}".format, 99_999.0, 100_000.0) == "+0.0 %"
    assert overview._change("{:.0%}".format, 0.5, 0.5001) == "+0.0 points"
