"""Overview: its queries count what the marts hold, and the headline compares two periods of one length."""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl
import pytest

from serving.figures import overview as figures
from serving.filters import Filters, Held
from serving.queries import overview as queries
from serving.queries import shared
from serving.reader import open_reader
from tests.serving.lakes import ALL, SOME, kept, mart, marts, publish_lake


@pytest.mark.parametrize("chosen", [ALL, SOME])
def test_the_headline_counts_the_chosen_trips(reader, chosen):
    expected = kept(mart("mart_demand_daily"), chosen)
    found = queries.headline(reader, chosen)
    assert found.trips == expected["trips"].sum()
    assert found.days == chosen.days
    assert found.a_day == pytest.approx(found.trips / chosen.days)
    assert found.minutes == pytest.approx(10.05)


def test_shares_of_a_month_add_up(reader):
    for kind in ("member_type", "bike_type"):
        shares = queries.by_month(reader, ALL, kind).group_by("trip_month").agg(pl.col("share").sum())
        assert shares["share"].to_list() == pytest.approx([1, 1, 1])


@pytest.mark.parametrize(
    ("column", "kind", "share"),
    [("bike_type", "electric", "electric_share"), ("member_type", "casual", "casual_share")],
)
def test_shares_are_of_trips_of_known_kind(root, column, kind, share):
    """Older files do not tell: February is one of them, and its trips bend no share."""
    source = marts()
    publish_lake(root)
    daily = root.snapshots / open_reader().snapshot / "gold" / "mart_demand_daily" / "data.parquet"
    frame = pl.read_parquet(source / "gold" / "mart_demand_daily" / "data.parquet")
    unknown = pl.when(pl.col("trip_month") == "2021-02").then(pl.lit("unknown")).otherwise(pl.col(column))
    daily.unlink()
    frame.with_columns(unknown.alias(column)).write_parquet(daily)
    known = frame.filter(pl.col("trip_month") != "2021-02")
    trips = dict(known.group_by(column).agg(pl.col("trips").sum()).rows())
    assert getattr(queries.headline(open_reader(), ALL), share) == pytest.approx(
        trips[kind] / sum(trips.values())
    )
    february = Filters(date(2021, 2, 1), date(2021, 2, 14))
    assert getattr(queries.headline(open_reader(), february), share) is None
    assert queries.by_month(open_reader(), february, column).rows()[0][1::2] == ("unknown", 1.0)


def test_headline_compares_with_as_many_days_before(reader):
    held = shared.held(reader)
    assert held
    chosen = Filters(date(2021, 2, 1), date(2021, 2, 14))
    told = queries.compare(reader, chosen, held).told
    assert told == "**1 Feb 2021 – 14 Feb 2021** against 18 Jan 2021 – 31 Jan 2021."
    whole = queries.compare(reader, ALL, held)
    assert whole.told == "**25 Jan 2021 – 21 Feb 2021** against 28 Dec 2020 – 24 Jan 2021."
    late, early = (queries.headline(reader, Filters(first, first + timedelta(27)))
                   for first in (date(2021, 1, 25), date(2020, 12, 28)))  # fmt: skip
    assert whole.figures[0].change == f"{100 * (late.trips / early.trips - 1):+.1f} %"
    assert {one.label: one.value for one in whole.figures} == {
        "Trips": f"{late.trips:,}", "Trips a day": f"{late.a_day:,.0f}",
        "Casual riders": f"{late.casual_share:.1%}".replace("%", " %"),
        "Electric bikes": f"{late.electric_share:.1%}".replace("%", " %"),
        "Length of a trip": f"{late.minutes:.1f} min",
    }  # fmt: skip


def test_a_short_lake_is_compared_by_whole_weeks(reader):
    """Half of it, else: fifteen days beside fifteen have another number of weekends."""
    month = Held(date(2020, 12, 1), date(2020, 12, 31), ("nyc", "jc"))
    told = queries.compare(reader, Filters(month.first, month.last), month).told
    assert told == "**18 Dec 2020 – 31 Dec 2020** against 4 Dec 2020 – 17 Dec 2020."
    few = Held(date(2020, 12, 1), date(2020, 12, 9), ("nyc", "jc"))
    assert (
        queries.compare(reader, Filters(few.first, few.last), few).told
        == "**6 Dec 2020 – 9 Dec 2020** against 2 Dec 2020 – 5 Dec 2020."
    )


def test_a_share_that_comes_from_nothing_has_a_change():
    assert queries._change("{:.1f} %".format, 0.127, 0.0) == "+12.7 points"
    assert queries._change("{:.0f}".format, 5.0, 0.0) is None
    assert queries._change("{:.0f}".format, 9_999.9, 10_000.0) == "+0.0 %"


def test_months_of_a_mix_stand_in_their_order():
    """A kind that ends where another begins: old files do not tell the kind of bike."""
    rows = [("2021-02", "classic", 1.0, 9), ("2020-01", "unknown", 1.0, 9), ("2021-03", "classic", 1.0, 9)]
    frame = pl.DataFrame(rows, schema=["trip_month", "kind", "share", "trips"], orient="row")
    assert list(figures.mix(frame).layout.xaxis.categoryarray) == sorted(set(frame["trip_month"]))
