"""What pages show, counted again in SQL of its own over silver's facts: no mart, no query of a page."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import polars as pl
import pytest

from serving.figures import stations as figures
from serving.filters import Filters, Held
from serving.queries import demand, health, holidays, overview, shared, stations, stations_balance
from serving.reader import open_reader
from tests.serving import truth
from tests.serving.conftest import assert_sound, open_page, words
from tests.serving.truth import FIRST, LAST, TOGETHER, facts, published

pytestmark = pytest.mark.slow

BOTH = Filters(FIRST, LAST)
JERSEY = replace(BOTH, city="jc")
MAY, JUNE = date(2024, 5, 1), date(2024, 6, 1)
HELD = Held(FIRST, LAST, ("nyc", "jc"))


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    return truth.built(tmp_path_factory)


@pytest.fixture(scope="module")
def one_city(tmp_path_factory):
    """Jersey City's files alone, as a real lake may have them; New York's rides in them are strays."""
    return truth.built(tmp_path_factory, "jc")


@pytest.fixture
def lake(root, built):
    published(root, built)
    return open_reader()


def test_days_on_which_a_chosen_city_is_missing_are_not_drawn(lake, built):
    expected = facts(built, f"select trip_date, count(*) from trips where {TOGETHER} group by 1 order by 1")
    found = shared.trend(lake, BOTH)
    assert found.select("trip_date", "trips").rows() == expected
    # And no line goes across.
    assert found["stretch"].n_unique() == 2
    alone = facts(
        built,
        "select trip_date, count(*) from trips where city = 'jc' and trip_month >= '2024-04' group by 1 order by 1",
    )
    assert shared.trend(lake, JERSEY).select("trip_date", "trips").rows() == alone


def test_the_headline_counts_days_on_which_every_chosen_city_is_here(lake, built):
    ((trips, days, minutes, casual),) = facts(
        built,
        f"""select count(*), count(distinct trip_date),
            median(duration_seconds) filter (where not is_false_start and not is_lost_bike) / 60,
            avg((member_type = 'casual')::integer)
        from trips where {TOGETHER}""",
    )
    found = overview.headline(lake, BOTH)
    assert (found.trips, found.days) == (trips, days)
    assert found.a_day == pytest.approx(trips / days)
    assert found.casual_share == pytest.approx(casual)
    # A length is known to lie in its tenth of a minute.
    assert found.minutes == pytest.approx(minutes, abs=0.1)


def test_lengths_are_counted_by_the_whole_minutes_they_last(lake, built):
    """Of a trip of 119 seconds that is one."""
    expected = facts(
        built,
        f"""select member_type, least(floor(duration_seconds / 60), 60)::integer, count(*) from trips
        where {TOGETHER} and not is_false_start and not is_lost_bike group by all order by all""",
    )
    found = demand.durations(lake, BOTH).filter(pl.col("trips") > 0).select("member_type", "minutes", "trips")
    assert sorted(found.rows()) == expected


def test_pages_open_with_what_the_facts_say(lake, built):
    ((trips, days),) = facts(built, f"select count(*), count(distinct trip_date) from trips where {TOGETHER}")
    chosen = (LAST - FIRST).days + 1
    said = f"{trips:,} trips on {days} of {chosen} days, {trips / days:,.0f} a day."
    assert overview.told(lake, BOTH) == said
    assert said in words(open_page("overview"))
    # Of Jersey City every day off beside the mean of its month's working days.
    ((off, usual),) = facts(
        built,
        """with by_day as (
            select trip_date, trip_month, count(*) as trips,
                isodow(trip_date) > 5 or trip_date in ('2024-05-27', '2024-06-19') as is_off
            from trips where city = 'jc' and trip_month >= '2024-04' group by all
        ), usual as (select trip_month, avg(trips) as usual from by_day where not is_off group by all)
        select sum(trips), sum(usual) from by_day inner join usual using (trip_month) where is_off""",
    )
    change = 100 * (float(off) / usual - 1)
    told = demand.told(lake, JERSEY)
    if "does not tell" in told:
        assert f"trips: {change:+.0f} %" in told
    else:
        assert f" {'cost' if change < 0 else 'brought'} {abs(change):.0f} %" in told


@pytest.mark.parametrize(("member", "which"), [(None, "true"), ("casual", "member_type = 'casual'")])
def test_holidays_stand_beside_the_same_weekdays(lake, built, member, which):
    """Of one kind of rider or of all; New York's May is not here, nor are its holidays and comparable days."""
    expected = facts(
        built,
        f"""with days as (
            select city, trip_date, count(*) as trips, any_value(isodow(trip_date)) as weekday from trips
            where trip_month >= '2024-04' and (city = 'jc' or {TOGETHER}) and {which} group by all
        ), off as (from (values (date '2024-05-27'), (date '2024-06-19')) as days (day))
        select chosen.trip_date, chosen.city, chosen.trips, count(*), round(exp(avg(ln(others.trips))), 1)
        from days as chosen, days as others
        where chosen.trip_date in (from off) and others.trip_date not in (from off)
            and chosen.city = others.city and chosen.weekday = others.weekday
            and abs(chosen.trip_date - others.trip_date) <= 28
        group by all order by all""",
    )
    shown = ("holiday_date", "city", "trips", "comparable_days", "comparable_mean")
    assert holidays.impact(lake, replace(BOTH, member=member)).select(shown).rows() == expected
    assert len(expected) == 3


