"""Every figure draws what it says: of a made-up frame whose columns cannot be taken for each other.

A query that is right does not make its figure so: bikes and docks, trips and hours, solid and dotted are exchanged after it.
"""

from __future__ import annotations

import importlib
import inspect
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from plotly.graph_objects import Figure

from analysis.colours import BLUE, COLOUR_OF, GREY, ORANGE
from serving import figures
from tests.serving.drawn import around, c, compare, made, shown, trace

ROOM = Path(figures.__file__).parent
HOURS: dict[str, list[Any]] = {"trip_hour": [7, 8, 17]}
KINDS: dict[str, list[Any]] = {"kind": ["working day"] * 2 + ["day off"] * 2, "trip_hour": [7, 8] * 2}
OFF = c.kind == "day off"
#: What is fewer is orange, what is more is blue.
FEWER_MORE = [0, ORANGE, 0.5, "#9A9A9A", 1, BLUE]
WEEK = (c.day_of_week.replace_strict({1: "Mon", 7: "Sun"}), c.trip_hour)
NAMES: dict[str, list[Any]] = {"station_name": ["Larch St", "Quay Rd"], "station_id": ["a", "b"]}
PLACES: dict[str, list[Any]] = {**NAMES, "latitude": [40.7, 40.8], "longitude": [-74.0, -73.9]}
DAYS = [date(2024, 5, 1), date(2024, 5, 2), date(2024, 5, 6), date(2024, 5, 7)]
EARLY, LATE = c.trip_date < DAYS[2], c.trip_date >= DAYS[2]
RANGE: dict[str, list[Any]] = {"change": [-0.5, 0.25], "low": [-0.625, -0.125], "high": [-0.25, 1.0]}

# Availability: both are parts of the time, and only names and colours tell them apart.
LACKS = made({**PLACES, "short_name": ["5470.10", "5470.09"], "empty_pct": [30.0, 5.0],
              "full_pct": [10.0, 20.0]}, "hours_in_service")  # fmt: skip
BY_HOUR = made({"kind": ["Monday to Friday"] * 24 + ["weekend"] * 24, "status_hour": [*range(24)] * 2},
               "empty_pct", "full_pct", "days")  # fmt: skip


def longest(measure, name, colour):
    return shown(
        LACKS, (f"% of the time, {name}", None),
        trace(x=c(measure), y=c.station_name, marker_color=colour, customdata=c.hours_in_service,
              says=[f"{name} {{{measure}}} % of {{hours_in_service}} hours"]),
        measure=measure,
    )  # fmt: skip


def spread(measure, unit, title):
    frame = made({"member_type": ["member"] * 2 + ["casual"] * 2, measure: [1, 2, 3, 4],
                  "share": [0.25, 0.75, 0.125, 0.875], "median": [5.5, 5.5, 7.5, 7.5]}, "trips")  # fmt: skip
    takes = {"x": c(measure), "y": 100 * c.share, "customdata": c.trips}
    kinds = (("member", "Members, median 5.5", "solid"), ("casual", "Casual riders, median 7.5", "dot"))
    return shown(
        frame, (title, "share of trips, %"),
        *(trace(only=c.member_type == kind, name=f"{name} {unit}", line_dash=dash, **takes)
          for kind, name, dash in kinds),
    )  # fmt: skip


def mapped(x, y, **options):
    """Declare the map of stations, which has other words for places where streets come from the web."""
    frame = made({**PLACES, "departures": [400, 100], "net_a_day": [-5.0, 3.0]}, "arrivals")
    return shown(
        frame, options.pop("axes"),
        trace(**{x: c.longitude, y: c.latitude}, text=c.station_name, marker_color=c.net_a_day,
              marker_colorscale=FEWER_MORE, marker_size=34 * (c.departures / 400).sqrt(),
              customdata=(c.station_id, c.departures, c.arrivals, c.net_a_day),
              says=["{station_name}<", "{departures} departures, {arrivals} arrivals",
                    "net {net_a_day} bikes"]),
        trace(only=c.station_id == "b", **{x: c.longitude, y: c.latitude}),
        chosen="b", **options,
    )  # fmt: skip


