"""The marts, computed a second time from silver in Polars and plain Python."""

from __future__ import annotations

import math
import random
import re
import statistics
from collections import Counter
from datetime import datetime, timedelta

import duckdb
import polars as pl
import pytest

from tests.silver.lakefixture import Bronze, dbt, holiday, hour, modern

pytestmark = pytest.mark.slow

STATIONS = {
    "JC005": ("40.7196", "-74.0431"),
    "HB101": ("40.7376", "-74.0309"),
    "5470.10": ("40.75", "-73.99"),
}
MEMORIAL_DAY = "2024-05-27"
#: Days chosen so that holidays have from two to eight comparable days.
HOLIDAYS = {
    MEMORIAL_DAY: 7,
    "2024-05-29": 8,
    "2024-05-02": 4,
    "2024-05-10": 5,
    "2024-05-18": 6,
    "2024-05-05": 2,
    "2024-05-12": 3,
    "2024-05-19": 4,
}


def rides(seed: int = 7) -> list[dict]:
    """Return rides of May and June 2024, fewer on Memorial Day and at night."""
    dice = random.Random(seed)
    made = []
    for day in range(61):
        date = datetime(2024, 5, 1) + timedelta(days=day)  # noqa: DTZ001 - wall clock
        for number in range(3 if str(date.date()) == MEMORIAL_DAY else 12 + dice.randrange(6)):
            start = date + timedelta(
                minutes=dice.randrange(6 * 60, 22 * 60), milliseconds=dice.randrange(1000)
            )
            seconds = dice.choice([20, 300, 600, 900.5, 1800, 90_000])
            origin, target = dice.choices(list(STATIONS), k=2)
            blank = dice.random() < 0.05
            made.append(
                modern(
                    f"{day:03}{number:03}",
                    start.isoformat(" ", "milliseconds"),
                    (start + timedelta(seconds=seconds)).isoformat(" ", "milliseconds"),
                    start_station_id=origin,
                    start_lat=STATIONS[origin][0],
                    start_lng=STATIONS[origin][1],
                    end_station_id="" if blank else target,
                    end_lat="" if blank else STATIONS[target][0],
                    end_lng="" if blank else STATIONS[target][1],
                    member_casual=dice.choice(["member", "member", "casual"]),
                    rideable_type=dice.choice(["classic_bike", "electric_bike"]),
                )
            )
    return made


@pytest.fixture(scope="module")
def lake(tmp_path_factory):
    """Build silver and gold with all their dbt tests, and read every table as a Polars frame."""
    work = tmp_path_factory.mktemp("gold")
    bronze = Bronze(work / "bronze")
    trips = rides()
    for month in ("2024-05", "2024-06"):
        bronze.trips(f"jc-{month}", [trip for trip in trips if trip["started_at"].startswith(month)])
    dice = random.Random(8)
    start = datetime(2024, 5, 1)  # noqa: DTZ001 - GMT as the upstream writes it
    times = [start + timedelta(hours=number) for number in range(32 * 24)]
    wet = {time: dice.choice([0.0, 0.0, 0.0, 0.3, 2.0, 6.0]) for time in times}
    bronze.weather(
        "new-york-2024-05",
        [hour(time.isoformat(timespec="minutes"), precipitation=wet[time]) for time in times],
    )
    bronze.holidays("us-2024", [holiday(day, f"Holiday {day}") for day in HOLIDAYS])
    # Those of silver run in `tests/silver`.
    unit_tests_of_silver = "path:silver,resource_type:unit_test"
    built = dbt(work, bronze.finish(), "--exclude", unit_tests_of_silver)
    assert built.success, built.failures()

    def table(name: str) -> pl.DataFrame:
        return pl.concat([pl.read_parquet(path) for path in sorted(built.out.rglob(f"{name}/**/*.parquet"))])

    table.work = work
    return table


KEYS = ["trip_date", "city", "member_type", "bike_type"]


def minutes(trips: list[dict]) -> float | None:
    """Return the median minutes of trips that are neither false starts nor lost bikes."""
    ordinary = [
        trip["duration_seconds"] / 60
        for trip in trips
        if not trip["is_false_start"] and not trip["is_lost_bike"]
    ]
    return statistics.median(ordinary) if ordinary else None


