"""Figures of the Overview page."""

from __future__ import annotations

import polars as pl
from plotly.graph_objects import Figure

from serving.figures.axes import months_axis
from serving.figures.style import COLOUR_OF, finished
from serving.filters import BIKES, MEMBERS

#: Kinds of riders and bikes, as the legend calls them.
_NAMES = {**MEMBERS, **BIKES, "unknown": "Not known"}


def mix(frame: pl.DataFrame) -> Figure:
    """Draw `overview.by_month`: shares of kinds by month, in percent."""
    figure = Figure()
    for (kind,), part in frame.sort("kind", "trip_month").group_by("kind", maintain_order=True):
        figure.add_bar(
            x=part["trip_month"].to_list(),
            y=(100 * part["share"]).to_list(),
            name=_NAMES[str(kind)],
            marker_color=COLOUR_OF[str(kind)],
            customdata=part["trips"].to_list(),
            hovertemplate="%{y:.1f} %, %{customdata:,} trips",
        )
    figure = finished(figure, "", "share of trips, %", height=300)
    return months_axis(figure, frame["trip_month"]).update_layout(barmode="stack", hovermode="x unified")
