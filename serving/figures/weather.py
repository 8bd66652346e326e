"""Figures of the Weather page."""

from __future__ import annotations

import polars as pl
from plotly.graph_objects import Bar, Figure, Heatmap

from serving.figures.axes import most_of
from serving.figures.style import (
    BLUE,
    COLOUR_OF,
    FEWER_MORE,
    GREY,
    ORANGE,
    SCALE_ON_TOP,
    finished,
    hour_grid,
    translucent,
)


def temperature(frame: pl.DataFrame) -> Figure:
    """Draw `weather.by_temperature`: mean trips an hour, and the middle half of the hours."""
    figure = Figure()
    for (kind,), part in frame.group_by("kind", maintain_order=True):
        x, colour = part["temperature_c"].to_list(), COLOUR_OF[str(kind)]
        figure.add_scatter(
            x=x + x[::-1],
            y=part["high"].to_list() + part["low"].to_list()[::-1],
            fill="toself",
            fillcolor=translucent(colour, 0.15),
            line_width=0,
            mode="lines",
            hoverinfo="skip",
            showlegend=False,
        )
        figure.add_scatter(
            x=x,
            y=part["trips"].to_list(),
            name=str(kind),
            mode="lines+markers",
            line_color=colour,
            customdata=part["hours"].to_list(),
            hovertemplate="%{y:,.0f} trips, over %{customdata} hours",
        )
    figure = finished(figure, "temperature, °C", "trips an hour")
    return figure.update_layout(hovermode="x unified").update_yaxes(rangemode="tozero", tickformat=",")


def bands(frame: pl.DataFrame) -> Figure:
    """Draw `weather.by_band`: change from what was expected, with its 95 % interval and number of hours."""
    change = 100 * frame["change"]
    figure = Figure(
        Bar(
            y=[f"{band}<br>{hours:,} h" for band, hours in frame.select("band", "hours").rows()],
            x=change.to_list(),
            orientation="h",
            marker_color=[ORANGE if value < 0 else BLUE for value in change],
            error_x={
                "type": "data",
                "symmetric": False,
                # Of a single day there is none.
                "array": (100 * frame["high"] - change).fill_null(0).to_list(),
                "arrayminus": (change - 100 * frame["low"]).fill_null(0).to_list(),
                "color": GREY,
                "thickness": 1.5,
            },
            customdata=frame.select("trips", "expected", "days").rows(),
            hovertemplate="%{y}: %{x:+.1f} %<br>%{customdata[0]:,} trips, %{customdata[1]:,.0f} expected, "
            "on %{customdata[2]} days<extra></extra>",
        )
    )
    figure = finished(figure, "change of trips, %", "", height=390).update_xaxes(nticks=4)
    most = most_of(change)
    if (100 * frame["high"] > most).any():
        figure.update_xaxes(range=[-105, most])
    return figure.update_yaxes(autorange="reversed", type="category")


def rain_heat(frame: pl.DataFrame) -> Figure:
    """Draw `weather.rain_by_hour`: change by rain and hour of the day."""
    known = frame["band"].unique().to_list()
    rows = [band for band in ("dry", "drizzle", "rain", "heavy rain") if band in known]
    percent = frame.with_columns(change=100 * pl.col("change"))
    figure = Figure(
        Heatmap(
            x=list(range(24)),
            y=rows,
            z=hour_grid(percent, "band", rows, "change"),
            colorscale=FEWER_MORE,
            zmin=-100,
            zmax=100,
            colorbar={**SCALE_ON_TOP, "title": {"text": "change of trips, %", "side": "top"}},
            hovertemplate="%{y} at %{x}:00: %{z:+.0f} %<extra></extra>",
            xgap=1,
            ygap=1,
        )
    )
    # A line through the empty cells would look like a value.
    figure = finished(figure, "hour of the day", "", height=320).update_yaxes(showgrid=False)
    return figure.update_xaxes(dtick=3)


def whatif_day(frame: pl.DataFrame) -> Figure:
    """Draw the hours of a day of the model: usual ones, expected ones, and where eight of ten of these lie."""
    hours, banded = frame["trip_hour"].to_list(), frame.drop_nulls("low")
    figure = Figure()
    if not banded.is_empty():
        known = banded["trip_hour"].to_list()
        figure.add_scatter(
            x=known + known[::-1],
            y=banded["high"].to_list() + banded["low"].to_list()[::-1],
            name="band of such hours",
            fill="toself",
            fillcolor=translucent(BLUE, 0.2),
            line_width=0,
            mode="lines",
            hoverinfo="skip",
        )
    figure.add_scatter(
        x=hours, y=frame["trips"].to_list(), name="expected", mode="lines", line={"color": BLUE, "width": 2.5}
    )
    figure.add_scatter(
        x=hours,
        y=frame["usual"].to_list(),
        name="usual dry day",
        mode="lines",
        line={"color": ORANGE, "width": 2, "dash": "dot"},
    )
    figure = finished(figure, "hour of the day", "trips an hour")
    figure.update_layout(hovermode="x unified").update_yaxes(rangemode="tozero", tickformat=",")
    return figure.update_xaxes(dtick=3)