def groups(trips: pl.DataFrame, keys: list[str]) -> dict[tuple, list[dict]]:
    """Return trips by the values of `keys`."""
    found: dict[tuple, list[dict]] = {}
    for trip in trips.iter_rows(named=True):
        found.setdefault(tuple(trip[key] for key in keys), []).append(trip)
    return found


def student(level: float, degrees: int) -> float:
    """Return the quantile of Student's t, by Simpson's rule and bisection."""
    scale = math.gamma((degrees + 1) / 2) / math.sqrt(degrees * math.pi) / math.gamma(degrees / 2)

    def below(point: float, steps: int = 2000) -> float:
        step = point / steps
        heights: list[float] = [
            (1 + (step * number) ** 2 / degrees) ** (-(degrees + 1) / 2) for number in range(steps + 1)
        ]
        area = heights[0] + heights[-1] + 4 * sum(heights[1:-1:2]) + 2 * sum(heights[2:-1:2])
        return 0.5 + scale * area * step / 3

    low, high = 0.0, 20.0
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (middle, high) if below(middle) < level else (low, middle)
    return low


def test_daily_demand_counts_every_trip(lake):
    expected = (
        lake("fct_trips")
        .group_by(KEYS)
        .agg(
            pl.len().cast(pl.Int64).alias("trips"),
            pl.col("is_false_start").sum().cast(pl.Int64).alias("false_starts"),
            pl.col("is_lost_bike").sum().cast(pl.Int64).alias("lost_bikes"),
        )
        .sort(KEYS)
    )
    assert lake("mart_demand_daily").select(expected.columns).sort(KEYS).equals(expected)


def test_daily_durations_leave_out_what_they_say(lake):
    trips = groups(lake("fct_trips"), KEYS)
    daily = lake("mart_demand_daily")
    assert daily.height == len(trips)
    for row in daily.iter_rows(named=True):
        of_day = trips[tuple(row[key] for key in KEYS)]
        assert row["median_duration_minutes"] == pytest.approx(minutes(of_day), abs=1e-3)
        total = sum(trip["duration_seconds"] for trip in of_day if not trip["is_lost_bike"]) / 60
        assert row["duration_minutes_total"] == pytest.approx(total, abs=1e-3)


def test_days_carry_their_weather(lake):
    hours = (
        lake("fct_weather_hourly").group_by("weather_date").agg(pl.col("precipitation_mm").sum(), pl.len())
    )
    whole = {day: rain for day, rain, count in hours.iter_rows() if count == 24}
    daily = lake("mart_demand_daily")
    assert set(daily["trip_date"]) > set(whole), "days without weather keep their trips"
    for row in daily.filter(pl.col("trip_date").is_in(list(whole))).iter_rows(named=True):
        assert row["precipitation_mm"] == pytest.approx(whole[row["trip_date"]], abs=1e-3)


@pytest.mark.parametrize(
    ("identity", "mart", "spoilt"),
    [
        ("each_holiday_on_a_covered_day_is_measured", "mart_holiday_impact", "where member_type <> 'casual'"),
        (
            "each_holiday_on_a_covered_day_is_measured",
            "mart_holiday_impact",
            "where holiday_date <> '2024-05-27'",
        ),
        (
            "a_day_has_the_rain_of_its_hours",
            "mart_weather_effect",
            "where trip_hour <> 12 or precipitation_mm = 0",
        ),
        ("a_day_has_the_rain_of_its_hours", "mart_weather_effect", "union all by name select * from {}"),
    ],
)
def test_an_identity_tells_a_mart_that_is_not_what_its_source_says(lake, identity, mart, spoilt):
    """What a join repeats, or leaves out, of the rows that the mart is about."""
    [file] = (lake.work / "target").rglob(f"compiled/**/{identity}.sql")
    asked = file.read_text()
    [name] = {found for found in re.findall(r'"\w+"\."\w+"\."\w+"', asked) if found.endswith(f'"{mart}"')}
    with duckdb.connect(str(lake.work / "build.duckdb")) as connection:
        assert connection.sql(asked).fetchall() == []
        instead = f"(select * from {name} {spoilt.format(name)})"
        assert connection.sql(asked.replace(name, instead)).fetchall()