def test_no_change_is_given_where_a_city_lacks_a_month(lake):
    found = overview.compare(lake, Filters(JUNE, LAST), HELD)
    assert [one.change for one in found.figures] == [None] * 5
    assert "New York lacks May 2024" in found.told
    page = open_page("overview", **{"from": "2024-06-01"})
    assert "New York lacks May 2024" in words(page)
    assert [one.delta for one in page.metric] == [""] * 5


def test_a_change_over_days_that_are_all_here(lake, built):
    then, now = (
        facts(
            built,
            f"""select count(*), count(*) filter (where is_false_start) from trips
            where city = 'jc' and trip_date between '{first}' and '{last}'""",
        )[0]
        for first, last in (("2024-05-02", "2024-05-31"), ("2024-06-01", "2024-06-30"))
    )
    found = overview.compare(lake, Filters(JUNE, LAST, "jc"), HELD)
    assert found.figures[0].change == f"{100 * (now[0] / then[0] - 1):+.1f} %"
    # Across the border of rides under a minute, which end with May, the comparison says so and by how much.
    assert then[1] > 0 == now[1]
    assert "under 60 s" in found.told
    assert f"without them trips changed by {100 * (now[0] / (then[0] - then[1]) - 1):+.1f} %" in found.told


def test_rides_under_a_minute_are_told_by_the_months_that_have_them(lake, built):
    shares = facts(
        built,
        """select avg(is_false_start::integer) from trips where city = 'jc' and trip_month in ('2024-04', '2024-05')
        group by trip_month order by 1""",
    )
    told = shared.short_rides(lake, JERSEY)
    low, high = sorted(100 * share for (share,) in shares)
    assert f"{low:.1f} to {high:.1f} % of trips in April – May 2024" in told
    assert "none in June 2024" in told
    assert shared.short_rides(lake, replace(JERSEY, last=date(2024, 5, 31))) == ""


def test_hours_of_the_week_are_means_of_days_with_both_cities(lake, built):
    expected = facts(
        built,
        f"""select isodow(trip_date), trip_hour, count(*) / any_value(days) from trips
        inner join (
            select isodow(trip_date) as weekday, count(distinct trip_date) as days from trips
            where {TOGETHER} group by 1
        ) on isodow(trip_date) = weekday
        where {TOGETHER} group by 1, 2 order by 1, 2""",
    )
    found = demand.week_hours(lake, BOTH).filter(pl.col("trips") > 0)
    assert found.select("day_of_week", "trip_hour").rows() == [row[:2] for row in expected]
    assert found["trips"].to_list() == pytest.approx([row[2] for row in expected], abs=0.0051)


