"""What lies behind stations: water, streets, and the lines of boroughs and counties, without the web."""

from __future__ import annotations

import json
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from plotly.graph_objects import Figure, Scatter, layout

from serving.figures.style import GREY, SKY, finished, translucent

#: What is drawn behind, in words: `outline.json` says it in full.
BEHIND = (
    "Thin lines bound census tracts: nearly all are streets. New York City only: the Hudson is drawn to the "
    "state line, and New Jersey's waters are not."
)
#: The county across the river, in which Jersey City lies.
_HUDSON = "34017"
#: An area that takes less of the frame than this is not named.
_SMALL = 0.02
#: Of what lies behind nothing is told.
_HIDDEN = {"hoverinfo": "skip", "showlegend": False}


def on_a_map(figure: Figure, latitudes: tuple[float, float], longitudes: tuple[float, float]) -> Figure:
    """Return a figure of places on a map that reaches from the least to the most of each (degrees).

    What the panel is wider or higher than the frame shows what lies around. Boroughs are named in the frame.
    """
    (south, north), (west, east) = latitudes, longitudes
    edge = max(0.05 * max(north - south, east - west), 0.002)
    south, north, west, east = south - edge, north + edge, west - edge, east + edge
    # Names lie on top, with a halo: where most people live most stations are.
    areas, streets = outline()
    figure = Figure([*areas, *figure.data, _names(west, south, east, north)])
    figure = finished(figure, "degrees east", "degrees north", height=560)
    figure.update_layout(meta=BEHIND, shapes=[streets])
    # At 40.7 degrees north a degree of longitude is 0.758 of one of latitude.
    figure.update_yaxes(scaleanchor="x", scaleratio=1 / 0.758, constrain="range", nticks=6, showgrid=False)
    return figure.update_yaxes(range=[south, north]).update_xaxes(
        range=[west, east], constrain="range", nticks=6, showgrid=False
    )


@cache
def outline() -> tuple[tuple[Scatter, Scatter], layout.Shape]:
    """Return the water around New York with the lines of its counties, and its streets that bound census tracts.

    `outline.json` says where each is from. Counties reach into the rivers. Only water is filled: nothing is
    drawn where land lies, so that light and dark shine through. Streets are one shape: of a trace a browser
    draws each street as an element of its own, nearly two thousand.
    """
    streets: list[list[list[float]]] = []
    water: list[list[list[float]]] = []
    counties: list[list[list[float]]] = []
    for one in _read()["features"]:
        shape = one["geometry"]["coordinates"]
        if one["properties"]["name"] == "streets":
            streets += shape
        else:
            # Round islands goes a line the other way than round water, so they stay empty.
            (counties if "county" in one["properties"] else water).extend(
                ring for area in shape for ring in area
            )
    areas = (
        Scatter(
            **_path(water),
            mode="lines",
            line_width=0,
            fill="toself",
            fillcolor=translucent(SKY, 0.3),
            **_HIDDEN,
        ),
        Scatter(**_path(counties), mode="lines", line={"color": GREY, "width": 0.6}, **_HIDDEN),
    )
    path = "".join("M" + "L".join(f"{x},{y}" for x, y in street) for street in streets)
    return areas, layout.Shape(
        path=path, xref="x", yref="y", layer="below", line={"color": translucent(GREY, 0.45), "width": 0.5}
    )


def _names(west: float, south: float, east: float, north: float) -> Scatter:
    """Return the boroughs' names, each in the middle of what a frame (degrees) shows of it.

    Near the left or right edge a name begins or ends there, so that no letter is cut. What a frame shows
    little of has none.
    """
    names: dict[str, list[Any]] = {"text": [], "x": [], "y": [], "textposition": []}
    for one in _read()["features"]:
        about = one["properties"]
        if about.get("county") != _HUDSON and ("county" not in about or about["name"].endswith("County")):
            continue
        ring = max((ring for polygon in one["geometry"]["coordinates"] for ring in polygon), key=len)
        for axis, least, most in ((0, west, east), (1, south, north)):
            ring = _cut(_cut(ring, axis, least, 1), axis, most, -1)
        area, x, y = _middle(ring)
        if area > _SMALL * (east - west) * (north - south):
            place = (x - west) / (east - west)
            side = "right" if place < 0.2 else "left" if place > 0.8 else "center"
            for values, value in zip(names.values(), (about["name"], x, y, f"middle {side}"), strict=True):
                values.append(value)
    return Scatter(**names, mode="text", textfont_shadow="auto", **_HIDDEN)


@cache
def _read() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(Path(__file__).with_name("outline.json").read_text())
    return found


def _cut(ring: list[list[float]], axis: int, bound: float, sign: int) -> list[list[float]]:
    """Return what of an area lies above a bound of an axis, with -1 below it (Sutherland and Hodgman 1974)."""
    kept: list[list[float]] = []
    for a, b in pairwise(ring):
        far, near = sign * (a[axis] - bound), sign * (b[axis] - bound)
        if far >= 0:
            kept.append(a)
        if (far >= 0) != (near >= 0):
            kept.append([one + (other - one) * far / (far - near) for one, other in zip(a, b, strict=True)])
    return [*kept, *kept[:1]]


def _path(lines: list[list[list[float]]]) -> dict[str, np.ndarray[Any, Any]]:
    """Return lines as x and y of one trace, exact to a metre.

    Arrays, for Plotly looks at every value of a list, for every map.
    """
    corners = np.array([one for line in lines for one in (*line, (np.nan, np.nan))], dtype="float32")
    return {"x": corners[:, 0], "y": corners[:, 1]}


def _middle(ring: list[list[float]]) -> tuple[float, float, float]:
    """Return the size of an area, and the x and y of its centre of gravity."""
    parts = [(a[0] * b[1] - b[0] * a[1], a[0] + b[0], a[1] + b[1]) for a, b in pairwise(ring)]
    twice = sum(cross for cross, _, _ in parts)
    if not twice:
        return 0, 0, 0
    x, y = (sum(part[0] * part[place] for part in parts) / (3 * twice) for place in (1, 2))
    return abs(twice) / 2, x, y
