"""What lies behind stations: water, and the lines of boroughs and counties, without the web."""

from __future__ import annotations

import json
from functools import cache
from itertools import pairwise
from pathlib import Path

from plotly.graph_objects import Figure, Scatter

from serving.figures.style import GREY, SKY, finished, translucent

#: The county across the river, in which Jersey City lies.
_HUDSON = "34017"


def framed_by(figure: Figure, latitudes: tuple[float, float], longitudes: tuple[float, float]) -> Figure:
    """Give a figure of places the axes of a map, from the least to the most of each (degrees); return it.

    What the panel is wider or higher than the frame shows what lies around.
    """
    (south, north), (west, east) = latitudes, longitudes
    figure = finished(figure, "degrees east", "degrees north", height=560)
    edge = max(0.05 * max(north - south, east - west), 0.002)
    # At 40.7 degrees north a degree of longitude is 0.758 of one of latitude.
    figure.update_yaxes(scaleanchor="x", scaleratio=1 / 0.758, constrain="range", nticks=6, showgrid=False)
    return figure.update_yaxes(range=[south - edge, north + edge]).update_xaxes(
        range=[west - edge, east + edge], constrain="range", nticks=6, showgrid=False
    )


@cache
def outline() -> tuple[Scatter, Scatter, Scatter]:
    """Return the water around New York, the lines of its counties, and the boroughs' names.

    `outline.json` says where it is from. Its counties reach into the rivers. One area is filled: all of the
    frame, round which goes a line the other way than round counties, and round the rivers in them. Nothing is
    drawn where land lies, so that light and dark shine through.
    """
    outline = json.loads(Path(__file__).with_name("outline.json").read_text())
    west, south, east, north = outline["bbox"]
    frame = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    counties, rivers, names = [], [], []
    for one in outline["features"]:
        rings = [ring for polygon in one["geometry"]["coordinates"] for ring in polygon]
        about = one["properties"]
        if "county" not in about:
            rivers += rings
            continue
        counties += rings
        if not about["name"].endswith("County") or about["county"] == _HUDSON:
            names.append((about["name"], *_middle(max(rings, key=len))))
    hidden = {"hoverinfo": "skip", "showlegend": False}
    water = Scatter(
        **_path([frame, *counties, *rivers]),
        mode="lines",
        line_width=0,
        fill="toself",
        fillcolor=translucent(SKY, 0.3),
        **hidden,
    )
    lines = Scatter(**_path(counties), mode="lines", line={"color": GREY, "width": 0.6}, **hidden)
    called = Scatter(
        x=[x for _, x, _ in names],
        y=[y for _, _, y in names],
        text=[name for name, _, _ in names],
        mode="text",
        **hidden,
    )
    return water, lines, called


def _path(rings: list[list[list[float]]]) -> dict[str, list[float | None]]:
    """Return rings as x and y of one trace."""
    return {
        axis: [value for ring in rings for value in (*(corner[place] for corner in ring), None)]
        for place, axis in enumerate(("x", "y"))
    }


def _middle(ring: list[list[float]]) -> tuple[float, float]:
    """Return the centre of gravity of an area."""
    parts = [(a[0] * b[1] - b[0] * a[1], a[0] + b[0], a[1] + b[1]) for a, b in pairwise(ring)]
    area = 3 * sum(cross for cross, _, _ in parts)
    return sum(cross * x for cross, x, _ in parts) / area, sum(cross * y for cross, _, y in parts) / area
