"""What a figure shows, declared: made-up rows, the traces that it is to draw of them, and how they are compared."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl
import pytest
from plotly.graph_objects import Figure

from serving.figures.outline import BEHIND

#: Columns of the frame that is drawn, as `c.trips`.
c = pl.col


@dataclass(frozen=True)
class Shown:
    """A frame, what its figure says of its axes, and of each trace what it takes from which rows."""

    frame: pl.DataFrame
    axes: tuple[str | None, str | None]
    traces: tuple[dict[str, Any], ...]
    options: dict[str, Any]
    layout: dict[str, Any]


def shown(
    frame: pl.DataFrame,
    axes: tuple[str | None, str | None],
    *traces: dict[str, Any],
    layout: Mapping[str, Any] | None = None,
    **options: Any,
) -> Shown:
    """Declare a figure: the titles of x and y, its traces in their order, other words for it, more of its layout."""
    return Shown(frame, axes, traces, options, dict(layout or {}))


def trace(*, only: pl.Expr | None = None, **takes: Any) -> dict[str, Any]:
    """Declare a trace of all rows, or of those `only`: by Plotly's words (`line_dash`) a column, several or a value.

    A tuple of columns is taken row by row. `cells` are the row, the column and the value of a heat map, `says` what a
    reader is told of the first point, with columns in braces.
    """
    return {"only": only, **takes}


def made(rows: Mapping[str, list[Any]], *numbers: str) -> pl.DataFrame:
    """Return a frame of these columns and of others, whose numbers are each of another range: none is taken for another."""
    height = len(next(iter(rows.values())))
    return pl.DataFrame(
        {
            **rows,
            **{
                name: [10_000 * place + row * row for row in range(height)]
                for place, name in enumerate(numbers, 1)
            },
        }
    )


def around(high: str, low: str) -> pl.Expr:
    """Return a band: along its upper end, and back along the lower."""
    return c(high).append(c(low).reverse())


def compare(figure: Figure, wanted: Shown) -> None:
    """Fail where a figure draws something else than is declared."""
    layout = figure.layout
    assert (layout.xaxis.title.text, layout.yaxis.title.text) == wanted.axes
    for name, value in wanted.layout.items():
        assert _flat(layout[name]) == _flat(value), name
    # Water and counties lie behind stations, names of boroughs on top.
    drawn = figure.data[2:-1] if layout.meta == BEHIND else figure.data
    assert len(drawn) == len(wanted.traces)
    for one, takes in zip(drawn, wanted.traces, strict=True):
        rows = wanted.frame if takes["only"] is None else wanted.frame.filter(takes["only"])
        for name, value in takes.items():
            if name == "cells":
                assert _cells(one) == _values(value, rows), one.name
            elif name == "says":
                told = _told(one)
                assert [text for text in value if text.format(**rows.row(0, named=True)) not in told] == [], (
                    told
                )
            elif name != "only":
                assert _flat(one[name]) == pytest.approx(_values(value, rows)), (one.name, name)


def _values(value: Any, rows: pl.DataFrame) -> list[Any]:
    """Return what is declared, of these rows."""
    if isinstance(value, pl.Expr):
        return rows.select(value).to_series().to_list()
    if isinstance(value, tuple):
        columns = rows.select(one.alias(str(place)) for place, one in enumerate(value))
        return [one for row in columns.rows() for one in row]
    return _flat(value)


def _flat(value: Any) -> list[Any]:
    if isinstance(value, str) or not isinstance(value, Iterable):
        return [value]
    return [inner for one in value for inner in _flat(one)]


def _cells(one: Any) -> list[Any]:
    """Return the cells of a heat map that have a value, row by row: its row, its column, and it."""
    return [
        inner
        for y, values in zip(one.y, one.z, strict=True)
        for x, value in zip(one.x, values, strict=True)
        if value is not None
        for inner in (y, x, value)
    ]


def _told(one: Any) -> str:
    """Return what is said of the first point of a trace, its numbers as they are."""
    first = {
        name: one[name][0]
        for name in ("x", "y", "text", "customdata")
        if name in one and one[name] is not None
    }

    def value(found: re.Match[str]) -> str:
        name, place = found.group(1), found.group(2)
        return str(first[name][int(place)] if place else first[name])

    return re.sub(r"%\{(\w+)(?:\[(\d+)\])?(?::[^}]*)?\}", value, one.hovertemplate)
