"""Figures that more than one page draws."""

from __future__ import annotations

import polars as pl
from plotly.graph_objects import Figure

from serving.figures.axes import days_axis
from serving.figures.style import BLUE, ORANGE, SKY, finished, translucent


def trend(frame: pl.DataFrame) -> Figure:
    """Draw `shared.trend`: trips a day, their rolling mean, holidays; gaps in the data stay gaps."""
    figure = Figure()
    for (number,), part in frame.group_by("stretch", maintain_order=True):
        days = part["trip_date"].to_list()
        # Said with its own day: a trace of holidays alone would be asked for the one nearest to any day.
        holidays = [f", {name}" if name else "" for name in part["holiday_name"]]
        first = number == frame["stretch"][0]
        # A line needs two days.
        mode = "lines" if part.height > 1 else "markers"
        figure.add_scatter(
            x=days,
            y=part["trips"].to_list(),
            name="a day",
            legendgroup="day",
            showlegend=first,
            mode=mode,
            line={"color": translucent(SKY, 0.8), "width": 1},
            marker_color=BLUE,
            customdata=holidays,
            hovertemplate="%{y:,}%{customdata}",
        )
        figure.add_scatter(
            x=days,
            y=part["week"].to_list(),
            name="mean of 7 days",
            legendgroup="week",
            showlegend=first,
            mode="lines",
            line={"color": BLUE, "width": 2.5},
        )
    free = frame.filter(pl.col("holiday_name").is_not_null())
    if free.height:
        figure.add_scatter(
            x=free["trip_date"].to_list(),
            y=free["trips"].to_list(),
            name="holiday",
            mode="markers",
            marker={"color": ORANGE, "size": 8, "symbol": "diamond"},
            hoverinfo="skip",
        )
    figure = days_axis(finished(figure, "", "trips a day"), frame["trip_date"])
    figure.update_yaxes(rangemode="tozero", tickformat=",")
    return figure.update_layout(hovermode="x unified")
