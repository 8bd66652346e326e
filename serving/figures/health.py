"""Figures of the Lake health page."""

from __future__ import annotations

import polars as pl
from plotly.graph_objects import Bar, Figure

from serving.figures.style import ORANGE, finished


def reasons(frame: pl.DataFrame) -> Figure:
    """Draw `health.rejected`: rows by reason."""
    figure = Figure(
        Bar(
            y=[reason.replace("_", " ") for reason in frame["reason"]],
            x=frame["rows"].to_list(),
            orientation="h",
            marker_color=ORANGE,
            hovertemplate="%{y}: %{x:,} rows<extra></extra>",
        )
    )
    figure = finished(figure, "rows", "", height=110 + 36 * frame.height).update_xaxes(tickformat=",")
    return figure.update_yaxes(autorange="reversed")