def test_hours_make_days(lake):
    hourly = lake("mart_demand_hourly").group_by(KEYS).agg(pl.col("trips").sum()).sort(KEYS)
    daily = lake("mart_demand_daily").select([*KEYS, "trips"]).sort(KEYS)
    assert hourly.equals(daily)


def test_what_leaves_and_comes_is_every_end_with_a_station(lake):
    keys = ["trip_month", "station_id", "member_type", "bike_type"]
    ends: dict = {}
    for trip in lake("fct_trips").iter_rows(named=True):
        for number, end in enumerate(("start_station_id", "end_station_id")):
            if trip[end] is not None:
                key = (trip["trip_month"], trip[end], trip["member_type"], trip["bike_type"])
                ends.setdefault(key, [0, 0])[number] += 1
    found = {
        tuple(row[key] for key in keys): (row["departures"], row["arrivals"], row["net_flow"])
        for row in lake("mart_station_stats").iter_rows(named=True)
    }
    assert found == {key: (left, came, came - left) for key, (left, came) in ends.items()}


def test_a_bike_moves_in_the_hour_it_does(lake):
    moved: dict = {}
    for trip in lake("fct_trips").iter_rows(named=True):
        for number, (end, when) in enumerate(
            (
                (trip["start_station_id"], trip["started_at_local"]),
                (trip["end_station_id"], trip["ended_at_local"]),
            )
        ):
            if end is not None:
                moved.setdefault((trip["trip_month"], end, when.date(), when.hour), [0, 0])[number] += 1
    columns = "trip_month", "station_id", "moved_on", "moved_hour", "departures", "arrivals"
    found = {row[:4]: [*row[4:]] for row in lake("mart_station_hours").select(columns).rows()}
    assert found == moved


def test_medians_of_any_choice_come_from_the_lengths(lake):
    trips, lengths = lake("fct_trips"), lake("mart_durations")
    for kind in (pl.lit(True), pl.col("member_type") == "casual", pl.col("trip_month") == "2024-06"):
        rode = lengths.filter(kind).select(pl.col("minutes").repeat_by("trips").explode())["minutes"]
        # Each lies in the tenth that begins there.
        assert rode.median() + 0.05 == pytest.approx(minutes(trips.filter(kind).to_dicts()), abs=0.0501)


def test_distances_are_told_by_the_tenth_that_they_end_in(lake):
    def kilometres(trip):
        if None in (trip["start_station_id"], trip["end_station_id"]):
            return None
        ends = [map(float, STATIONS[trip[end]]) for end in ("start_station_id", "end_station_id")]
        (north, east), (to_north, to_east) = (map(math.radians, place) for place in ends)
        # Another formula than the mart's: by the angle between the two places.
        beside = math.cos(north) * math.cos(to_north) * math.cos(to_east - east)
        angle = math.acos(min(1.0, math.sin(north) * math.sin(to_north) + beside))
        return math.ceil(10 * 6371 * angle - 1e-3) / 10

    ordinary = lake("fct_trips").filter(~pl.col("is_false_start") & ~pl.col("is_lost_bike"))
    expected = Counter(map(kilometres, ordinary.iter_rows(named=True)))
    found = lake("mart_distances").group_by("kilometres").agg(pl.col("trips").sum())
    assert dict(found.iter_rows()) == expected
    assert len(expected) == 5, "none, where it began, and three pairs of stations"


def test_covered_days_are_the_citys_own_months(lake):
    days = lake("mart_covered_days")
    assert set(days["city"]) == {"jc"}, "strays of the other city are no days"
    counted = dict(
        lake("fct_trips").filter(pl.col("city") == "jc").group_by("trip_date").agg(pl.len()).iter_rows()
    )
    first, last = min(counted), max(counted)
    expected = {
        first + timedelta(number): counted.get(first + timedelta(number), 0)
        for number in range((last - first).days + 1)
    }
    assert dict(days.select("trip_date", "trips").iter_rows()) == expected


