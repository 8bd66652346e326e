"""Figures of the Stations page."""

from __future__ import annotations

from datetime import timedelta
from math import log2

import polars as pl
from plotly.graph_objects import Bar, Figure, Heatmap, Scatter, Scattermap

from serving.figures.axes import days_axis, months_axis
from serving.figures.outline import BEHIND as BEHIND
from serving.figures.outline import on_a_map
from serving.figures.style import (
    BLUE,
    COLOUR_OF,
    DAYS,
    FEWER_MORE,
    GREEN,
    ORANGE,
    SCALE_ON_TOP,
    distinct,
    finished,
    hour_grid,
    translucent,
)

#: How many widths lines have that tell trips.
_WIDTHS = 6


def in_frame(frame: pl.DataFrame) -> pl.DataFrame:
    """Return the stations that a map shows at first: the busiest with a place, to 99 % of the movements.

    The rest are the ends of a few long rides, and would make the others a blot.
    """
    placed = frame.filter(pl.col("latitude").is_not_null())
    moved = placed["departures"] + placed["arrivals"]
    placed = placed.with_columns(moved=moved).sort("moved", "station_id", descending=[True, False])
    total = int(placed["moved"].sum())
    return placed.filter(placed["moved"].cum_sum() - placed["moved"] < 0.99 * total) if total else placed


def full_colour(frame: pl.DataFrame) -> float:
    """Return the net flow a day from which a map's colour is full: few stations have more.

    Else a single station that fills up would leave all others grey.
    """
    return max(float(frame["net_a_day"].abs().quantile(0.95, "higher") or 0), 0.1)


def station_map(frame: pl.DataFrame, *, tiles: bool, chosen: str | None = None) -> Figure:
    """Draw `stations.stations`: size by departures, colour by net flow a day, a ring around the chosen one.

    Behind them lie water, boroughs and streets, or with `tiles` a street map, which comes from the web. A point's first
    custom datum is its station's id.
    """
    placed = frame.filter(pl.col("latitude").is_not_null()).sort("departures", descending=True)
    framed = in_frame(frame)
    most = full_colour(framed)
    look = {
        "size": [max(5.0, 34 * (count / placed["departures"][0]) ** 0.5) for count in placed["departures"]]
        if placed["departures"][0]
        else 6,
        "color": placed["net_a_day"].to_list(),
        "colorscale": FEWER_MORE,
        "cmin": -most,
        "cmax": most,
        "opacity": 0.85,
        "colorbar": {**SCALE_ON_TOP, "title": {"text": "net bikes a day", "side": "top"}},
    }
    shared = {
        "mode": "markers",
        "text": placed["station_name"].to_list(),
        "customdata": placed.select("station_id", "departures", "arrivals", "net_a_day").rows(),
        "hovertemplate": "<b>%{text}</b><br>%{customdata[1]:,} departures, %{customdata[2]:,} arrivals"
        "<br>net %{customdata[3]:+.1f} bikes a day<extra></extra>",
        # One that is clicked leaves the others as they are.
        "unselected": {"marker": {"opacity": 0.85}},
        "showlegend": False,
    }
    latitude, longitude = placed["latitude"].to_list(), placed["longitude"].to_list()
    south, north = min(framed["latitude"]), max(framed["latitude"])
    west, east = min(framed["longitude"]), max(framed["longitude"])
    ringed = placed.filter(pl.col("station_id") == (chosen or ""))
    ring = {"mode": "markers", "hoverinfo": "skip", "showlegend": False}
    if tiles:
        figure = Figure(Scattermap(lat=latitude, lon=longitude, marker=look, **shared))
        # A map of tiles draws no line around a point, so a smaller one lies in the middle.
        figure.add_scattermap(
            lat=ringed["latitude"].to_list(),
            lon=ringed["longitude"].to_list(),
            marker={"size": 9, "color": "#000000"},
            **ring,
        )
        middle = {"lat": (south + north) / 2, "lon": (west + east) / 2}
        zoom = _zoom(north - south, east - west)
        figure.update_layout(map={"style": "open-street-map", "center": middle, "zoom": zoom})
        return finished(figure, "", "", height=560)
    figure = Figure(Scatter(x=longitude, y=latitude, marker={**look, "line_width": 0}, **shared))
    figure.add_scatter(
        x=ringed["longitude"].to_list(),
        y=ringed["latitude"].to_list(),
        marker={"symbol": "circle-open", "size": 38, "color": GREEN, "line_width": 3},
        **ring,
    )
    return on_a_map(figure, (south, north), (west, east))