MOVED = """
    select start_station_id as station, trip_date as day, trip_hour as hour, started_at_local as at, -1 as net
    from trips
    union all
    select end_station_id, ended_at_local::date, hour(ended_at_local), ended_at_local, 1 from trips
"""


def need_of(folder, where):
    """Return bikes to be carried on each day, counted from the trips: day, surplus at its end, swing."""
    return facts(
        folder,
        f"""with moved as ({MOVED}), here as (
            select station, day, hour, sum(net) as net
            from moved inner join places on station_id = station where {where} group by all
        ), levels as (
            select station, day, sum(net) over (partition by station, day order by hour) as level,
                row_number() over (partition by station, day order by hour desc) = 1 as is_last
            from here
        ), stations as (
            select day, station, greatest(max(level), 0) - least(min(level), 0) as swing,
                max(level) filter (where is_last) as net
            from levels group by all
        )
        select day, sum(greatest(net, 0)), sum(swing) from stations group by day order by day""",
    )


def test_what_has_to_be_carried_is_each_days_surplus(lake, built):
    expected = need_of(built, "strftime(day, '%Y-%m') in ('2024-04', '2024-06')")
    found = stations_balance.by_day(lake, BOTH)
    assert found.select("trip_date", "need", "swing").rows() == expected
    by_hour = stations_balance.by_hour(found).filter(trip_hour=23)
    assert by_hour["days"].sum() == len(expected)
    total = (by_hour["need"] * by_hour["days"]).sum()
    assert total / len(expected) == pytest.approx(sum(row[1] for row in expected) / len(expected), abs=0.06)
    assert len(need_of(built, "true")) > len(expected), "strays are there, and do not count"


def test_rebalancing_knows_the_chosen_days(lake, built):
    week = Filters(date(2024, 6, 3), date(2024, 6, 9), "jc")
    expected = facts(
        built,
        f"""select station, round(sum(net) / 7, 2) from ({MOVED}) inner join places on station_id = station
        where city = 'jc' and day between '2024-06-03' and '2024-06-09' group by 1 having sum(net) <> 0 order by 2, 1""",
    )
    found = stations_balance.by_station(lake, week)
    assert found.filter(pl.col("net_a_day") != 0).select("station_id", "net_a_day").rows() == expected


def test_a_stray_ride_makes_no_month_of_a_station(lake, built):
    """April's file of Jersey City has a ride of 31 March, and those of New York that start there no return."""
    rows = facts(
        built,
        """select station_id, (select count(*) from trips where end_station_id = station_id and trip_month >= '2024-04')
            - (select count(*) from trips where start_station_id = station_id and trip_month >= '2024-04')
        from places where city = 'jc' order by 1""",
    )
    found = stations.stations(lake, JERSEY).sort("station_id")
    assert found["station_id"].to_list() == [name for name, _ in rows]
    assert found["days"].to_list() == [91, 91, 91]
    assert found["net_a_day"].to_list() == pytest.approx([net / 91 for _, net in rows], abs=0.0051)


def test_the_busiest_routes_are_pairs_of_stations(lake, built):
    expected = facts(
        built,
        f"""select least(start_station_id, end_station_id) as one, greatest(start_station_id, end_station_id) as other,
            count(*) as trips, count(*) filter (where start_station_id < end_station_id),
            count(*) filter (where start_station_id > end_station_id),
            any_value(starts.latitude) filter (where start_station_id < end_station_id)
        from trips inner join places as starts on starts.station_id = start_station_id
        where {TOGETHER} and start_station_id <> end_station_id group by 1, 2 order by trips desc, 1, 2 limit 5""",
    )
    found = stations.flows(lake, BOTH, count=5)
    columns = ("station_id", "other_id", "trips", "there", "back")
    assert found.select(*columns).rows() == [row[:5] for row in expected]
    # Rows that can be of no busy pair are left out before they are added up.
    for count in (1, 3):
        assert stations.flows(lake, BOTH, count=count).equals(found.head(count))
    assert found["latitude"].to_list() == pytest.approx([row[5] for row in expected], abs=1e-4)
    line = next(trace for trace in figures.flows(found).data if trace.mode == "lines+markers")
    assert line.line.width < 10, "the least first, and the busiest on top"