#: A figure, and another of its choices behind a blank: what it draws of which columns.
SHOWN = {
    "availability.station_map": shown(
        LACKS, ("degrees east", "degrees north"),
        trace(x=c.longitude, y=c.latitude, text=c.station_name, marker_color=c.full_pct - c.empty_pct,
              marker_colorscale=FEWER_MORE, marker_size=6 + 2.2 * (c.empty_pct + c.full_pct).sqrt(),
              marker_colorbar_title_text="% without docks less % without bikes",
              customdata=(c.empty_pct, c.full_pct, c.hours_in_service),
              says=["{station_name}<", "no bike {empty_pct} %, no dock {full_pct} %",
                    "{hours_in_service} hours"]),
    ),
    "availability.longest empty": longest("empty_pct", "no bike", ORANGE),
    "availability.longest full": longest("full_pct", "no dock", BLUE),
    "availability.day": shown(
        BY_HOUR, ("hour of the day", "% of the time in service"),
        *(trace(only=c.kind == kind, name=f"{name}, {kind}", x=c.status_hour, y=c(column), line_color=colour,
                line_dash=dash, customdata=c.days, says=["{days} days"])
          for kind, dash in (("Monday to Friday", "solid"), ("weekend", "dot"))
          for column, name, colour in (("empty_pct", "no bike", ORANGE), ("full_pct", "no dock", BLUE))),
    ),
    "availability.by_flow": shown(
        made({"bar": ["1 came", "1 left"], "minutes": [-2.0, 3.0], "hours": [1500, 20]}),
        ("minutes without a bike, off the usual", None),
        trace(x=c.minutes, y=["1 came<br>1,500 h", "1 left<br>20 h"], marker_color=[BLUE, ORANGE]),
    ),
    "availability.observed": shown(
        made({"status_date": DAYS[:2], "status_hour": [3, 20], "minutes": [30, 45]}, "polls", "stations"),
        (None, "hour of the day"),
        trace(cells=(c.status_hour, c.status_date.cast(pl.String), c.minutes),
              colorbar_title_text="minutes observed"),
    ),
    "demand.week_heat": shown(
        made({"day_of_week": [1, 7], "trip_hour": [3, 20]}, "trips", "days"), ("hour of the day", None),
        trace(cells=(*WEEK, c.trips), colorbar_title_text="trips an hour"),
    ),
    "demand.season_hours": shown(
        made({"season": ["winter"] * 4, **KINDS}, "trips", "days"), ("hour of the day", "mean trips an hour"),
        *(trace(only=c.kind == kind, name="winter", x=c.trip_hour, y=c.trips, line_dash=dash, line_color=BLUE,
                says=[f"winter, {kind}: {{trips}} (mean of {{days}} days)"])
          for kind, dash in (("working day", "solid"), ("day off", "dot"))),
    ),
    "demand.cities": shown(
        made({"city": ["jc"] * 2 + ["nyc"] * 2, "trip_month": ["2024-05", "2024-06"] * 2}, "trips", "days"),
        (None, "mean trips a day"),
        *(trace(only=c.city == city, name=name, x=c.trip_month, y=c.trips, customdata=c.days,
                line_color=COLOUR_OF[city])
          for city, name in (("jc", "Jersey City"), ("nyc", "New York"))),
    ),
    "demand.durations": spread("minutes", "min", "minutes, 60 for an hour and more"),
    "demand.distances": spread("kilometres", "km", "kilometres, 8 for that and more"),
    "health.reasons": shown(
        made({"reason": ["missing_start", "too_long"]}, "rows", "versions"), ("rows", None),
        trace(x=c.rows, y=["missing start", "too long"]),
    ),
    "holidays.holidays": shown(
        made({"holiday_date": DAYS[:2] * 2, "holiday_name": ["May Day", "Ferry Day"] * 2,
              "city": ["jc"] * 2 + ["nyc"] * 2, "change": [-0.5, 0.25, -0.75, 0.5],
              "low": [-0.625, -0.125, -0.875, 0.375], "high": [-0.25, 1.0, -0.25, 1.5]},
             "trips", "comparable_days", "comparable_mean"),
        ("change of trips, %", None),
        *(trace(only=c.city == city, name=name, x=100 * c.change, y=[aside, 1 + aside],
                error_x_array=100 * (c.high - c.change), error_x_arrayminus=100 * (c.change - c.low),
                customdata=(c.holiday_name, c.trips, c.comparable_mean, c.comparable_days),
                says=["{holiday_name}: ",
                      "{trips} trips, usually {comparable_mean} ({comparable_days} days)"])
          for city, name, aside in (("jc", "Jersey City", -0.16), ("nyc", "New York", 0.16))),
        layout={"yaxis_tickvals": [0, 1],
                "yaxis_ticktext": ["May Day<br>1 May 2024", "Ferry Day<br>2 May 2024"]},
    ),
    "holidays.holiday_hours": shown(
        made({**HOURS, "days": [6] * 3}, "trips", "usual", "low", "high"),
        ("hour of the day", "trips an hour"),
        trace(name="least to most of 6 comparable days", x=around("trip_hour", "trip_hour"),
              y=around("high", "low"), fill="toself"),
        trace(name="their mean", x=c.trip_hour, y=c.usual, line_color=GREY),
        trace(name="the holiday", x=c.trip_hour, y=c.trips, line_color=ORANGE),
    ),
    "overview.mix": shown(
        made({"kind": ["casual"] * 2 + ["member"] * 2, "trip_month": ["2024-05", "2024-06"] * 2,
              "share": [0.25, 0.375, 0.75, 0.625]}, "trips"),
        (None, "share of trips, %"),
        *(trace(only=c.kind == kind, name=name, x=c.trip_month, y=100 * c.share, customdata=c.trips,
                marker_color=COLOUR_OF[kind])
          for kind, name in (("casual", "Casual riders"), ("member", "Members"))),
    ),
    "overview.weeks": shown(
        made({"period": ["a week before", "chosen"], "first": DAYS[::2], "last": DAYS[1::2]},
             "trips", "alike"),
        ("trips", None),
        *(trace(name=name, x=c(column), marker_pattern_shape=pattern,
                y=["a week before<br>1 May 2024 – 2 May 2024", "chosen<br>6 May 2024 – 7 May 2024"])
          for column, name, pattern in (("trips", "as they were", ""),
                                        ("alike", "in the weather of the chosen days", "/"))),
    ),
    "shared.trend": shown(
        made({"trip_date": DAYS, "stretch": [1, 1, 2, 2], "holiday_name": [None, "May Day", None, None]},
             "trips", "week"),
        (None, "trips a day"),
        *(trace(only=only, name=name, x=c.trip_date, y=c(column), showlegend=only is EARLY)
          for only in (EARLY, LATE) for column, name in (("trips", "a day"), ("week", "mean of 7 days"))),
        trace(only=c.holiday_name.is_not_null(), name="holiday", x=c.trip_date, y=c.trips),
    ),
    "stations.station_map": mapped("x", "y", axes=("degrees east", "degrees north"), tiles=False),
    "stations.station_map web": mapped("lon", "lat", axes=(None, None), tiles=True),
    "stations.flows": shown(
        made({**PLACES, "other_name": ["Old Mill", "Ferry"], "other_latitude": [40.72, 40.86],
              "other_longitude": [-74.04, -73.92], "trips": [100, 10]}, "there", "back"),
        ("degrees east", "degrees north"),
        # The busiest on top, and widest.
        *(trace(only=c.trips == trips, x=(c.longitude, c.other_longitude, pl.lit(None)), line_width=width,
                y=(c.latitude, c.other_latitude, pl.lit(None))) for trips, width in ((10, 2.5), (100, 10))),
        trace(x=(c.longitude + c.other_longitude) / 2, y=(c.latitude + c.other_latitude) / 2,
              customdata=(c.station_name, c.other_name, c.trips, c.there, c.back),
              says=["{station_name}<br>{other_name}<", "{trips} trips, {there} down and {back} up"]),
    ),
    "stations.ranking": shown(
        made(NAMES, "departures", "arrivals"), ("trips", None),
        trace(name="departures", x=c.departures, y=c.station_name, marker_color=BLUE),
        trace(name="arrivals", x=c.arrivals, y=c.station_name, marker_color=ORANGE),
    ),
    "stations.rebalancing": shown(
        made({**NAMES, "net_a_day": [-5.0, 3.0]}, "departures", "arrivals"), ("net bikes a day", None),
        trace(x=c.net_a_day, y=c.station_name, marker_color=[ORANGE, BLUE]),
    ),
    "stations.need_by_hour": shown(
        made(KINDS, "need", "days"), ("by the end of the hour", "bikes"),
        *(trace(only=c.kind == kind, name=kind, x=c.trip_hour, y=c.need, customdata=c.days, line_dash=dash,
                line_color=COLOUR_OF[kind], says=["mean of {days} days"])
          for kind, dash in (("working day", "solid"), ("day off", "dot"))),
    ),
    "stations.need_by_day": shown(
        made({"trip_date": DAYS}, "need", "swing"), (None, "bikes (swing: and docks)"),
        *(trace(only=only, name=name, x=c.trip_date, y=c(column), line_color=colour, line_dash=dash)
          for only in (EARLY, LATE)
          for column, name, colour, dash in (("need", "to be carried", ORANGE, "solid"),
                                             ("swing", "swing", BLUE, "dot"))),
    ),
    "stations.profile": shown(
        made({"trip_month": ["2024-05", "2024-06"]}, "departures", "arrivals"), (None, "trips a month"),
        trace(name="departures", x=c.trip_month, y=c.departures, marker_color=BLUE),
        trace(name="arrivals", x=c.trip_month, y=c.arrivals, marker_color=ORANGE),
    ),
    "stations.week": shown(
        made({"day_of_week": [1, 7], "trip_hour": [3, 20], "net": [-2.0, 3.0]}, "days"),
        ("hour of the day", None),
        trace(cells=(*WEEK, c.net), colorscale=FEWER_MORE, colorbar_title_text="net bikes an hour"),
    ),
    "weather.temperature": shown(
        made({"kind": KINDS["kind"], "temperature_c": [-1.0, 1.0, 3.0, 5.0]},
             "low", "trips", "high", "hours"),
        ("temperature, °C", "trips an hour"),
        *(one for only, kind in ((~OFF, "working day"), (OFF, "day off")) for one in (
            trace(only=only, x=around("temperature_c", "temperature_c"), y=around("high", "low"),
                  fill="toself"),
            trace(only=only, name=kind, x=c.temperature_c, y=c.trips, customdata=c.hours,
                  line_color=COLOUR_OF[kind], says=["over {hours} hours"]))),
    ),
    "weather.bands": shown(
        made({"band": ["dry", "rain"], **RANGE, "hours": [1500, 20]}, "trips", "expected", "days"),
        ("change of trips, %", None),
        trace(x=100 * c.change, y=["dry<br>1,500 h", "rain<br>20 h"], marker_color=[ORANGE, BLUE],
              error_x_array=100 * (c.high - c.change), error_x_arrayminus=100 * (c.change - c.low),
              customdata=(c.trips, c.expected, c.days),
              says=["{trips} trips, {expected} expected", "on {days} days"]),
    ),
    "weather.rain_heat": shown(
        made({"band": ["dry", "rain"], "trip_hour": [3, 20], "change": [-0.5, 0.25]}, "hours"),
        ("hour of the day", None),
        trace(cells=(c.band, c.trip_hour, 100 * c.change), colorscale=FEWER_MORE,
              colorbar_title_text="change of trips, %"),
    ),
    "weather.whatif_day": shown(
        made(HOURS, "usual", "trips", "low", "high"), ("hour of the day", "trips an hour"),
        trace(name="band of such hours", x=around("trip_hour", "trip_hour"), y=around("high", "low"),
              fill="toself"),
        trace(name="expected", x=c.trip_hour, y=c.trips, line_color=BLUE, line_dash=None),
        trace(name="usual dry day", x=c.trip_hour, y=c.usual, line_color=ORANGE, line_dash="dot"),
    ),
}  # fmt: skip


def drawing():
    """Return the functions of the room that draw a figure, by name; a skeleton's is one once it is written."""
    found = {}
    for file in ROOM.glob("*.py"):
        if " serving page): " in file.read_text(encoding="utf-8"):
            continue
        module = importlib.import_module(f"serving.figures.{file.stem}")
        for name, one in vars(module).items():
            if not inspect.isfunction(one) or name.startswith("_") or one.__module__ != module.__name__:
                continue
            first, *_ = (asked.annotation for asked in inspect.signature(one).parameters.values())
            # Those that are given a figure give it axes or a look.
            if "Figure" in str(one.__annotations__.get("return")) and "Figure" not in str(first):
                found[f"{file.stem}.{name}"] = one
    return found


DRAWING = drawing()


@pytest.mark.parametrize("name", SHOWN)
def test_a_figure_shows_what_it_says(name):
    figure = DRAWING[name.split()[0]](SHOWN[name].frame, **SHOWN[name].options)
    assert isinstance(figure, Figure)
    compare(figure, SHOWN[name])


def test_every_figure_is_drawn_here():
    drawn = {name.split()[0] for name in SHOWN}
    assert DRAWING.keys() - drawn == set(), "give each a case in SHOWN of tests/serving/test_figures.py"