def flows(frame: pl.DataFrame) -> Figure:
    """Draw `stations.flows`: a line between two stations, wider and darker with more trips, the busiest on top."""
    most = max(frame["trips"])
    figure = Figure()
    # One trace for lines of a width: a browser takes its time over each.
    wide = frame.with_columns(step=(_WIDTHS * pl.col("trips") / most).ceil().cast(pl.Int32)).sort("step")
    for (step,), part in wide.group_by("step", maintain_order=True):
        share = int(str(step)) / _WIDTHS
        figure.add_scatter(
            **{
                axis: [
                    end for one in part.select(place, f"other_{place}").iter_rows() for end in (*one, None)
                ]
                for axis, place in (("x", "longitude"), ("y", "latitude"))
            },
            mode="lines+markers",
            line={"color": translucent(BLUE, 0.4 + 0.5 * share), "width": 1 + 9 * share},
            marker={"color": ORANGE, "size": 5},
            hoverinfo="skip",
            showlegend=False,
        )
    # Lines know their ends only: what is told of one hangs on its middle.
    figure.add_scatter(
        x=((frame["longitude"] + frame["other_longitude"]) / 2).to_list(),
        y=((frame["latitude"] + frame["other_latitude"]) / 2).to_list(),
        mode="markers",
        marker={"size": 14, "opacity": 0},
        customdata=frame.select("station_name", "other_name", "trips", "there", "back").rows(),
        hovertemplate="<b>%{customdata[0]}<br>%{customdata[1]}</b><br>%{customdata[2]:,} trips, "
        "%{customdata[3]:,} down and %{customdata[4]:,} up<extra></extra>",
        showlegend=False,
    )
    ends = [(min(one), max(one)) for one in (_both(frame, "latitude"), _both(frame, "longitude"))]
    return on_a_map(figure, *ends)


def _both(frame: pl.DataFrame, place: str) -> list[float]:
    return frame[place].to_list() + frame[f"other_{place}"].to_list()


def _zoom(high: float, wide: float) -> float:
    """Return the map's zoom at which so many degrees fit into 360 pixels of height and 300 of width.

    At zoom 0 the world is 512 pixels wide, and each step doubles that.
    """
    upright = 360 * 360 * 0.758 / (512 * max(high, 0.005))
    across = 300 * 360 / (512 * max(wide, 0.005))
    return log2(min(upright, across))


def ranking(frame: pl.DataFrame) -> Figure:
    """Draw stations' departures and arrivals, the first on top."""
    names = distinct(frame)
    figure = Figure()
    for column, colour in (("departures", BLUE), ("arrivals", ORANGE)):
        figure.add_bar(
            y=names,
            x=frame[column].to_list(),
            name=column,
            orientation="h",
            marker_color=colour,
            hovertemplate="%{x:,}",
        )
    figure = finished(figure, "trips", "", height=110 + 34 * frame.height)
    figure.update_xaxes(nticks=4, tickformat=",")
    return figure.update_yaxes(autorange="reversed").update_layout(barmode="group", hovermode="y unified")


