"""What must hold for any files of trips, from the CSV to the marts."""

from __future__ import annotations

import csv
import io
from collections import Counter
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bronze.sources.citibike.trips_csv import LEGACY, MODERN

pytestmark = pytest.mark.slow

#: Around the night of 2024-11-03, when the clock shows 01:00 to 02:00 twice, and around the end of October.
moment = st.datetimes(datetime(2024, 10, 30), datetime(2024, 11, 5)) | st.datetimes(  # noqa: DTZ001
    datetime(2024, 11, 3, 0, 30),  # noqa: DTZ001
    datetime(2024, 11, 3, 2, 30),  # noqa: DTZ001
)
odd_text = st.sampled_from(
    [
        "",
        "NULL",
        "\\N",
        " ",
        "1/1/17 0:21",
        "2024-02-30 10:00:00",
        "2024-11-01",
        "2024-11-01 25:00:00",
        "x",
        "'",
    ]
)
blank = st.sampled_from(["", "NULL", "\\N", "  "])
station = (
    st.sampled_from(["JC005", "5470.10", "5470.1", "SYS035", "a'b; drop table x--", "Bad,\nname"]) | blank
)
latitude = st.sampled_from(["40.7196", "40.75", "0.0", "abc", "NULL", "", "40.7"])
longitude = st.sampled_from(["-74.0431", "-73.99", "0.0", "abc", "", "-74.04"])


def written(at: datetime) -> st.SearchStrategy[str]:
    return st.sampled_from(
        [at.isoformat(" ", "seconds"), at.isoformat(" ", "milliseconds"), at.isoformat(" ", "microseconds")]
    )


@st.composite
def ride(draw):
    start = draw(moment)
    seconds = draw(st.sampled_from([-3000, -60, 0, 30, 59, 60, 600, 3600, 4000, 90_000]))
    texts = [draw(written(at)) for at in (start, start + timedelta(seconds=seconds))]
    return [draw(odd_text) if draw(st.integers(0, 9)) == 0 else text for text in texts], seconds


@st.composite
def modern(draw):
    (start, end), _ = draw(ride())
    return {
        "ride_id": draw(st.sampled_from(["A", "B", "C", "D", "E", "F"]) | blank),
        "rideable_type": draw(st.sampled_from(["classic_bike", "electric_bike", "docked_bike", "", "x"])),
        "started_at": start,
        "ended_at": end,
        "start_station_name": draw(st.sampled_from(["Grove  St", "Grove St", ""])),
        "start_station_id": draw(station),
        "end_station_name": draw(st.sampled_from(["Newport", ""])),
        "end_station_id": draw(station),
        "start_lat": draw(latitude),
        "start_lng": draw(longitude),
        "end_lat": draw(latitude),
        "end_lng": draw(longitude),
        "member_casual": draw(st.sampled_from(["member", "casual", ""])),
    }


@st.composite
def legacy(draw):
    (start, end), seconds = draw(ride())
    return {
        "tripduration": draw(st.sampled_from([str(seconds), str(seconds + 3600), "", "x"])),
        "starttime": start,
        "stoptime": end,
        "start_station_id": draw(station),
        "start_station_name": "Grove St",
        "start_station_latitude": draw(latitude),
        "start_station_longitude": draw(longitude),
        "end_station_id": draw(station),
        "end_station_name": "Newport",
        "end_station_latitude": draw(latitude),
        "end_station_longitude": draw(longitude),
        "bikeid": draw(st.sampled_from(["1", "2"])),
        "usertype": draw(st.sampled_from(["Subscriber", "Customer", ""])),
        "birth_year": draw(st.sampled_from(["1984", "NULL", "\\N", "", "1700"])),
        "gender": draw(st.sampled_from(["0", "1", "2"])),
    }


def as_csv(rows, schema) -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, schema, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def lake_files(new, old) -> dict[str, dict[str, bytes]]:
    """Put modern rows into November's file and legacy rows into October's."""
    return {
        "jc-2024-11": {"new.csv": as_csv(new, MODERN)},
        "jc-2024-10": {"old.csv": as_csv(old, LEGACY)},
    }


