"""Every month that silver can read from a start is named, in each form that it reads."""

from __future__ import annotations

import pyarrow as pa
import pytest

from bronze.sources.citibike import months_of_starts
from tests.bronze.upstream import LEGACY_HEADER, land, legacy, put, zipped


@pytest.mark.parametrize(
    ("text", "months"),
    [
        ("2024-05-01 08:00:00.5", {"2024-05"}),
        (" 2024-05-01 08:00:00", {"2024-05"}),
        ("2024-13-01 08:00:00", set()),
        ("11/3/2015 17:53:13", {"2015-11"}),
        (" 01/12/2015 2:07", {"2015-01"}),
        ("13/11/2015 2:07", set()),
        ("11/3/15 2:07", set()),
        ("", set()),
        (None, set()),
    ],
)
def test_months_of_starts(text, months):
    assert months_of_starts(pa.array([text, text, "2024-06-01 08:00:00"], pa.string())) == {
        *months,
        "2024-06",
    }


def test_a_month_with_slashes_names_what_it_touches(upstream, monkeypatch):
    folder, _, _ = upstream
    monkeypatch.setenv("SOURCES__MONTHS", "2015-11")
    starts = ["10/31/2015 23:59", "11/1/2015 0:01", "2015-12-01 00:00:00"]
    rows = [legacy(number, starttime=start) for number, start in enumerate(starts)]
    put(folder, "JC-201511-citibike-tripdata.csv.zip", zipped({"a.csv": "\n".join([LEGACY_HEADER, *rows])}))
    (landed,) = land()
    assert landed.version.record["months"] == ["2015-10", "2015-11", "2015-12"]
