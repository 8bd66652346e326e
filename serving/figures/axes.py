"""Axes of time, with gaps cut out and nothing beside the data, and axes of counts."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, timedelta
from itertools import pairwise
from math import ceil, log10
from typing import Any

import polars as pl
from plotly.graph_objects import Figure

from serving.figures.style import GREY

#: So many ticks of two lines stand side by side on a phone.
_TICKS = 9
#: A gap of more days than these is cut out; a shorter one is seen as it is.
_GAP = 14
#: Up to so many days, days are named, and not months.
_FEW = 45
#: January before July before the other quarters, where not every month has room.
_FIRST_NAMED = (1, 7, 4, 10)


def days_axis(figure: Figure, days: Collection[date]) -> Figure:
    """Give a figure an axis of these days, from the first to the last; return it.

    Ticks stand where months begin, and on days if these are few. Empty years take no room: a dotted line
    stands where they were. Plotly's own ticks know nothing of the cuts and leave stretches without one.
    """
    days = sorted(set(days))
    ends = [f"{day:%Y-%m-%d} 12:00" for day in (days[0] - timedelta(1), days[-1])]
    # What is left of a gap on either side, so that one sees that there is one.
    rest = timedelta(max(1, len(days) // 120))
    gaps = [(one, other) for one, other in pairwise(days) if (other - one) > max(timedelta(_GAP), 3 * rest)]
    for last, _ in gaps:
        _mark(figure, str(last + rest))
    return figure.update_xaxes(
        type="date",
        range=ends,
        rangebreaks=[{"bounds": [str(last + rest), str(first - rest)]} for last, first in gaps],
        **_named(days, [first for _, first in gaps]),
    )


def columns_axis(figure: Figure, days: Collection[date]) -> Figure:
    """Give a heat map an axis of these days, which are its columns, side by side; return it.

    What lies between two that do not follow each other takes no room, and a dotted line stands there. Plotly draws the
    cells of a heat map wrong on an axis of dates that has cuts.
    """
    days = sorted(set(days))
    begun = []
    for place, (one, other) in enumerate(pairwise(days)):
        if other - one > timedelta(1):
            _mark(figure, place + 0.5)
            begun.append(other)
    return figure.update_xaxes(
        type="category",
        categoryorder="array",
        categoryarray=[str(one) for one in days],
        range=[-0.5, len(days) - 0.5],
        **_named(days, begun),
    )


def _named(days: Sequence[date], begun: Sequence[date]) -> dict[str, Any]:
    """Return the ticks of an axis of days: where months begin, and days if these are few; `begun` follow a gap."""
    months = len(days) > _FEW
    ticks = _months(days, [days[0], *begun]) if months else _days(days)
    return {
        "tickvals": [str(one) for one in ticks],
        "ticktext": [
            f"{one:%b<br>%Y}" if months and one.day == 1 else f"{one.day} {one:%b<br>%Y}" for one in ticks
        ],
        "tickangle": 0,
        "tickfont_size": 10,
    }


def _days(days: Sequence[date]) -> list[date]:
    return list(days[:: ceil(len(days) / _TICKS)])


def _months(days: Sequence[date], starts: Sequence[date]) -> list[date]:
    """Return a day of each stretch, its first beginning of a month if it has one, and of months what fits."""
    places = {one: place for place, one in enumerate(days)}
    begun = [one for one in days if one.day == 1]
    wanted = []
    for start, end in pairwise([*starts, days[-1] + timedelta(1)]):
        wanted.append(next((one for one in begun if start <= one < end), start))
    wanted += sorted(
        begun,
        key=lambda one: _FIRST_NAMED.index(one.month) if one.month in _FIRST_NAMED else len(_FIRST_NAMED),
    )
    chosen: list[date] = []
    for one in wanted:
        if all(abs(places[one] - places[other]) >= len(days) / _TICKS for other in chosen):
            chosen.append(one)
    return sorted(chosen)


def months_axis(figure: Figure, months: Collection[str]) -> Figure:
    """Give a figure an axis of months such as `2024-02`, side by side; return it.

    What lies between two that do not follow each other takes no room, and a dotted line stands there.
    """
    names = sorted(set(months))
    for place, (one, other) in enumerate(pairwise(names)):
        if month_after(one) != other:
            _mark(figure, place + 0.5)
    ticks = names[:: ceil(len(names) / _TICKS)]
    return figure.update_xaxes(
        type="category",
        categoryorder="array",
        categoryarray=names,
        range=[-0.5, len(names) - 0.5],
        tickvals=ticks,
        ticktext=[f"{date.fromisoformat(f'{one}-01'):%b<br>%Y}" for one in ticks],
        tickangle=0,
        tickfont_size=10,
    )


def _mark(figure: Figure, place: str | float) -> None:
    figure.add_vline(x=place, line={"color": GREY, "width": 1, "dash": "dot"}, opacity=0.6)


def month_after(month: str) -> str:
    """Return the month after one, both as YYYY-MM."""
    number = 12 * int(month[:4]) + int(month[5:])
    return f"{number // 12}-{number % 12 + 1:02}"


def counts_axis(figure: Figure, values: pl.Series, title: str) -> Figure:
    """Give a figure an axis of counts, on which ratios compare if the greatest is ten times the least.

    Below that a log scale would have hardly a tick, and hide how far off zero is. Return the figure.
    """
    low, high = (float(one) for one in (values.min() or 0, values.max() or 0))  # type: ignore[arg-type]
    if low <= 0 or high < 10 * low:
        return figure.update_yaxes(title=title, rangemode="tozero", tickformat=",")
    steps = [lead * 10.0**power for power in range(-3, 9) for lead in (1, 2, 5)]
    first = max(one for one in steps if one <= low)
    last = min(one for one in steps if one >= high)
    ticks = [one for one in steps if first <= one <= last]
    return figure.update_yaxes(
        title=f"{title}, log scale",
        type="log",
        range=[log10(first), log10(last)],
        tickvals=ticks,
        ticktext=[f"{one:,g}" for one in ticks],
    )


def most_of(change: pl.Series) -> float:
    """Return where an axis of changes in percent ends: of two days an interval may go to some hundred times as many."""
    return max(100.0, 1.2 * float(change.max() or 0)) + 5  # type: ignore[arg-type]
