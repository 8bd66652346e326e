"""What the page of weather shows, counted again in SQL of its own over silver's facts."""

from __future__ import annotations

from datetime import date

import pytest

from analysis.stats import TooLittleDataError
from serving.filters import Filters
from serving.queries import weather
from serving.reader import open_reader
from tests.serving import truth
from tests.serving.conftest import open_page, words
from tests.serving.truth import FIRST, LAST, TOGETHER, WET, facts, published

pytestmark = pytest.mark.slow

BOTH = Filters(FIRST, LAST)


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    return truth.built(tmp_path_factory)


@pytest.fixture
def lake(root, built):
    published(root, built)
    return open_reader()


def test_trips_by_temperature_are_of_both_cities_in_an_hour(lake, built):
    expected = facts(
        built,
        f"""with counted as (
            select trip_date, trip_hour, count(*) as trips from trips where {TOGETHER} group by all
        ), weather as (
            select weather_date, weather_hour, temperature_c from hours
            where strftime(weather_date, '%Y-%m') in ('2024-04', '2024-06') and weather_hour between 6 and 22
        )
        select 2 * floor(temperature_c / 2) + 1 as step, avg(coalesce(trips, 0)), count(*)
        from weather
        left join counted on trip_date = weather_date and trip_hour = weather_hour
        inner join dates on date_day = weather_date
        where not is_weekend and not is_holiday
        group by 1 having count(*) >= 5 order by 1""",
    )
    found = weather.by_temperature(lake, BOTH).filter(kind="working day")
    assert found["temperature_c"].to_list() == [step for step, *_ in expected]
    assert found["trips"].to_list() == pytest.approx([mean for _, mean, _ in expected], abs=0.051)
    assert found["hours"].to_list() == [count for *_, count in expected]


def test_hours_with_weather_are_counted_once_for_two_cities(lake, built):
    """Each hour once, if either city has dry hours of its kind with trips, and dry ones of the same weather."""
    expected = facts(
        built,
        """with every as (
            select cities.city, weather_date as day, weather_hour as hour, strftime(weather_date, '%Y-%m') as month,
                precipitation_mm as rain, is_weekend or is_holiday as off, coalesce(trips, 0) as trips,
                least(floor(wind_speed_kmh / 10), 3) as wind, least(greatest(floor(temperature_c / 5), -1), 6) as band
            from hours inner join dates on date_day = weather_date
            cross join (values ('nyc'), ('jc')) as cities (city)
            left join (
                select city, trip_date, trip_hour, count(*) as trips from trips group by all
            ) as counted on counted.city = cities.city and trip_date = weather_date and trip_hour = weather_hour
            where strftime(weather_date, '%Y-%m') in ('2024-04', '2024-06')
                and precipitation_mm is not null
        ), medians as (
            select city, month, hour, off, median(trips) as usual from every where rain < 0.1
            group by all having count(*) >= 3
        ), measured as (select * from every inner join medians using (city, month, hour, off) where usual > 0),
        levels as (
            select city, month, band, wind from measured where rain < 0.1 group by all
            having count(*) >= 3 and sum(trips) > 0
        )
        select if(rain < 0.1, 'dry', 'rain'), count(distinct (day, hour))
        from measured inner join levels using (city, month, band, wind) group by 1 order by 1""",
    )
    found = weather.by_band(lake, BOTH, "rain").select("band", "hours").sort("band")
    assert found.rows() == expected


#: Jersey City's hours of April beside the median of the dry ones, with the weather they share with others; nights in
#: which hardly anybody rides have nothing to be compared with.
APRIL = """with every as (
    select weather_date as day, weather_hour as hour, precipitation_mm as rain, is_weekend as off,
        coalesce(trips, 0) as trips, least(floor(wind_speed_kmh / 10), 3) as wind, temperature_c as warm,
        least(greatest(floor(temperature_c / 5), -1), 6) as band
    from hours inner join dates on date_day = weather_date
    left join (
        select trip_date, trip_hour, count(*) as trips from trips where city = 'jc' group by all
    ) on trip_date = weather_date and trip_hour = weather_hour
    where strftime(weather_date, '%Y-%m') = '2024-04'
), medians as (
    select hour, off, median(trips) as usual from every where rain < 0.1 group by all having count(*) >= 3
), measured as (
    select * from every inner join medians using (hour, off) where usual > 0
)"""


def test_one_wet_day_is_compared_with_dry_hours_of_the_same_weather(lake, built):
    """Of its month, not of the day; hours too warm or too windy to have three such dry ones are left out."""
    ((trips, expected, hours),) = facts(
        built,
        f"""{APRIL}, dry as (
            select band, wind, sum(trips) / sum(usual) as level from measured where rain < 0.1
            group by all having count(*) >= 3
        )
        select sum(trips), sum(usual * level), count(*) from measured inner join dry using (band, wind)
        where day = '{WET}'""",
    )
    found = weather.by_band(lake, Filters(WET, WET, "jc"), "rain")
    assert found.select("band", "trips", "hours").rows() == [("rain", trips, hours)]
    assert found["change"][0] == pytest.approx(trips / expected - 1, abs=1e-4)
    # Of a single day nobody knows how sure it is.
    assert found.select("low", "high").row(0) == (None, None)
    with pytest.raises(TooLittleDataError, match="1 day, "):
        weather.told(lake, Filters(WET, WET, "jc"))


@pytest.mark.parametrize(("kind", "other"), [("temperature", "wind"), ("wind", "band")])
def test_temperature_and_wind_are_told_from_dry_hours(kind, other, lake, built):
    own = {"temperature": "band", "wind": "wind"}[kind]
    rows = facts(
        built,
        f"""{APRIL}, dry as (select * from measured where rain < 0.1), levels as (
            select {other}, sum(trips) / sum(usual) as level from dry group by all having count(*) >= 3
        )
        select {own}, sum(trips), sum(usual * level), count(*), count(distinct day)
        from dry inner join levels using ({other}) group by 1 order by 1""",
    )
    found = weather.by_band(lake, Filters(FIRST, date(2024, 4, 30), "jc"), kind)
    assert found.select("trips", "hours", "days").rows() == [(row[1], *row[3:]) for row in rows]
    assert found["change"].to_list() == pytest.approx([row[1] / row[2] - 1 for row in rows], abs=1e-4)
    assert (found["low"] < found["change"]).all()
    assert (found["change"] < found["high"]).all()


def test_the_page_of_weather_opens_with_what_rain_did(lake, built):
    """Trips of this lake know nothing of the weather: the interval holds zero, and the page says so."""
    ((trips, expected, hours, days),) = facts(
        built,
        f"""{APRIL}, dry as (
            select band, wind, sum(trips) / sum(usual) as level from measured where rain < 0.1
            group by all having count(*) >= 3
        )
        select sum(trips), sum(usual * level), count(*), count(distinct day)
        from measured inner join dry using (band, wind) where rain >= 0.1""",
    )
    told = weather.told(lake, Filters(FIRST, date(2024, 4, 30), "jc"))
    assert f"{100 * (trips / expected - 1):+.0f} %" in told
    assert f"{hours} wet hours on {days} days" in told
    page = open_page("weather", city="jc", to="2024-04-30")
    assert told in words(page)
