"""The sentence that a page opens with claims what its interval allows."""

from __future__ import annotations

from analysis.stats import Effect
from serving.findings import changed


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
