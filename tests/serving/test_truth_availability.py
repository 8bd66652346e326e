"""What the page of availability shows, counted again in SQL of its own over silver's facts."""

from __future__ import annotations

from datetime import date

import pytest

from serving.filters import Filters
from serving.queries import availability
from serving.reader import open_reader
from tests.serving.conftest import open_page, words
from tests.serving.truth import facts

pytestmark = pytest.mark.slow

#: More than the days of the sample.
ALL = Filters(date(2020, 10, 1), date(2021, 4, 30))
#: What an answer holds for lies in one hour or in two: each part of it, with its hour on New York's clock.
PARTS = """
    select station_id, state, date_trunc('hour', timezone('America/New_York', timezone('UTC', begins))) as hour,
        epoch(least(asked_at_utc + to_seconds(held_seconds), whole + interval 1 hour) - begins) as seconds
    from (
        select *, greatest(asked_at_utc, whole) as begins
        from (select *, date_trunc('hour', asked_at_utc) + to_hours(unnest([0, 1])) as whole from fct_station_status)
    ) where asked_at_utc + to_seconds(held_seconds) > begins
"""
#: Of some parts in service, how many seconds, and the percentages of them without a bike and without a dock.
LACKING = """
    sum(seconds) as served, 100 * sum(if(starts_with(state, 'empty'), seconds, 0)) / sum(seconds) as empty,
    100 * sum(if(ends_with(state, 'full'), seconds, 0)) / sum(seconds) as no_dock
"""
IN_SERVICE = f"({PARTS}) where state <> 'out_of_service'"


def test_stations_lack_bikes_and_docks_for_as_long_as_their_answers_hold(sampled):
    expected = facts(
        sampled,
        f"select station_id, {LACKING} from {IN_SERVICE} group by all order by all",
    )
    found = availability.stations(open_reader(), ALL).drop_nulls("empty_pct").sort("station_id")
    assert found["station_id"].to_list() == [name for name, *_ in expected]
    assert found["hours_in_service"].to_list() == pytest.approx(
        [row[1] / 3600 for row in expected], abs=0.0051
    )
    for place, name in enumerate(("empty_pct", "full_pct"), 2):
        assert found[name].to_list() == pytest.approx([row[place] for row in expected], abs=0.0051), name


def test_the_sentence_is_about_all_stations_and_hours_together(sampled):
    ((days, _, empty, full),) = facts(
        sampled, f"select count(distinct hour::date), {LACKING} from {IN_SERVICE}"
    )
    told = availability.told(open_reader(), ALL)
    assert told.startswith(
        f"On {days} days that were observed, stations in service were without a bike {empty:.1f} % of"
    )
    assert f"without a dock {full:.1f} % of" in told
    assert told in words(open_page("availability"))


def test_an_hour_stands_beside_the_rides_of_the_hour_before(sampled):
    """Of the station that trips call by the feed's short name, where no other of that name was there; half of it in service."""
    expected = facts(
        sampled,
        f"""with moved as (
            select start_station_id as station, date_trunc('hour', started_at_local) as hour, 1 as lost from trips union all
            select end_station_id, date_trunc('hour', ended_at_local), -1 from trips
        ), answered as (
            select distinct station_id, hour from ({PARTS})
        ), named as (
            select station_id, hour, short_name, count(*) over (partition by short_name, hour) as called_so from answered
            inner join (
                select station_id, station_month, max_by(short_name, first_asked_at_utc) as short_name
                from bike_station_days group by all
            ) as told using (station_id)
            where station_month = strftime(hour, '%Y-%m')
        ), before as (
            select station_id, hour + interval 1 hour as hour, (
                select coalesce(sum(lost), 0) from moved where station = short_name and moved.hour = named.hour
            ) as lost
            from named
            where called_so = 1 and strftime(hour, '%Y-%m') in (select trip_month from covered_months) and exists (
                select 1 from moved where station = short_name and date_trunc('month', moved.hour) = date_trunc('month', named.hour)
            )
        ), paired as (
            select lost, 0.6 * (empty - avg(empty) over (partition by station_id)) as off from before inner join (
                select station_id, hour, {LACKING} from {IN_SERVICE} group by all having served >= 1800
            ) using (station_id, hour)
        )
        select least(greatest(lost, -2), 2) as lost, count(*), avg(off) from paired group by 1 order by 1""",
    )
    found = availability.by_flow(open_reader(), ALL)
    assert found["bar"].to_list() == ["2 to 4 came", "1 came", "as many", "1 left", "2 to 4 left"]
    assert found["hours"].to_list() == [hours for _, hours, _ in expected]
    assert found["minutes"].to_list() == pytest.approx([minutes for *_, minutes in expected], abs=0.001)
