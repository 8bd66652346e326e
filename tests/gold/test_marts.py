"""The marts, computed a second time from silver in Polars and plain Python."""

from __future__ import annotations

import random
import statistics
from datetime import datetime, timedelta

import polars as pl
import pytest

from tests.silver.lakefixture import Bronze, dbt, holiday, hour, modern

STATIONS = {
    "JC005": ("40.7196", "-74.0431"),
    "HB101": ("40.7376", "-74.0309"),
    "5470.10": ("40.75", "-73.99"),
}
MEMORIAL_DAY = "2024-05-27"


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
    bronze.holidays("us-2024", [holiday(MEMORIAL_DAY, "Memorial Day")])
    built = dbt(work, bronze.finish())
    assert built.success, built.failures()
    return lambda table: pl.concat(
        [pl.read_parquet(path) for path in sorted(built.out.rglob(f"{table}/**/*.parquet"))]
    )


KEYS = ["trip_date", "city", "member_type", "bike_type"]


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
    groups: dict = {}
    for trip in lake("fct_trips").iter_rows(named=True):
        if not trip["is_lost_bike"] and not trip["is_false_start"]:
            groups.setdefault(tuple(trip[key] for key in KEYS), []).append(trip["duration_seconds"])
    for row in lake("mart_demand_daily").iter_rows(named=True):
        durations = groups.get(tuple(row[key] for key in KEYS))
        if durations is None:
            assert row["median_duration_minutes"] is None
        else:
            assert row["median_duration_minutes"] == pytest.approx(
                statistics.median(durations) / 60, abs=1e-3
            )


def test_hours_make_days(lake):
    hourly = lake("mart_demand_hourly").group_by(KEYS).agg(pl.col("trips").sum()).sort(KEYS)
    daily = lake("mart_demand_daily").select([*KEYS, "trips"]).sort(KEYS)
    assert hourly.equals(daily)


def test_what_leaves_and_comes_is_every_end_with_a_station(lake):
    trips, stations = lake("fct_trips"), lake("mart_station_stats")
    assert stations["departures"].sum() == trips["start_station_id"].count()
    assert stations["arrivals"].sum() == trips["end_station_id"].count()
    one = stations.filter(pl.col("station_id") == "JC005")
    left = trips.filter(pl.col("start_station_id") == "JC005").height
    came = trips.filter(pl.col("end_station_id") == "JC005").height
    assert one["net_flow"].sum() == came - left


def test_routes_name_both_stations(lake):
    trips, routes = lake("fct_trips"), lake("mart_routes")
    both = trips.filter(pl.col("start_station_id").is_not_null() & pl.col("end_station_id").is_not_null())
    expected = both.group_by("trip_month", "city", "start_station_id", "end_station_id").len()
    assert routes.height == expected.height
    assert routes["trips"].sum() == both.height
    assert routes["electric_trips"].sum() == both.filter(pl.col("bike_type") == "electric").height


def test_rain_is_compared_with_dry_hours_of_the_same_kind(lake):
    hours = lake("mart_weather_effect").filter(pl.col("city") == "jc", pl.col("trip_month") == "2024-05")
    days = {row["date_day"]: row for row in lake("dim_dates").iter_rows(named=True)}

    def kind(row):
        day = days[row["trip_date"]]
        return row["trip_hour"], day["is_weekend"] or day["is_holiday"]

    dry: dict = {}
    for row in hours.iter_rows(named=True):
        if row["precipitation_mm"] is not None and row["precipitation_mm"] < 0.1:
            dry.setdefault(kind(row), []).append(row["trips"])
    assert hours.height == 31 * 24, "hours without a trip are there too"
    for row in hours.iter_rows(named=True):
        same = dry.get(kind(row), [])
        assert row["typical_trips"] == (statistics.median(same) if len(same) >= 3 else None)


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


def test_a_holiday_stands_against_the_other_mondays(lake):
    daily = lake("mart_demand_daily").filter(pl.col("city") == "jc")
    by_day = dict(daily.group_by("trip_date").agg(pl.col("trips").sum()).iter_rows())
    day = datetime.fromisoformat(MEMORIAL_DAY).date()
    mondays = [day + timedelta(days=shift) for shift in (-21, -14, -7, 7, 14, 21, 28)]
    others = [by_day.get(monday, 0) for monday in mondays]
    (row,) = (
        lake("mart_holiday_impact")
        .filter(pl.col("city") == "jc", pl.col("member_type") == "all")
        .iter_rows(named=True)
    )
    mean, spread = statistics.mean(others), statistics.stdev(others)
    margin = 2.447 * spread * (1 + 1 / 7) ** 0.5
    assert (row["trips"], row["comparable_days"]) == (by_day[day], 7)
    assert row["comparable_mean"] == pytest.approx(mean)
    assert row["difference"] == pytest.approx(by_day[day] - mean)
    assert (row["interval_low"], row["interval_high"]) == (
        pytest.approx(row["difference"] - margin),
        pytest.approx(row["difference"] + margin),
    )
