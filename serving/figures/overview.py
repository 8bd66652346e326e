"""Figures of the Overview page."""

from __future__ import annotations

import polars as pl
from plotly.graph_objects import Figure

from serving.figures.axes import months_axis
from serving.figures.style import BLUE, COLOUR_OF, GREEN, finished
from serving.filters import BIKES, MEMBERS, period

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


def weeks(frame: pl.DataFrame) -> Figure:
    """Draw `overview_weeks.weeks`: trips of the periods as they were, and in the weather of the chosen days."""
    names = [f"{one['period']}<br>{period(one['first'], one['last'])}" for one in frame.iter_rows(named=True)]
    figure = Figure()
    for column, name, colour, pattern in (
        ("trips", "as they were", BLUE, ""),
        ("alike", "in the weather of the chosen days", GREEN, "/"),
    ):
        figure.add_bar(
            y=names,
            x=frame[column].to_list(),
            name=name,
            orientation="h",
            marker={"color": colour, "pattern": {"shape": pattern, "size": 5}},
            hovertemplate="%{x:,.0f}",
        )
    figure = finished(figure, "trips", "", height=130 + 60 * frame.height)
    figure.update_xaxes(nticks=4, tickformat=",")
    return figure.update_layout(barmode="group", hovermode="y unified")