def rebalancing(frame: pl.DataFrame) -> Figure:
    """Draw stations that run out and that fill up, by net bikes a day."""
    net = frame["net_a_day"].to_list()
    figure = Figure(
        Bar(
            y=distinct(frame),
            x=net,
            orientation="h",
            marker_color=[ORANGE if value < 0 else BLUE for value in net],
            hovertemplate="%{y}: %{x:+.1f} bikes a day<extra></extra>",
        )
    )
    figure = finished(figure, "net bikes a day", "", height=110 + 28 * frame.height)
    return figure.update_yaxes(autorange="reversed")


def need_by_hour(frame: pl.DataFrame) -> Figure:
    """Draw `stations_balance.by_hour`: bikes out of place by the end of each hour, by kind of day."""
    figure = Figure()
    for (kind,), part in frame.group_by("kind", maintain_order=True):
        figure.add_scatter(
            x=part["trip_hour"].to_list(),
            y=part["need"].to_list(),
            name=str(kind),
            mode="lines",
            line={
                "color": COLOUR_OF[str(kind)],
                "width": 2,
                "dash": "solid" if kind == "working day" else "dot",
            },
            customdata=part["days"].to_list(),
            hovertemplate="%{y:,.0f} bikes, mean of %{customdata} days",
        )
    figure = finished(figure, "by the end of the hour", "bikes").update_yaxes(
        rangemode="tozero", tickformat=","
    )
    return figure.update_layout(hovermode="x unified").update_xaxes(dtick=3)


def need_by_day(frame: pl.DataFrame) -> Figure:
    """Draw `stations_balance.by_day`: bikes to be carried and swing, day by day; gaps stay gaps."""
    stretch = (frame["trip_date"].diff() != timedelta(1)).fill_null(value=True).cum_sum()
    figure = Figure()
    for (number,), part in frame.with_columns(stretch=stretch).group_by("stretch", maintain_order=True):
        for column, name, colour, dash in (
            ("need", "to be carried", ORANGE, "solid"),
            ("swing", "swing", BLUE, "dot"),
        ):
            figure.add_scatter(
                x=part["trip_date"].to_list(),
                y=part[column].to_list(),
                name=name,
                legendgroup=column,
                showlegend=number == 1,
                mode="lines" if part.height > 1 else "markers",
                line={"color": colour, "width": 1.5, "dash": dash},
                hovertemplate="%{y:,}",
            )
    figure = days_axis(finished(figure, "", "bikes (swing: and docks)", height=300), frame["trip_date"])
    figure.update_yaxes(rangemode="tozero", tickformat=",")
    return figure.update_layout(hovermode="x unified")


def profile(frame: pl.DataFrame) -> Figure:
    """Draw one station's departures and arrivals by month."""
    figure = Figure()
    for column, colour in (("departures", BLUE), ("arrivals", ORANGE)):
        figure.add_bar(
            x=frame["trip_month"].to_list(), y=frame[column].to_list(), name=column, marker_color=colour
        )
    figure = finished(figure, "", "trips a month", height=300).update_yaxes(tickformat=",")
    return months_axis(figure, frame["trip_month"]).update_layout(barmode="group", hovermode="x unified")


def week(frame: pl.DataFrame) -> Figure:
    """Draw `stations_balance.by_weekday`: in which hours of the week a station empties and fills up."""
    most = max(float(frame["net"].abs().max() or 0), 0.1)  # type: ignore[arg-type]
    figure = Figure(
        Heatmap(
            x=list(range(24)),
            y=DAYS,
            z=hour_grid(frame, "day_of_week", list(range(1, 8)), "net"),
            colorscale=FEWER_MORE,
            zmin=-most,
            zmax=most,
            colorbar={**SCALE_ON_TOP, "title": {"text": "net bikes an hour", "side": "top"}},
            hovertemplate="%{y} %{x}:00 – %{x}:59: %{z:+.2f} bikes<extra></extra>",
            xgap=1,
            ygap=1,
        )
    )
    figure = finished(figure, "hour of the day", "", height=340).update_yaxes(showgrid=False)
    return figure.update_yaxes(autorange="reversed").update_xaxes(dtick=3)