new_rows = st.lists(modern(), max_size=8)
old_rows = st.lists(legacy(), max_size=6)
ORIGIN = "batch, version, source_member, source_record"
#: Which days are covered is told by the batch a row came in.
BY_BATCH = ("mart_covered_days", "mart_weather_effect", "mart_holiday_impact")
#: Everything a reader of the lake sees, but for the file and line a row came from.
SEEN = {
    "fct_trips": f"select * exclude ({ORIGIN}) from fct_trips",
    **{
        mart: f"select * from {mart}"
        for mart in (
            "dim_stations",
            "mart_demand_daily",
            "mart_demand_hourly",
            "mart_durations",
            "mart_distances",
            "mart_station_hours",
            "mart_routes",
            "mart_station_stats",
            *BY_BATCH,
        )
    },
}


def seen(lake):
    return {name: lake.sql(f"{query} order by all").fetchall() for name, query in SEEN.items()}


def covered(lake):
    return lake.sql("select * exclude (version) from covered_months order by all").fetchall()


def no_row_is_lost(lake, rows):
    assert lake.sql("from conservation where not is_conserved").fetchall() == []
    kept, rejected, duplicate = lake.sql(
        "select sum(rows_kept), sum(rows_rejected), sum(rows_duplicate) from conservation"
    ).fetchone()
    assert kept + rejected + duplicate == rows


def every_row_has_times_or_a_reason(lake):
    without = lake.sql(
        "from int_trips_typed where reason is null and (started_at_utc is null or ended_at_utc is null "
        "or duration_seconds < 0 or trip_month is null)"
    ).fetchall()
    assert without == []
    assert lake.sql("from rejected_trips where coalesce(reason, '') = '' or detail is null").fetchall() == []
    apart = "abs(date_diff('second', started_at_utc, ended_at_utc) - duration_seconds) > 1"
    assert lake.sql(f"from fct_trips where {apart}").fetchall() == []


def marts_agree_with_each_other(lake):
    total = lake.sql("select count(*) from fct_trips").fetchone()[0]
    for mart in ("mart_demand_daily", "mart_demand_hourly", "mart_weather_effect"):
        assert lake.sql(f"select coalesce(sum(trips), 0) from {mart}").fetchone()[0] == total, mart
    ends = lake.sql("select count(start_station_id), count(end_station_id) from fct_trips").fetchone()
    moved = lake.sql(
        "select coalesce(sum(departures), 0), coalesce(sum(arrivals), 0) from mart_station_stats"
    ).fetchone()
    assert moved == ends


def in_another_order(new, old, chance):
    """Give the same rows shuffled, moved between the batches, landed in another order, and one file twice.

    A ride with several copies stays in its batch: of those the later dump's wins.
    """
    shuffled_new, shuffled_old = chance.sample(new, len(new)), chance.sample(old, len(old))
    copies = Counter(row["ride_id"] for row in new)
    moved = [row for row in shuffled_new if copies[row["ride_id"]] == 1 and chance.random() < 0.5]
    stay = [row for row in shuffled_new if row not in moved]
    return {
        "jc-2024-10": {"a.csv": as_csv(moved, MODERN), "old.csv": as_csv(shuffled_old, LEGACY)},
        "jc-2024-11": {"z.csv": as_csv(stay, MODERN), "again.csv": as_csv(stay, MODERN)},
    }


@given(new_rows, old_rows, st.randoms(use_true_random=False))
def test_any_files_of_trips(models, new, old, chance):
    """To build is what takes the time: all that must hold of a lake is asked of one, and another must give the same."""
    with models.build(lake_files(new, old)) as lake:
        no_row_is_lost(lake, len(new) + len(old))
        every_row_has_times_or_a_reason(lake)
        marts_agree_with_each_other(lake)
        expected, days = seen(lake), covered(lake)
    with models.build(in_another_order(new, old, chance)) as lake:
        found = seen(lake)
        for name in () if covered(lake) == days else BY_BATCH:
            del expected[name], found[name]
        assert found == expected