def test_routes_have_two_stations_and_a_direction(lake):
    both = lake("fct_trips").drop_nulls(["start_station_id", "end_station_id"])
    keys = ["trip_month", "city", "start_station_id", "end_station_id"]
    trips, routes = groups(both, keys), lake("mart_routes")
    assert routes.height == len(trips)
    for row in routes.iter_rows(named=True):
        of_route = trips[tuple(row[key] for key in keys)]
        assert row["trips"] == len(of_route)
        assert row["member_trips"] == sum(trip["member_type"] == "member" for trip in of_route)
        assert row["electric_trips"] == sum(trip["bike_type"] == "electric" for trip in of_route)
        assert row["median_duration_minutes"] == pytest.approx(minutes(of_route), abs=1e-3)


def test_hours_without_a_trip_are_there_too(lake):
    hours = lake("mart_weather_effect").filter(pl.col("city") == "jc", pl.col("trip_month") == "2024-05")
    assert hours.height == 31 * 24
    assert hours["trips"].min() == 0


def test_hours_between_strays_are_not_hours_without_trips(lake):
    """Trips from Manhattan come in Jersey City's files: of Manhattan's own months there is no batch."""
    strays = lake("mart_weather_effect").filter(pl.col("city") == "nyc")
    assert strays["trips"].sum() == lake("fct_trips").filter(pl.col("city") == "nyc").height
    assert strays["trips"].min() == 1


def test_hours_without_weather_keep_their_trips(lake):
    june = lake("mart_weather_effect").filter(
        pl.col("trip_month") == "2024-06", pl.col("trip_date") > pl.date(2024, 6, 2)
    )
    assert june["temperature_c"].null_count() == june.height
    assert set(june["rain_band"]) == {"unknown"}
    assert (
        june["trips"].sum()
        == lake("fct_trips")
        .filter(pl.col("trip_month") == "2024-06", pl.col("trip_date") > pl.date(2024, 6, 2))
        .height
    )


def test_holidays_stand_against_the_same_weekday(lake):
    daily = lake("mart_demand_daily")
    days = {datetime.fromisoformat(day).date(): count for day, count in HOLIDAYS.items()}
    rows = list(lake("mart_holiday_impact").iter_rows(named=True))
    assert len(rows) == len(days) * 3, "each holiday for three kinds of riders"
    assert {row["city"] for row in rows} == {"jc"}, "strays of the other city say nothing on its holidays"
    for row in rows:
        kinds = ["member", "casual", "unknown"] if row["member_type"] == "all" else [row["member_type"]]
        chosen = daily.filter(pl.col("city") == row["city"], pl.col("member_type").is_in(kinds))
        by_day = dict(chosen.group_by("trip_date").agg(pl.col("trips").sum()).iter_rows())
        day = row["holiday_date"]
        around = [day + timedelta(weeks=weeks) for weeks in (-4, -3, -2, -1, 1, 2, 3, 4)]
        others = [
            by_day.get(other, 0)
            for other in around
            if other not in days and (other.year, other.month) in {(2024, 5), (2024, 6)} and by_day.get(other)
        ]
        trips = by_day.get(day, 0)
        assert (row["trips"], row["comparable_days"]) == (trips, len(others))
        assert len(others) <= days[day]
        mean, spread = statistics.geometric_mean(others), statistics.stdev(map(math.log, others))
        difference = trips - mean
        assert row["comparable_mean"] == pytest.approx(mean)
        assert row["comparable_spread"] == pytest.approx(spread, abs=1e-5)
        assert row["difference"] == pytest.approx(difference, abs=1e-5)
        if trips == 0:
            assert row["interval_low"] is row["interval_high"] is None
            continue
        margin = student(0.975, len(others) - 1) * spread * math.sqrt(1 + 1 / len(others))
        assert row["interval_low"] == pytest.approx(trips * math.exp(-margin) - mean, rel=1e-5, abs=1e-5)
        assert row["interval_high"] == pytest.approx(trips * math.exp(margin) - mean, rel=1e-5, abs=1e-5)
