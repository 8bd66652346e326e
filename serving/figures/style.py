"""The look of all figures. Titles stand above them as text, which wraps on a phone."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl
from plotly.graph_objects import Figure

from analysis.colours import BLUE as BLUE
from analysis.colours import COLOUR_OF as COLOUR_OF
from analysis.colours import GREEN as GREEN
from analysis.colours import GREY as GREY
from analysis.colours import ORANGE as ORANGE
from analysis.colours import PURPLE as PURPLE

#: Thin lines: seen on near-black, where a pale blue of the above is not.
SKY = "#56B4E9"
COLOURS = [BLUE, ORANGE, GREEN, PURPLE]
#: Fewer, none, more: the middle is seen on light and dark.
FEWER_MORE = [[0, ORANGE], [0.5, "#9A9A9A"], [1, BLUE]]
DAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
#: The scale of a heat map lies on top of it, and leaves the width of a phone to the cells.
SCALE_ON_TOP = {
    "orientation": "h",
    "thickness": 10,
    "len": 0.6,
    "x": 0,
    "xanchor": "left",
    "y": 1.01,
    "yanchor": "bottom",
}


def finished(figure: Figure, x: str, y: str, *, height: int = 340) -> Figure:
    """Give a figure the common look, titles of its axes (with units) and its height (pixels); return it."""
    figure.update_layout(
        height=height,
        margin={"l": 10, "r": 10, "t": 34, "b": 10},
        colorway=COLOURS,
        legend={"orientation": "h", "y": 1, "yanchor": "bottom", "x": 0, "title": None},
        hoverlabel={"namelength": -1},
        barcornerradius=2,
        # A finger that goes over a figure scrolls the page; Plotly's buttons zoom.
        dragmode=False,
    )
    # Plotly shows no legend where there is one trace, as under a choice of one city or kind of rider.
    if any(trace.name and trace.showlegend is not False for trace in figure.data):
        figure.update_layout(showlegend=True)
    # An empty title would take the room of one.
    figure.update_xaxes(title=x or None, automargin=True)
    return figure.update_yaxes(title=y or None, automargin=True)


def translucent(colour: str, alpha: float) -> str:
    """Return a colour such as `#0072B2` with an opacity of 0 to 1."""
    red, green, blue = (int(colour[place : place + 2], 16) for place in (1, 3, 5))
    return f"rgba({red},{green},{blue},{alpha})"


def hour_grid(frame: pl.DataFrame, row: str, rows: Sequence[object], value: str) -> list[list[float | None]]:
    """Return the values of a heat map: for each of `rows` those of 24 hours, None where there is none."""
    found = {(one[row], one["trip_hour"]): one[value] for one in frame.iter_rows(named=True)}
    return [[found.get((name, hour)) for hour in range(24)] for name in rows]


def short(name: str, longest: int) -> str:
    """Return a name cut to so many characters."""
    return name if len(name) <= longest else f"{name[: longest - 1].rstrip()}…"


def distinct(frame: pl.DataFrame, ids: str = "station_id", longest: int = 26) -> list[str]:
    """Return names of stations, cut, and told apart by their ids where two are called the same."""
    cut = [short(name, longest) for name in frame["station_name"]]
    return [
        f"{name} ({one})" if cut.count(name) > 1 else name for name, one in zip(cut, frame[ids], strict=True)
    ]
