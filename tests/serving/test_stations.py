"""Stations: who is counted as one, and the map of a real lake with rides to far-off stations."""

from __future__ import annotations

import polars as pl
import pytest

from serving.figures import stations as figures
from serving.queries import stations as queries
from serving.reader import open_reader
from tests.serving.lakes import ALL, SOME, marts, publish_lake


def test_stations_of_the_same_name_and_nearly_the_same_id_are_two(reader):
    found = queries.stations(reader, ALL)
    assert found["station_id"].to_list() == ["5470.10", "5470.09", "JC012", "DEPOT"]
    assert found["station_name"].to_list()[-1] == "DEPOT"
    # Three months of which 31, 31 and 21 days are covered, four kinds: 200 more leave than come.
    assert found.row(0, named=True)["net_a_day"] == pytest.approx(-200 * 12 / 83, abs=0.01)
    jersey = queries.stations(reader, SOME)
    assert set(jersey["city"]) == {"jc"}
    assert jersey["departures"][0] == 2 * 40
    routes = queries.routes(reader, ALL, "5470.09", count=5)
    assert routes.rows() == [("from", "Larch St & Lantern Ave", 750, 12.5)]
    assert queries.profile(reader, ALL, "JC012")["arrivals"].to_list() == [360, 360, 360]


def test_name_and_place_are_of_the_same_month(root):
    """The latest: a station that went to where the map does not reach is not drawn where it was before."""
    publish_lake(root)
    file = root.snapshots / open_reader().snapshot / "gold" / "mart_station_stats" / "data.parquet"
    moved = (pl.col("station_id") == "5470.09") & (pl.col("trip_month") == pl.col("trip_month").max())
    frame = pl.read_parquet(marts() / "gold" / "mart_station_stats" / "data.parquet").with_columns(
        station_name=pl.when(moved).then(pl.lit("8D Mobile 01")).otherwise("station_name"),
        latitude=pl.when(~moved).then("latitude"),
        longitude=pl.when(~moved).then("longitude"),
    )
    file.unlink()
    frame.write_parquet(file)
    found = queries.stations(open_reader(), ALL).filter(pl.col("station_id") == "5470.09")
    assert found.select("station_name", "latitude", "longitude").rows() == [("8D Mobile 01", None, None)]


def stations(*rows):
    columns = ["station_id", "station_name", "latitude", "longitude", "departures", "arrivals", "net_a_day"]
    return pl.DataFrame([(name, name, *rest) for name, *rest in rows], schema=columns, orient="row")


NEAR = [(f"near-{number}", 40.72 + number / 1000, -74.05, 1000, 1000, 0.1 * number) for number in range(20)]
FAR = ("far", 40.87, -73.9, 1, 2, 0.0)


def test_a_map_is_framed_around_the_stations_with_nearly_all_trips():
    figure = figures.station_map(stations(*NEAR, FAR), tiles=False)
    assert figure.layout.yaxis.range[1] < 40.8
    assert figure.layout.xaxis.range[1] < -74
    # It is drawn all the same, for whoever zooms out.
    assert 40.87 in figure.data[0].y
    tiles = figures.station_map(stations(*NEAR, FAR), tiles=True)
    assert tiles.layout.map.center.lat < 40.8
    # One station alone, and one that nobody used, are framed too.
    for lonely in (stations(FAR), stations(("closed", 40.87, -73.9, 0, 0, 0.0))):
        low, high = figures.station_map(lonely, tiles=False).layout.yaxis.range
        assert low < 40.87 < high


def test_one_station_that_fills_up_does_not_leave_the_others_grey():
    filling = ("filling", 40.72, -74.06, 1000, 1500, 90.0)
    marker = figures.station_map(stations(*NEAR, filling), tiles=False).data[0].marker
    assert (marker.cmin, marker.cmax) == pytest.approx((-1.9, 1.9))
    assert max(marker.color) == 90
