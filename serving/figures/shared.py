"""Figures that more than one page draws."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from itertools import pairwise

import polars as pl
from plotly.graph_objects import Figure

from serving.figures.style import BLUE, GREY, ORANGE, SKY, finished, translucent


def _gaps(frame: pl.DataFrame) -> list[tuple[date, date]]:
    """Return the last day before and the first after each gap of more than a month."""
    ends = frame.group_by("stretch", maintain_order=True).agg(
        first=pl.col("trip_date").min(), last=pl.col("trip_date").max()
    )
    pairs = zip(ends["last"][:-1], ends["first"][1:], strict=True)
    return [(last, first) for last, first in pairs if (first - last).days > 31]


def _cut(figure: Figure, days: Sequence[date], gaps: Sequence[tuple[date, date]]) -> None:
    """Cut gaps out of a date axis, so that empty years take no room; a line stands where one was.

    Plotly's own ticks know nothing of the cuts and leave stretches without one. Here every stretch has the
    month of its middle, as far as they do not overlap on a phone, and then as many months more as fit.
    """
    # What is left of a gap on either side, so that one sees that there is one.
    rest = timedelta(max(1, len(days) // 120))
    figure.update_xaxes(
        rangebreaks=[{"bounds": [str(last + rest), str(first - rest)]} for last, first in gaps]
    )
    for last, _ in gaps:
        figure.add_vline(x=str(last + rest), line={"color": GREY, "width": 1, "dash": "dot"}, opacity=0.6)
    starts = [0, *(days.index(first) for _, first in gaps), len(days)]
    wanted = [(start + end) // 2 for start, end in pairwise(starts)]
    wanted += [place for place, one in enumerate(days) if one.day == 15]
    chosen: list[int] = []
    for place in wanted:
        if all(abs(place - other) >= len(days) / 9 for other in chosen):
            chosen.append(place)
    ticks = [days[place] for place in sorted(chosen)]
    figure.update_xaxes(
        tickvals=[str(one) for one in ticks],
        ticktext=[f"{one:%b}<br>{one:%Y}" for one in ticks],
        tickangle=0,
        tickfont_size=10,
    )


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
    figure = finished(figure, "", "trips a day")
    if gaps := _gaps(frame):
        _cut(figure, frame["trip_date"].to_list(), gaps)
    figure.update_yaxes(rangemode="tozero", tickformat=",")
    return figure.update_layout(hovermode="x unified")
