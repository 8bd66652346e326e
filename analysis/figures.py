"""Figures of the notebooks: Plotly, one look, axes with units."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import polars as pl

from analysis.colours import BLUE, COLOUR_OF, GREEN, ORANGE, PURPLE
from analysis.stats import Effect

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

COLOURS = [BLUE, ORANGE, GREEN, PURPLE, "#E69F00", "#56B4E9"]

#: Plotly's template of every figure.
TEMPLATE = "plotly_white"


def _finished(figure: Figure, title: str, x: str, y: str) -> Figure:
    figure.update_layout(
        template=TEMPLATE,
        title={"text": title, "x": 0, "xref": "paper"},
        colorway=COLOURS,
        height=380,
        margin={"l": 70, "r": 20, "t": 50, "b": 80},
        # Below the plot: above it stand the title and Plotly's buttons.
        legend={"orientation": "h", "y": -0.2, "yanchor": "top", "x": 0, "xanchor": "left"},
    )
    return figure.update_xaxes(title=x).update_yaxes(title=y)


def lines(frame: pl.DataFrame, x: str, y: str, *, by: str, title: str, labels: tuple[str, str]) -> Figure:
    """Draw a line per value of `by`; `labels` name the axes, with units."""
    from plotly.graph_objects import Figure, Scatter

    figure = Figure()
    for (value,), part in frame.group_by(by, maintain_order=True):
        figure.add_trace(
            Scatter(
                x=part[x].to_list(),
                y=part[y].to_list(),
                name=str(value),
                mode="lines+markers",
                marker_size=4,
                # What has no colour of its own takes the next of the row.
                line_color=COLOUR_OF.get(str(value)),
            )
        )
    return _finished(figure, title, *labels)


def daily(days: pl.DataFrame, *, title: str) -> Figure:
    """Draw trips a day from `frames.days`; holidays stand out, and gaps between stretches stay gaps."""
    from plotly.graph_objects import Figure, Scatter

    figure = Figure()
    for (number,), part in days.group_by("stretch", maintain_order=True):
        figure.add_trace(
            Scatter(
                x=part["trip_date"].to_list(),
                y=part["trips"].to_list(),
                name="trips",
                mode="lines",
                line_color=BLUE,
                showlegend=number == 0,
            )
        )
    free = days.filter("is_holiday")
    figure.add_trace(
        Scatter(
            x=free["trip_date"].to_list(),
            y=free["trips"].to_list(),
            name="public holiday",
            mode="markers",
            marker={"color": ORANGE, "size": 9, "symbol": "diamond"},
        )
    )
    return _finished(figure, title, "day", "trips a day")


def against(frame: pl.DataFrame, x: str, y: str, *, by: str, title: str, labels: tuple[str, str]) -> Figure:
    """Draw a point per row, coloured by the values of `by`, on a logarithmic y axis."""
    from plotly.graph_objects import Figure, Scatter

    figure = Figure()
    for (value,), part in frame.sort(by).group_by(by, maintain_order=True):
        figure.add_trace(
            Scatter(
                x=part[x].to_list(),
                y=part[y].to_list(),
                name=str(value),
                mode="markers",
                marker={"opacity": 0.7, "color": COLOUR_OF.get(str(value))},
            )
        )
    return _finished(figure, title, *labels).update_yaxes(type="log")


def intervals(found: Mapping[str, tuple[float, float, float]], *, title: str, label: str) -> Figure:
    """Draw values with the ends of their 95 % intervals, by name, the first on top; `label` has what they are, and the unit."""
    from plotly.graph_objects import Figure, Scatter

    error: dict[str, Any] = {
        "type": "data",
        "symmetric": False,
        "array": [high - value for value, _, high in found.values()],
        "arrayminus": [value - low for value, low, _ in found.values()],
    }
    figure = Figure(
        Scatter(
            x=[value for value, *_ in found.values()],
            y=list(found),
            error_x=error,
            mode="markers",
            marker={"size": 10, "color": BLUE},
        )
    )
    figure = _finished(figure, title, f"{label}, with 95 % interval", "")
    figure.add_vline(x=0, line={"color": "#888", "dash": "dot"})
    figure.update_yaxes(autorange="reversed", automargin=True)
    return figure.update_layout(height=160 + 45 * len(found))


def effects(found: Sequence[Effect], *, title: str) -> Figure:
    """Draw effects in percent, the first on top."""
    ends = {one.name: (one.percent, one.low, one.high) for one in found}
    return intervals(ends, title=title, label="change of trips, percent")


def without_gaps(days: pl.DataFrame) -> dict[str, Any]:
    """Return settings of an x axis that leave out the time between the stretches of `frames.days`."""
    ends = days.group_by("stretch", maintain_order=True).agg(
        first=pl.col("trip_date").min(), last=pl.col("trip_date").max()
    )
    breaks = [
        {"bounds": [str(before + timedelta(days=1)), str(after)]}
        for before, after in zip(ends["last"][:-1], ends["first"][1:], strict=True)
    ]
    return {"rangebreaks": breaks}