def test_rides_into_a_city_whose_files_are_not_here_are_told(root, one_city):
    published(root, one_city)
    reader = open_reader()
    ((over,),) = facts(
        one_city,
        """select count(*) from trips inner join places as starts on starts.station_id = start_station_id
        inner join places as ends on ends.station_id = end_station_id
        where trip_month >= '2024-04' and starts.city = 'jc' and ends.city = 'nyc'""",
    )
    assert over > 0
    told = stations_balance.one_way(reader, JERSEY)
    assert f"{over:,} rides went from Jersey City to New York" in told
    need = need_of(one_city, "city = 'jc' and day between '2024-04-01' and '2024-06-30'")
    assert stations_balance.by_day(reader, JERSEY).select("trip_date", "need", "swing").rows() == need
    assert set(stations.stations(reader, JERSEY)["city"]) == {"jc"}
    # Nor is a city offered of which there are strays only.
    at = open_page("stations")
    assert_sound(at)
    assert [one.key for one in at.sidebar.selectbox] == ["member", "bike"]
    # Above every figure of flow: map, routes, need, one station.
    assert words(at).count(f"{over:,} rides went from Jersey City to New York") == 4
    assert "`city` is `nyc`" in words(open_page("overview", city="nyc"))


def test_a_lake_of_one_city_counts_its_own_trips(root, one_city):
    published(root, one_city)
    ((trips, strays),) = facts(
        one_city,
        """select count(*) filter (where city = 'jc' and trip_month >= '2024-04'), count(*) filter (
            where city <> 'jc' or trip_month < '2024-04') from trips""",
    )
    reader = open_reader()
    assert shared.held(reader) == Held(FIRST, LAST, ("jc",))
    assert health.freshness(reader)["city"].to_list() == ["jc"]
    assert overview.headline(reader, shared.held(reader).everything).trips == trips
    assert overview.holdings(reader).select("city", "trips", "strays").rows() == [
        ("jc", trips, 1),
        ("nyc", 0, strays - 1),
    ]


@pytest.mark.parametrize("page", ["overview", "demand", "stations", "weather", "holidays"])
def test_every_figure_stands_below_what_is_missing_and_where_short_rides_end(page, lake):
    """In its own panel, above it: a panel's notes are those of its parts."""
    at = open_page(page)
    assert_sound(at)
    drawn = 0
    for panel in _panels(at.main):
        kinds = [one.type for one in _all(panel)]
        if "plotly_chart" not in kinds:
            continue
        drawn += kinds.count("plotly_chart")
        above = [
            str(one.value)
            for one in list(_all(panel))[: kinds.index("plotly_chart")]
            if one.type == "caption"
        ]
        assert any("New York lacks May 2024" in one for one in above), above
        assert any("Rides under 60 s" in one for one in above), above
    assert drawn == len(at.get("plotly_chart")) > 0
    assert "New York lacks May 2024" not in words(open_page(page, city="jc"))


def _all(block):
    """Return the elements of a block and of those in it, in order."""
    for one in block.children.values():
        yield from _all(one) if hasattr(one, "children") else (one,)


def _panels(block):
    """Return the blocks that have a panel's heading."""
    inner = list(block.children.values())
    if any(one.type == "markdown" and one.value.startswith("## ") for one in inner):
        return [block]
    return [panel for one in inner if hasattr(one, "children") for panel in _panels(one)]
