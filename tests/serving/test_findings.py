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
